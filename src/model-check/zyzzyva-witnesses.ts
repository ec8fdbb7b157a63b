/** States that must be reachable in a model of Zyzzyva, so that its invariants are not vacuous. */
import { orderAt } from "../core/zyzzyva/log.ts"
import type { Message } from "../core/zyzzyva/message.ts"
import type { State } from "../core/zyzzyva/state.ts"
import * as Window from "../core/window.ts"
import { verifiesAt } from "../sim/world.ts"
import type { Witness } from "./model.ts"
import { asProcess, messageOf } from "./zyzzyva-client-properties.ts"
import { batchOfDigest, digestsOf, type ZyzzyvaProcess } from "./zyzzyva-process.ts"

type OfState = (state: State, id: number) => boolean
type Client = Extract<ZyzzyvaProcess, { readonly role: "client" }>

export const someReplica = (name: string, holds: OfState): Witness => ({
  name,
  scope: "some",
  holds: (process) => {
    const p = asProcess(process)
    return p.role === "replica" && holds(p.at.state, p.id)
  },
})

const everyReplica = (name: string, holds: OfState): Witness => ({
  name,
  scope: "every",
  holds: (process) => {
    const p = asProcess(process)
    return p.role !== "replica" || holds(p.at.state, p.id)
  },
})

const someClient = (name: string, holds: (client: Client) => boolean): Witness => ({
  name,
  scope: "some",
  holds: (process) => {
    const p = asProcess(process)
    return p.role === "client" && holds(p)
  },
})

const someMessage = (name: string, holds: (m: Message) => boolean): Witness => ({
  name,
  scope: "message",
  holds: (m) => holds(messageOf(m)),
})

const isLater: OfState = ({ stage, view }) => stage === "active" && view > 0

// What a replica answered in an earlier view is not in the log of the view that it is in.
const rolledBack: Witness = {
  name: "ReachRolledBack",
  holds: ({ processes, sent }) =>
    processes.some((process) => {
      const p = asProcess(process)
      if (p.role !== "replica" || p.at.state.stage !== "active") return false
      const { state } = p.at
      return sent.map(messageOf).some((m) => {
        if (m._tag !== "SpecResponse" || m.replica !== p.id || m.view >= state.view) return false
        const slot = orderAt(state, m.seq)
        return slot !== undefined && slot.history !== m.history
      })
    }),
}

const twoHistories: Witness = {
  name: "ReachTwoHistories",
  scope: "pair",
  holds: (one, other) => {
    const p = asProcess(one)
    const q = asProcess(other)
    if (p.role !== "replica" || q.role !== "replica") return false
    const [a, b] = [orderAt(p.at.state, 1), orderAt(q.at.state, 1)]
    if (a === undefined || b === undefined) return false
    return p.at.state.view === q.at.state.view && a.history !== b.history
  },
}

export const zyzzyvaWitnesses: ReadonlyArray<Witness> = [
  someReplica("ReachExecuted", (s) => s.executed > 0),
  everyReplica("ReachAllExecuted", (s) => s.executed > 0),
  someClient("ReachAnswered", (c) => c.at.result !== undefined),
  someClient("ReachShown", (c) => c.at.certificate !== undefined),
  someMessage("ReachAcknowledged", (m) => m._tag === "LocalCommit"),
  someMessage("ReachHole", (m) => m._tag === "FillHole"),
  someMessage("ReachUnverified", (m) => m._tag === "FillHole" && m.headers === true),
  someReplica("ReachVouched", (s, id) =>
    Window.occupied(s.log).some((seq) => {
      const slot = orderAt(s, seq)
      if (slot?.order === undefined) return false
      return slot.batch.some((r) => !verifiesAt(r.authenticator).includes(id))
    }),
  ),
  someMessage("ReachProof", (m) => m._tag === "Pom"),
  someReplica("ReachStable", (s) => s.log.low > 0),
  someReplica("ReachKept", (s) => s.checkpoints.some((c) => c.seq > s.executed)),
  someMessage("ReachFetched", (m) => m._tag === "State"),
  everyReplica("ReachAllStable", (s) => s.log.low > 0),
  someReplica(
    "ReachAccusedAndServing",
    (s, id) => s.stage === "active" && s.accusers.some((a) => a.replica === id),
  ),
  someReplica("ReachNewView", isLater),
  everyReplica("ReachAllInNewView", isLater),
  someReplica("ReachConfirming", (s) => s.stage === "confirming"),
  someMessage("ReachAnsweredLater", (m) => m._tag === "SpecResponse" && m.view > 0),
  someClient("ReachReadAnswered", ({ id, at: { operation, done, timestamp } }) => {
    if (operation !== undefined || done === undefined) return false
    return !digestsOf(done.history).some((digest) =>
      batchOfDigest(digest).some((r) => r.client === id && r.timestamp === timestamp),
    )
  }),
  someMessage(
    "ReachCommittedRead",
    (m) => m._tag === "ReadResponse" && m.seq > 0 && m.committed === true,
  ),
  someMessage("ReachCommittedAnswer", (m) => m._tag === "SpecResponse" && m.committed === true),
  someReplica("ReachReadWaits", (s) => s.pendingReads.some((r) => r.after > s.executed)),
  someMessage("ReachDigestAnswer", (m) => m._tag === "SpecResponse" && m.digest === true),
  someMessage(
    "ReachWitnessed",
    (m) => (m._tag === "SpecResponse" || m._tag === "ReadResponse") && m.witness === true,
  ),
  someMessage("ReachUnsigned", (m) => m._tag === "SpecResponse" && m.clientOnly === true),
  rolledBack,
  twoHistories,
  someReplica("ReachNull", (s) =>
    Window.occupied(s.log).some((seq) => orderAt(s, seq)?.batch.length === 0),
  ),
]
