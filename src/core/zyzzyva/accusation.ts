/**
 * Accusations, and leaving a view for them: TOCS 27(4) 2009, section 3.3.2; spec/tla/Zyzzyva.tla,
 * section "Accusations". Timers are the driver's: nothing here depends on when they fire.
 */
import type { View } from "../ids.ts"
import { ignore, none } from "../machine.ts"
import { weakQuorum } from "../quorum.ts"
import { unsigned } from "../request.ts"
import * as Window from "../window.ts"
import type { ReplicaAction } from "./action.ts"
import type { Accusation, Authentic, LastOrder, Pom, Signer, ViewChange } from "./message.ts"
import { incarnationOf, isMute } from "./rejoin.ts"
import {
  type Config,
  type Effect,
  noConfirms,
  noHeaders,
  nothingVouched,
  type State,
  type ZyzzyvaStep,
} from "./state.ts"

export const byReplica = (
  a: { readonly replica: number },
  b: { readonly replica: number },
): number => a.replica - b.replica

/** What others said is of the view that it was said in. */
export const nothingHeard = (
  config: Config,
  state: State,
): Pick<State, "headers" | "checkpointVotes" | "confirms"> => ({
  headers: noHeaders(config, state.log.low),
  checkpointVotes: nothingVouched(config, state.log.low),
  confirms: noConfirms(config),
})

const lastOrders = ({ log }: State): ReadonlyArray<LastOrder> =>
  Window.occupied(log).map((seq) => {
    const { view, history, digest, batch } = Window.get(log, seq)
    return { view, seq, history, digest, batch: batch.map(unsigned) }
  })

interface Leaving {
  readonly view: View
  /** Who accused the primary of the view before. */
  readonly accusers: ReadonlyArray<Signer>
  /** The VIEW-CHANGEs that it knows. */
  readonly changes: ReadonlyArray<ViewChange>
  readonly before: ReadonlyArray<Effect>
  readonly action: ReplicaAction
}

/** Leaves the view for a later one: durable first, then it says so. */
export const leave = (config: Config, state: State, leaving: Leaving): ZyzzyvaStep => {
  const { view, accusers, changes, before, action } = leaving
  const { stable, certificates } = state
  const orders = lastOrders(state)
  const content = { _tag: "ViewChange" as const, view, stable, orders, certificates, accusers }
  const unsignedChange = { ...content, replica: config.id, ...incarnationOf(state) }
  const viewChange: ViewChange = { ...unsignedChange, signature: config.sign(unsignedChange) }
  const others = changes.filter((m) => m.replica !== config.id && m.view >= view)
  return {
    state: {
      ...state,
      ...nothingHeard(config, state),
      view,
      stage: "changing",
      accusers: [],
      viewChanges: [...others, viewChange].sort(byReplica),
      newView: undefined,
      pendingReads: [],
    },
    effects: [
      ...before,
      { _tag: "Persist", record: { _tag: "ViewLeft", viewChange } },
      { _tag: "Broadcast", message: viewChange },
    ],
    action,
  }
}

interface Accusing {
  readonly by: Signer | "self"
  readonly before: ReadonlyArray<Effect>
  readonly action: ReplicaAction
}

/** Whether the replica knows the accusation of `replica` in its view. */
export const hasAccused = ({ accusers }: State, replica: number): boolean =>
  accusers.some((a) => a.replica === replica)

/**
 * One more accuses the primary. With f + 1 the view is left, as by every correct replica; but not
 * by one that does not know what it said there.
 */
export const accuse = (config: Config, state: State, accusing: Accusing): ZyzzyvaStep => {
  if (isMute(config, state)) return ignore(state, "Mute")
  const { by, before, action } = accusing
  const { view } = state
  const content = { _tag: "Accusation" as const, view, replica: config.id }
  const signature = by === "self" ? config.sign(content) : by.signature
  const said: ReadonlyArray<Effect> =
    by === "self" ? [{ _tag: "Broadcast", message: { ...content, signature } }] : none
  const replica = by === "self" ? config.id : by.replica
  const accusers = [...state.accusers, { replica, signature }].sort(byReplica)
  const effects = [...before, ...said]
  if (accusers.length < weakQuorum(config.group)) {
    return { state: { ...state, accusers }, effects, action }
  }
  const { viewChanges: changes } = state
  return leave(config, state, { view: view + 1, accusers, changes, before: effects, action })
}

/** Timeout (TOCS 27(4) section 3.3.2, VC1). No progress: the primary is accused, not yet left. */
export const timeout = (config: Config, state: State, view: View): ZyzzyvaStep => {
  if (view !== state.view) return ignore(state, "OldTimer")
  if (hasAccused(state, config.id)) return ignore(state, "AlreadyAccused")
  return accuse(config, state, { by: "self", before: none, action: "Timeout" })
}

/** RecvAccusation (TOCS 27(4) section 3.3.2). f + 1 of them take every correct replica along. */
export const recvAccusation = (
  config: Config,
  state: State,
  m: Authentic<Accusation>,
): ZyzzyvaStep => {
  if (m.replica === config.id) return ignore(state, "FromSelf")
  if (m.view !== state.view) return ignore(state, "WrongView")
  if (hasAccused(state, m.replica)) return ignore(state, "AlreadyAccused")
  const by = { replica: m.replica, signature: m.signature }
  return accuse(config, state, { by, before: none, action: "RecvAccusation" })
}

/** RecvPom (TOCS 27(4) section 3.2, case 4d). A proof of misbehaviour, from whomever. */
export const recvPom = (config: Config, state: State, m: Authentic<Pom>): ZyzzyvaStep => {
  if (hasAccused(state, config.id)) return ignore(state, "AlreadyAccused")
  const [one, other] = m.orders
  if (one === undefined || other === undefined || m.orders.length !== 2) {
    return ignore(state, "NotTwoOrders")
  }
  if (one.view !== state.view || other.view !== state.view) return ignore(state, "WrongView")
  if (one.seq !== other.seq) return ignore(state, "OfTwoNumbers")
  if (one.history === other.history) return ignore(state, "NoContradiction")
  const before: ReadonlyArray<Effect> = [{ _tag: "Broadcast", message: m }]
  return accuse(config, state, { by: "self", before, action: "RecvPom" })
}
