/**
 * A reduction of PBFT's models: some messages are received as soon as they can be, at once with the
 * step before, and not at every later moment as well. spec/README.md has the argument that this
 * loses no violation of an invariant.
 */
import { primaryOf } from "../core/quorum.ts"
import type { Envelope } from "../sim/world.ts"
import type { SentMessage } from "./model.ts"
import type { PbftConstants, PbftProcess } from "./pbft-process.ts"

/**
 * - A COMMIT of a correct replica. To receive it sends nothing and only ever enables Execute, which
 *   nobody has to do; a replica that leaves its view forgets whether it had committed.
 * - A VIEW-CHANGE for the view that a backup moves to: only that view's primary uses it.
 */
export const receivedAtOnce =
  (c: PbftConstants) =>
  (process: unknown, { value }: SentMessage): boolean => {
    const p = process as PbftProcess
    if (p.role !== "replica") return false
    const { message } = value as Envelope
    if (message._tag === "Commit") return !c.byzantine.includes(message.replica)
    if (message._tag !== "ViewChange") return false
    const { view, active } = p.at.state
    const group = { n: c.n, f: c.f, quorum: c.quorum }
    return !active && message.view === view && primaryOf(group, view) !== p.id
  }
