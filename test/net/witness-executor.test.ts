/** What stands for the service at a replica that only orders. */
import { describe, expect, it } from "vitest"
import { encodeOperation } from "../../src/core/service/key-value-operation.ts"
import { makeService } from "../../src/net/executor.ts"
import { witnessExecutor } from "../../src/net/witness-executor.ts"

const put = encodeOperation({ _tag: "Put", key: "k", value: "v" })
const get = encodeOperation({ _tag: "Get", key: "k" })
const asked = { client: 0, timestamp: 1 }
const batch = { _tag: "Execute", seq: 2, undoable: false } as const

describe("the executor of a witness", () => {
  it("answers as often as it is asked, with nothing, and changes no state", () => {
    const service = makeService("key-value")
    const empty = service.digest()
    const executor = witnessExecutor(service)
    const requests = [{ ...asked, operation: put }]
    const said = { _tag: "Executed", seq: 2, results: [""] }
    expect(executor.execute({ ...batch, requests, checkpoint: false })).toEqual({
      ...said,
      service: "",
    })
    // A trace has a digest exactly where a checkpoint is.
    expect(executor.execute({ ...batch, requests, checkpoint: true })).toEqual({
      ...said,
      service: empty,
    })
    expect(service.digest()).toBe(empty)
  })

  it("is in no other state after one was offered, and gives none away", () => {
    const other = makeService("key-value")
    other.execute(put)
    const service = makeService("key-value")
    const executor = witnessExecutor(service)
    executor.offer(2, other.snapshot())
    executor.restore(2)
    const empty = makeService("key-value").snapshot()
    expect([executor.snapshot(), executor.takeSnapshot(2)]).toEqual([empty, empty])
  })

  it("says what a read is, and has no result of it", () => {
    const executor = witnessExecutor(makeService("key-value"))
    const read = (operation: string) =>
      executor.readState({ _tag: "ReadState", ...asked, operation }).result
    expect([read(get), read(put), executor.read(get)]).toEqual(["", undefined, undefined])
  })
})
