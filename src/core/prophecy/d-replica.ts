/**
 * A replica of D-Prophecy: PBFT's (core/pbft/replica.ts) with sketches of the reads that it has
 * executed in order; spec/tla/DProphecy.tla, section "The group". A replica that comes back states
 * no sketch until it has executed again all that it may have executed before: otherwise it would
 * state an older sketch than those it stated.
 */
import type { Digest, Seq } from "../ids.ts"
import type { Step } from "../machine.ts"
import type { ReplicaAction } from "../pbft/action.ts"
import type { Authentic } from "../pbft/message.ts"
import { step } from "../pbft/replica.ts"
import { type Config, type Effect, type Input, init, type State } from "../pbft/state.ts"
import * as Window from "../window.ts"
import type { DReplicaAction } from "./d-action.ts"
import type { SketchRead } from "./d-message.ts"
import { nowhere } from "./position.ts"
import { placedResults } from "./replica.ts"
import { emptyTable, install, type Sketch, sketchOf, type SketchTable } from "./sketch-table.ts"

export interface DReplicaConfig {
  readonly pbft: Config
  /** How many sketches each of the table's two generations holds. */
  readonly generation: number
}

export interface DReplicaState {
  readonly pbft: State
  readonly table: SketchTable
  /** Below this sequence number it has come back and states nothing. */
  readonly silentBelow: Seq
}

/** Of an executed operation: what its sketch is filed under, if it is a read. */
export interface Sketched {
  readonly key: string
  readonly digest: Digest
}

type Executed = Extract<Input, { readonly _tag: "Executed" }>

export type DReplicaInput =
  | Exclude<Input, Executed>
  | (Executed & {
      /** By place in the batch; undefined for a write. */
      readonly sketched: ReadonlyArray<Sketched | undefined>
    })
  | {
      readonly _tag: "SketchRead"
      readonly message: Authentic<SketchRead>
      /** What the read's sketch is filed under. */
      readonly key: string
    }

/** Send a SKETCH-REPLY with this sketch; the executor has the service read and adds the result. */
export interface AnswerSketch {
  readonly _tag: "AnswerSketch"
  readonly message: SketchRead
  readonly sketch: Sketch
  readonly isExecutor: boolean
}

export type DReplicaStep = Step<
  DReplicaState,
  Effect | AnswerSketch,
  ReplicaAction | DReplicaAction
>

export const initDReplica = (config: DReplicaConfig): DReplicaState => ({
  pbft: init(config.pbft),
  table: emptyTable,
  silentBelow: 0,
})

/**
 * RecvSketchRead (NSDI '10 section 5). A replica states its own sketch, and does not execute the
 * read unless it is the executor.
 */
export const recvSketchRead = <S>(
  state: S,
  input: Extract<DReplicaInput, { readonly _tag: "SketchRead" }>,
  own: { readonly replica: number; readonly table: SketchTable },
): Step<S, AnswerSketch, DReplicaAction> => {
  const { message, key } = input
  const sketch = sketchOf(own.table, key) ?? { digest: "", position: nowhere }
  const isExecutor = message.executor === own.replica
  return {
    state,
    effects: [{ _tag: "AnswerSketch", message, sketch, isExecutor }],
    action: "RecvSketchRead",
  }
}

/** The sketches after a batch, in the order in which its operations were executed (I1). */
export const sketchesAfter = (
  table: SketchTable,
  seq: Seq,
  sketched: ReadonlyArray<Sketched | undefined>,
  capacity: number,
): SketchTable =>
  sketched.reduce(
    (all, read, place) =>
      read === undefined
        ? all
        : install(all, read.key, { digest: read.digest, position: { seq, place } }, capacity),
    table,
  )

/**
 * Up to where a replica that comes back may have executed before it stopped: that was committed, so
 * it was prepared here or lies below.
 */
export const lastPrepared = (pbft: State): Seq =>
  Window.occupied(pbft.log)
    .filter((seq) => ["prepared", "committed"].includes(Window.get(pbft.log, seq).phase))
    .reduce((last, seq) => Math.max(last, seq), pbft.executed)

/** One input, one action of Pbft.tla, or RecvSketchRead. */
export const stepDReplica = (
  config: DReplicaConfig,
  state: DReplicaState,
  input: DReplicaInput,
): DReplicaStep => {
  if (input._tag === "SketchRead") {
    const isSilent = state.pbft.executed < state.silentBelow
    const table = isSilent ? emptyTable : state.table
    return recvSketchRead(state, input, { replica: config.pbft.id, table })
  }
  const given: Input =
    input._tag === "Executed"
      ? { ...input, results: placedResults(input.seq, input.results) }
      : input
  const { state: pbft, effects, action } = step(config.pbft, state.pbft, given)
  if (pbft === state.pbft) return { state, effects, action }
  if (input._tag === "Restart") {
    return { state: { pbft, table: emptyTable, silentBelow: lastPrepared(pbft) }, effects, action }
  }
  // Of a state that is fetched the reads were executed by others, and their answers may be given
  // again from its client table: an older sketch of them must not be stated any more.
  if (effects.some(({ _tag }) => _tag === "Restore")) {
    return { state: { ...state, pbft, table: emptyTable }, effects, action }
  }
  const table =
    action === "Execute" && input._tag === "Executed"
      ? sketchesAfter(state.table, input.seq, input.sketched, config.generation)
      : state.table
  return { state: { ...state, pbft, table }, effects, action }
}
