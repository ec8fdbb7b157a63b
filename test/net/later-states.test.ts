/** Which checkpoints above the stable one count when a replica starts again. */
import { describe, expect, it } from "vitest"
import { encodeOperation } from "../../src/core/service/key-value-operation.ts"
import { keyValueService } from "../../src/core/service/key-value.ts"
import type { DurableRecord } from "../../src/core/zyzzyva/state.ts"
import { bytesDigest } from "../../src/net/digests.ts"
import { laterStates } from "../../src/net/later-states.ts"
import { zyzzyvaCheckpointDigest } from "../../src/net/zyzzyva-digests.ts"
import { zyzzyvaRecords } from "../../src/net/zyzzyva-protocol.ts"

const history = "a".repeat(64)
const entry = { timestamp: 1, result: "did", seq: 4, history }

const stateAt = (seq: number) => {
  const service = keyValueService(bytesDigest)
  service.execute(encodeOperation({ _tag: "Put", key: "k", value: `${seq}` }))
  const table = [{ ...entry, seq }]
  const digest = zyzzyvaCheckpointDigest(history, service.digest(), table)
  const record: DurableRecord = {
    _tag: "CheckpointTaken",
    seq,
    history,
    digest,
    service: service.digest(),
    table,
  }
  return { record, digest, snapshot: service.snapshot() }
}
const [two, four, six] = [stateAt(2), stateAt(4), stateAt(6)]
const signers = [0, 1, 2].map((replica) => ({ replica, signature: "" }))
const records: ReadonlyArray<DurableRecord> = [
  two.record,
  { _tag: "CheckpointStable", stable: { view: 0, seq: 2, digest: two.digest, signers } },
  four.record,
  six.record,
]

const kept = (snapshots: Readonly<Record<number, string>>) => {
  const points = zyzzyvaRecords.later?.points(records) ?? []
  const later = points.map((point) => ({ point, snapshot: snapshots[point.seq] }))
  const { records: all, states } = laterStates(
    zyzzyvaRecords,
    { records, later },
    (point, state) => {
      const service = keyValueService(bytesDigest)
      return service.restore(state) && point.isOf(service.digest())
    },
  )
  return { all, states: [...states] }
}

describe("checkpoints above the stable one, when a replica starts again", () => {
  it("are kept with their states", () => {
    const { all, states } = kept({ 4: four.snapshot, 6: six.snapshot })
    expect(all).toBe(records)
    expect(states).toEqual([
      [4, four.snapshot],
      [6, six.snapshot],
    ])
  })

  it("are as if they had not been taken where a state is lost, or another's", () => {
    const [a, b, c] = records
    expect(kept({ 4: four.snapshot })).toEqual({ all: [a, b, c], states: [[4, four.snapshot]] })
    expect(kept({ 4: four.snapshot, 6: four.snapshot })).toEqual({
      all: [a, b, c],
      states: [[4, four.snapshot]],
    })
    expect(kept({})).toEqual({ all: [a, b], states: [] })
  })
})
