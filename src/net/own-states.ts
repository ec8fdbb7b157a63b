/**
 * The states of a replica's own checkpoints, from the stable one on: what the service goes back to
 * when what it executed speculatively does not stay. The first is that before any request, or that
 * of the checkpoint that the replica started from; later ones may have been on its disk.
 *
 * Outside the specification: files and memory. There `checkpoints` holds the states themselves.
 */
import { assert } from "../core/assert.ts"
import type { Bytes, Seq } from "../core/ids.ts"
import type { Executor } from "./executor.ts"
import type { Kinds, LoopState, StateKeeper } from "./protocol.ts"

type Restorable = Pick<Executor, "snapshot" | "offer" | "restore" | "takeSnapshot">

/** A state of which the checkpoints are known. */
interface Rolled extends LoopState {
  readonly checkpoints: ReadonlyArray<{ readonly seq: Seq }>
}

export class OwnStates<K extends Kinds & { readonly State: Rolled }> implements StateKeeper<K> {
  readonly #executor: Restorable
  readonly #held = new Map<Seq, Bytes>()

  constructor(executor: Restorable) {
    this.#executor = executor
  }

  /** How many states are held. */
  get size(): number {
    return this.#held.size
  }

  started({ executed }: LoopState): void {
    this.#held.set(executed, this.#executor.snapshot())
  }

  taken(seq: Seq, snapshot: Bytes): void {
    this.#held.set(seq, snapshot)
  }

  restore({ executed, checkpoints }: Rolled): void {
    const state = this.#held.get(executed)
    assert(state !== undefined, "the state of a checkpoint that a view starts from is kept")
    this.#executor.offer(executed, state)
    this.#executor.restore(executed)
    // It is kept here, and nobody else will come for it.
    this.#executor.takeSnapshot(executed)
    this.#forget((seq) => !checkpoints.some((c) => c.seq === seq))
  }

  /** What is below the stable checkpoint is gone back to no more. */
  tick({ log }: LoopState): void {
    this.#forget((seq) => seq < log.low)
  }

  #forget(isOver: (seq: Seq) => boolean): void {
    for (const seq of [...this.#held.keys()].sort((a, b) => a - b)) {
      if (isOver(seq)) this.#held.delete(seq)
    }
  }

  give(): boolean {
    return false
  }

  forget(): void {}

  receive(): void {}

  wanted(): undefined {
    return undefined
  }

  isFetching(): boolean {
    return false
  }
}
