/**
 * The graph that an exploration saw, in the form that TLC's is compared with
 * (spec/tla/overrides/tlc2/overrides/Graph.java writes the same): the set of states, the set of
 * steps (state, action, state) without self-loops, and a 128-bit digest of each: the sum modulo
 * 2^128 of the first 16 bytes of the SHA-256 of every element. Sums do not depend on an order.
 */
import type { Observer } from "./explore.ts"
import type { StateSpace } from "./state-space.ts"

/** SHA-256 of a text as 64 hexadecimal digits; handed in, since nothing here does I/O. */
export type Sha256 = (text: string) => string

export interface GraphSummary {
  readonly states: number
  readonly stateDigest: string
  readonly steps: number
  readonly stepDigest: string
  /** How many steps each action has, by its name. */
  readonly stepsOf: Readonly<Record<string, number>>
}

/** Sees each element as a line: `state HASH TEXT` or `step HASH ACTION HASH`. */
export type OnElement = (line: string) => void

const modulus = 1n << 128n
const hex = (sum: bigint): string => (sum % modulus).toString(16).padStart(32, "0")

// Sums of many 128-bit numbers, in four lanes that stay exact: a bigint per addition is slow.
class Sum {
  readonly #lanes = [0, 0, 0, 0]
  #carried = 0n
  #pending = 0

  add(digest: string): void {
    for (let lane = 0; lane < 4; lane++) {
      const word = Number.parseInt(digest.slice(lane * 8, lane * 8 + 8), 16)
      this.#lanes[lane] = (this.#lanes[lane] as number) + word
    }
    this.#pending++
    if (this.#pending === 1 << 20) this.#carry()
  }

  #carry(): void {
    for (const lane of this.#lanes.keys()) {
      this.#carried += BigInt(this.#lanes[lane] as number) << BigInt(32 * (3 - lane))
      this.#lanes[lane] = 0
    }
    this.#pending = 0
  }

  /** Takes up what `total` gave. */
  add128(total: string): void {
    this.#carried += BigInt(`0x${total}`)
  }

  total(): string {
    this.#carry()
    return hex(this.#carried)
  }
}

/** Watches an exploration; `summary` is complete when the exploration ended. */
export class GraphRecorder implements Observer {
  readonly #sha256: Sha256
  readonly #onElement: OnElement | undefined
  readonly #hashes: Array<string> = []
  readonly #states = new Sum()
  readonly #edges = new Sum()
  readonly #stepsOf = new Map<string, number>()
  #stepCount = 0
  #space: StateSpace | undefined

  constructor(sha256: Sha256, onElement?: OnElement) {
    this.#sha256 = sha256
    this.#onElement = onElement
  }

  start(space: StateSpace): void {
    this.#space = space
  }

  state(id: number, row: Int32Array): void {
    const text = this.#space?.text(row) ?? ""
    const hash = this.#sha256(text).slice(0, 32)
    this.#hashes[id] = hash
    this.#states.add(hash)
    this.#onElement?.(`state ${hash} ${text}`)
  }

  edge(from: number, action: string, to: number): void {
    this.#count(action, 1)
    this.#stepCount++
    const step = `${this.#hashes[from]} ${action} ${this.#hashes[to]}`
    this.#edges.add(this.#sha256(step).slice(0, 32))
    this.#onElement?.(`step ${step}`)
  }

  /** Takes up the steps that a summary counted, of the same states. */
  takeUp({ steps, stepDigest, stepsOf }: GraphSummary): void {
    this.#stepCount += steps
    this.#edges.add128(stepDigest)
    for (const [action, count] of Object.entries(stepsOf)) this.#count(action, count)
  }

  #count(action: string, more: number): void {
    this.#stepsOf.set(action, (this.#stepsOf.get(action) ?? 0) + more)
  }

  summary(): GraphSummary {
    return {
      states: this.#hashes.length,
      stateDigest: this.#states.total(),
      steps: this.#stepCount,
      stepDigest: this.#edges.total(),
      stepsOf: Object.fromEntries([...this.#stepsOf].sort(([a], [b]) => (a < b ? -1 : 1))),
    }
  }
}
