/** A replica of Zyzzyva that lost its disk, and others about it: for tests. */
import { recoverOperation } from "../../src/core/recovery-request.ts"
import type { SignedRequest } from "../../src/core/request.ts"
import { type Config, type Input, noEntry } from "../../src/core/zyzzyva/state.ts"
import { configOf, receive, signed, signersOf } from "./zyzzyva.ts"

/** Of six clients the last four are those in whose names the replicas ask to be taken back. */
export const recovering = (id: number, changed: Partial<Config> = {}): Config =>
  configOf(id, { clients: 6, recoverers: 2, ...changed })

/** The request of a replica to be taken back as this incarnation. */
export const asking = (replica: number, incarnation: number): SignedRequest =>
  signed(2 + replica, incarnation, recoverOperation)

export const rejoining = (incarnation: number): Input => ({ _tag: "Rejoin", incarnation })

/** Whose request was executed, as what, and under which number. */
interface Returned {
  readonly replica: number
  readonly incarnation: number
  readonly at: number
}

/** The state of a stable checkpoint, with a request to be taken back in its client table. */
export const stateWith = (seq: number, { replica, incarnation, at }: Returned, view = 0): Input => {
  const config = recovering(1)
  const history = `history of ${seq}`
  const entry = { timestamp: incarnation, result: "taken back", seq: at, history }
  const table = Array.from({ length: 6 }, (_, c) => (c === 2 + replica ? entry : noEntry))
  const service = `s${seq}`
  const digest = config.checkpointDigest(history, service, table)
  const stable = { view, seq, digest, signers: signersOf(0, 2, 3) }
  return receive({ _tag: "State", stable, history, service, table })
}
