/** What properties of two processes of PBFT look at: of a replica less than there is. */
import type { Facts } from "../core/pbft/invariants.ts"
import type { State } from "../core/pbft/state.ts"
import type { Window } from "../core/window.ts"
import type { PbftProcess, Value } from "./pbft-process.ts"

/** A replica's facts and its service; clients as they are. */
export type Judged =
  | {
      readonly role: "replica"
      readonly id: number
      readonly state: Facts
      /** The service's state without what may be undone. */
      readonly settled: Value
    }
  | Extract<PbftProcess, { readonly role: "client" }>

const phasesOf = ({ empty, chunks, ...rest }: State["log"]): Facts["log"] => {
  const nothing = { phase: empty.phase, digest: empty.digest }
  const log: Window<Pick<typeof empty, "phase" | "digest">> = {
    ...rest,
    empty: nothing,
    chunks: chunks.map((chunk) =>
      chunk.map((slot) => (slot === empty ? nothing : { phase: slot.phase, digest: slot.digest })),
    ),
  }
  return log
}

const factsOf = (state: State): Facts => {
  const { view, active, executed, undo, recovery, pset, checkpoints, told, log } = state
  return {
    view,
    active,
    executed,
    recovery,
    log: phasesOf(log),
    undo: undo === undefined ? undefined : { executed: undo.executed },
    pset: pset.map(({ seq, digest }) => ({ seq, digest })),
    checkpoints: checkpoints.map(({ seq, digest }) => ({ seq, digest })),
    told: { own: told.own },
  }
}

/** The part of a process that they are given. */
export const judgedPart = (process: unknown): Judged => {
  const p = process as PbftProcess
  if (p.role === "client") return p
  const { state, value, before } = p.at
  return { role: "replica", id: p.id, state: factsOf(state), settled: before ?? value }
}

export const asJudged = (part: unknown): Judged => part as Judged

/** The facts of a replica's part; undefined of a client. */
export const judgedFacts = (part: unknown): Facts | undefined => {
  const p = asJudged(part)
  return p.role === "replica" ? p.state : undefined
}
