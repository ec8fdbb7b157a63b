/**
 * The sketches of a replica of D-Prophecy, beside PBFT's loop (core/prophecy/d-replica.ts): filled
 * by what is executed in order, and stated to whoever asks. Where they are not all that an answered
 * read left, none is stated: after a start until all is executed again that may have been executed
 * before, and none from before a state that was fetched.
 *
 * Outside the specification: what is executed tentatively leaves no sketch, and a state that is
 * fetched takes all of them; neither is in DProphecy.tla.
 */
import type { Bytes, Digest, ReplicaId } from "../core/ids.ts"
import type { Authentic } from "../core/pbft/message.ts"
import { lastPrepared, recvSketchRead, sketchesAfter } from "../core/prophecy/d-replica.ts"
import type { SketchRead, SketchReply } from "../core/prophecy/d-message.ts"
import { decodePlaced } from "../core/prophecy/position.ts"
import { emptyTable, type SketchTable } from "../core/prophecy/sketch-table.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import type { Counts } from "./counts.ts"
import { bytesDigest } from "./digests.ts"
import type { Executor } from "./executor.ts"
import type { Misbehaviour } from "./misbehave.ts"
import type { PbftKinds } from "./pbft-protocol.ts"
import type { ReplicaLoop } from "./runtime.ts"

export interface SketchesOptions {
  readonly replica: ReplicaId
  /** How many sketches each of the table's two generations holds. */
  readonly generation: number
  readonly digestOf: (bytes: Bytes) => Digest
  readonly misbehaviour: Misbehaviour
}

/** How a replica answers one question. */
export interface Answering {
  /** Gives the result, now or later; undefined for an operation that is no read. */
  readonly read: (operation: Bytes, done: (result: Bytes | undefined) => void) => void
  /** Not all is executed again that was before. */
  readonly isSilent: boolean
  readonly actions: Counts
  readonly send: (reply: SketchReply) => void
}

export class Sketches {
  readonly #options: SketchesOptions
  #table: SketchTable = emptyTable

  constructor(options: SketchesOptions) {
    this.#options = options
  }

  /** The executor, of which this hears what was executed. */
  watching(executor: Executor): Executor {
    return {
      ...executor,
      execute: (effect) => {
        const executed = executor.execute(effect)
        if (effect.undoable) return executed
        const { digestOf, generation } = this.#options
        const sketched = effect.requests.map(({ operation }, k) => {
          if (!executor.isRead(operation)) return undefined
          const { result } = decodePlaced(executed.results[k] ?? "")
          return { key: digestOf(operation), digest: digestOf(result) }
        })
        this.#table = sketchesAfter(this.#table, effect.seq, sketched, generation)
        return executed
      },
      restore: (seq) => {
        executor.restore(seq)
        this.#table = emptyTable
      },
    }
  }

  /** Answers a read, now or later. */
  answer(message: SketchRead, { read, isSilent, actions, send }: Answering): void {
    const { replica, digestOf, misbehaviour } = this.#options
    const key = digestOf(message.operation)
    const table = isSilent ? emptyTable : this.#table
    const input = { _tag: "SketchRead", message: message as Authentic<SketchRead>, key } as const
    const { effects, action } = recvSketchRead(undefined, input, { replica, table })
    actions.add(action)
    for (const { sketch, isExecutor } of effects) {
      const { client, id, operation } = message
      const { digest, position } = sketch
      const stated = { client, id, replica, digest, ...position }
      const reply = (result: Bytes | undefined): void =>
        send({ _tag: "SketchReply", ...stated, result })
      if (!isExecutor) reply(undefined)
      else {
        read(operation, (result) =>
          reply(result === undefined ? undefined : misbehaviour.answer(operation, result)),
        )
      }
    }
  }
}

/** How many sketches each of the two generations of a replica's table holds. */
const generation = 50_000

/** The sketches that the configuration asks for; undefined where it asks for none. */
export const sketchesOf = (
  config: ClusterConfig,
  replica: ReplicaId,
  misbehaviour: Misbehaviour,
): Sketches | undefined =>
  config.sketches
    ? new Sketches({ replica, generation, digestOf: bytesDigest, misbehaviour })
    : undefined

/** What a replica does about clients that ask for sketches; nothing where it keeps none. */
export const sketchReadsOf = (
  sketches: Sketches | undefined,
  { loop, read }: { readonly loop: ReplicaLoop<PbftKinds> } & Pick<Answering, "read">,
): ((message: SketchRead, send: (reply: SketchReply) => void) => void) => {
  const { actions } = loop
  // As it was started: what it executed before may reach up to here.
  const silentBelow = lastPrepared(loop.state)
  return (message, send) => {
    const isSilent = loop.state.executed < silentBelow
    sketches?.answer(message, { read, isSilent, actions, send })
    loop.schedule()
  }
}
