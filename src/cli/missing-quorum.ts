/**
 * Which quorum a recorded run waits for at its end: what each process has, what it lacks and from
 * whom, and since when. Watches the merged run go by and keeps only the last state of each process
 * and where it came to be so.
 */
import * as ClientTable from "../core/client-table.ts"
import type { ClientId, ReplicaId, Seq } from "../core/ids.ts"
import type { ClientState } from "../core/pbft/client.ts"
import { pendingExecution } from "../core/pbft/execution.ts"
import type { Config, Slot, State } from "../core/pbft/state.ts"
import { type Group, primaryOf, weakQuorum } from "../core/quorum.ts"
import * as Votes from "../core/votes.ts"
import * as Window from "../core/window.ts"
import type { Observer, RunState } from "../trace-check/check.ts"
import type { StepEvent } from "../trace-check/event.ts"
import { changeKey, viewNeed, viewSilence } from "./missing-view.ts"
import { everyone, lacking, type Moment, type Need, type Waiting } from "./waiting.ts"

interface Known<A> {
  state: A
  last: Moment | undefined
  /** When each stage was reached, by its name; nothing of what a gap hides. */
  readonly since: Map<string, Moment>
}

const slotKey = (seq: Seq, { phase }: Slot): string => `slot ${seq} ${phase}`
const checkpointKey = (seq: Seq): string => `checkpoint ${seq}`

/** Sees a run go by; `waiting` then says what its processes wait for. */
export class Standing implements Observer {
  readonly #replicas = new Map<ReplicaId, Known<State>>()
  readonly #clients = new Map<ClientId, Known<ClientState>>()
  #configs: ReadonlyMap<ReplicaId, Config> = new Map()
  #events = 0

  get events(): number {
    return this.#events
  }

  before(index: number, event: StepEvent, run: RunState): void {
    this.#events = index
    if (this.#configs.size === 0) this.#configs = new Map(run.configs)
    const now: Moment = { event: index, ...event.place }
    if (event._tag === "ClientStep") {
      const known = this.#knownClient(event.client, event.before)
      if (known.state.timestamp !== event.step.state.timestamp) known.since.set("request", now)
      known.state = event.step.state
      known.last = now
      return
    }
    const known = this.#knownReplica(event.replica, event.before)
    note(known, event.step.state, now)
  }

  /** The next event of a process after a gap does not start in the state that is known of it. */
  gap(): void {}

  #knownReplica(id: ReplicaId, state: State): Known<State> {
    const known = this.#replicas.get(id) ?? { state, last: undefined, since: new Map() }
    this.#replicas.set(id, known)
    if (known.state !== state) known.since.clear()
    known.state = state
    return known
  }

  #knownClient(id: ClientId, state: ClientState): Known<ClientState> {
    const known = this.#clients.get(id) ?? { state, last: undefined, since: new Map() }
    this.#clients.set(id, known)
    if (known.state !== state) known.since.clear()
    known.state = state
    return known
  }

  /** What the traced processes wait for: clients first, then replicas, in ascending order. */
  waiting(): ReadonlyArray<Waiting> {
    const group = [...this.#configs.values()][0]?.group
    if (group === undefined) return []
    const clients = inOrder(this.#clients).flatMap(([id, known]) =>
      merged(`client ${id}`, known, clientNeeds(group, id, known.state)),
    )
    const replicas = inOrder(this.#replicas).flatMap(([id, known]) => {
      const config = this.#configs.get(id)
      const needs = config === undefined ? [] : replicaNeeds(config, known.state)
      return merged(`replica ${id}`, known, needs)
    })
    return [...clients, ...replicas].map((w) => ({
      ...w,
      lacks: w.lacks.map((lack) => ({ ...lack, why: this.#why(w, lack.replica) })),
    }))
  }

  // What the trace of the one that is silent says of its silence.
  #why({ message, seqs, request, view }: Waiting, replica: ReplicaId): string {
    const known = this.#replicas.get(replica)
    if (known === undefined) return "no step of it is recorded"
    const { state, last } = known
    const at = last === undefined ? "" : `; its last step is ${last.file}:${last.line}`
    if (request !== undefined) {
      const { timestamp } = ClientTable.get(state.table, request.client)
      return timestamp >= request.timestamp
        ? `it executed it, and its reply did not arrive${at}`
        : `it has not executed it${at}`
    }
    if (view !== undefined) return `${viewSilence(message, view, replica, state)}${at}`
    const seq = seqs[0]
    if (seq === undefined) return ""
    if (seq <= state.log.low) return `it is past it, with a stable checkpoint at ${state.log.low}`
    if (!Window.covers(state.log, seq))
      return `its log ends at ${state.log.low + state.log.length}${at}`
    const slot = Window.get(state.log, seq)
    const ofCheckpoint = message === "CHECKPOINT"
    const said = ofCheckpoint
      ? state.checkpoints.some((c) => c.seq === seq)
      : hasSaid(message, replica, slot)
    if (said) return `it sent it, and it did not arrive${at}`
    if (!state.active) return `it changes to view ${state.view}${at}`
    return ofCheckpoint
      ? `it has executed up to ${state.executed}${at}`
      : `for it the number is ${stageOf(slot)}${at}`
  }
}

const hasSaid = (message: string, replica: ReplicaId, slot: Slot): boolean => {
  if (message === "COMMIT") return Votes.has(slot.commits, replica)
  if (message === "PREPARE") return Votes.has(slot.prepares, replica)
  return slot.phase !== "empty" && slot.phase !== "held"
}

const inOrder = <A>(all: ReadonlyMap<number, A>): ReadonlyArray<readonly [number, A]> =>
  [...all].sort(([a], [b]) => a - b)

const note = (known: Known<State>, state: State, now: Moment): void => {
  const before = known.state
  for (const seq of Window.changed(before.log, state.log)) {
    const key = slotKey(seq, Window.get(state.log, seq))
    if (!known.since.has(key)) known.since.set(key, now)
  }
  if (state.view !== before.view || state.active !== before.active) {
    known.since.set(changeKey(state), now)
  }
  if (state.checkpoints !== before.checkpoints) {
    for (const { seq } of state.checkpoints) {
      if (!known.since.has(checkpointKey(seq))) known.since.set(checkpointKey(seq), now)
    }
  }
  if (state.log.low !== before.log.low) {
    for (const key of known.since.keys()) {
      if (Number(key.split(" ")[1]) <= state.log.low) known.since.delete(key)
    }
  }
  known.state = state
  known.last = now
}

const stageNames: Partial<Record<Slot["phase"], string>> = {
  empty: "unknown but for votes",
  prePrepared: "pre-prepared",
  voted: "pre-prepared under a key that was replaced",
}

const stageOf = ({ phase }: Slot): string => stageNames[phase] ?? phase

const clientNeeds = (group: Group, client: ClientId, state: ClientState): ReadonlyArray<Need> => {
  if (state.operation === undefined) return []
  const has = everyone(group).filter((r) => state.replies[r] !== undefined)
  return [
    {
      stage: `request ${state.timestamp} sent to ${state.toAll ? "every replica" : "the primary"}`,
      stageKey: "request",
      seq: undefined,
      request: { client, timestamp: state.timestamp },
      message: "REPLY",
      needs: weakQuorum(group),
      has,
      lacks: lacking(group, has),
    },
  ]
}

/** Every number above the last executed one that waits for others, and every open checkpoint. */
const replicaNeeds = (config: Config, state: State): ReadonlyArray<Need> => {
  const seqs = Window.occupied(state.log).filter((seq) => seq > state.executed)
  // While the view changes nobody votes.
  if (!state.active) return [...viewNeed(config, state), ...openCheckpoints(config, state)]
  const slots = seqs.flatMap((seq) => slotNeed(config, state, seq) ?? [])
  const next = state.executed + 1
  const hole = seqs.length > 0 && !seqs.includes(next) ? slotNeed(config, state, next) : undefined
  return [...(hole === undefined ? [] : [hole]), ...slots, ...openCheckpoints(config, state)]
}

const openCheckpoints = (config: Config, state: State): ReadonlyArray<Need> =>
  state.checkpoints
    .filter(({ seq }) => seq > state.log.low)
    .map(({ seq, digest }) => checkpointNeed(config, state, seq, digest))

const slotNeed = (config: Config, state: State, seq: Seq): Need | undefined => {
  const { group, id } = config
  const slot = Window.get(state.log, seq)
  const primary = primaryOf(group, state.view)
  const stage = `${stageOf(slot)} in view ${state.view}`
  const base = { stage, stageKey: slotKey(seq, slot), seq }
  const voters = (votes: Votes.Votes) => everyone(group).filter((r) => votes[r] === slot.digest)
  const backups = (has: ReadonlyArray<ReplicaId>) =>
    lacking(group, has).filter(({ replica }) => replica !== primary)
  switch (slot.phase) {
    case "voted":
    case "empty": {
      const lacks = [{ replica: primary, why: "" }]
      return primary === id
        ? undefined
        : { ...base, message: "PRE-PREPARE", needs: 1, has: [], lacks }
    }
    case "held": {
      const has = voters(slot.prepares)
      return { ...base, message: "PREPARE", needs: group.f, has, lacks: backups([...has, id]) }
    }
    case "prePrepared": {
      const has = voters(slot.prepares)
      return { ...base, message: "PREPARE", needs: group.quorum - 1, has, lacks: backups(has) }
    }
    case "prepared": {
      const has = voters(slot.commits)
      return { ...base, message: "COMMIT", needs: group.quorum, has, lacks: lacking(group, has) }
    }
    case "committed":
    case "decided": {
      if (pendingExecution(config, state)?.seq !== seq) return undefined
      const executing = { stage: "committed, and the service has not answered", lacks: [], has: [] }
      return { ...base, ...executing, message: "RESULT", needs: 1 }
    }
  }
}

const checkpointNeed = (config: Config, state: State, seq: Seq, digest: string): Need => {
  const votes = state.checkpointVotes.find((v) => v.seq === seq)?.votes ?? []
  const has = everyone(config.group).filter((r) => votes[r] === digest)
  const lacks = lacking(config.group, has)
  const { quorum } = config.group
  const full = state.executed === state.log.low + state.log.length
  const stage = `a checkpoint that is not stable${full ? ", and the log is full" : ""}`
  return {
    stage,
    stageKey: checkpointKey(seq),
    seq,
    message: "CHECKPOINT",
    needs: quorum,
    has,
    lacks,
  }
}

/** Needs of one process, those together that differ in their sequence number only. */
const merged = (
  process: string,
  known: Known<unknown>,
  needs: ReadonlyArray<Need>,
): ReadonlyArray<Waiting> => {
  const groups = new Map<string, Waiting>()
  for (const { seq, stageKey, ...need } of needs) {
    const key = JSON.stringify(need)
    const one = groups.get(key)
    const seqs = seq === undefined ? [] : [seq]
    const since = known.since.get(stageKey)
    if (one === undefined) groups.set(key, { process, ...need, seqs, since })
    else groups.set(key, { ...one, seqs: [...one.seqs, ...seqs], since: earlier(one.since, since) })
  }
  return [...groups.values()]
}

const earlier = (a: Moment | undefined, b: Moment | undefined): Moment | undefined =>
  a === undefined || b === undefined ? undefined : a.event <= b.event ? a : b
