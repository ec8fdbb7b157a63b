/**
 * What a space of processes and messages remembers, as numbers for a file: what gave something its
 * number, in order; the sets of messages; and of each local state which steps were computed, whose
 * order is of no account.
 */
import { lowestBit } from "./bit-rows.ts"
import type { Ints } from "./ints.ts"
import { type LocalSteps, ownMove } from "./local-steps.ts"
import type { MessageSets } from "./message-sets.ts"
import type { SpaceMemory } from "./state-space.ts"

/** One computation: a process, its value, the message or `ownMove`. */
type Computed = readonly [process: number, value: number, message: number]

export interface Remembered {
  readonly journal: Ints
  readonly sets: MessageSets
  /** How many local states each process has. */
  readonly locals: ReadonlyArray<number>
  readonly steps: ReadonlyArray<LocalSteps>
  /** How much there is of everything. */
  readonly extent: string
}

const perEntry = 3
const texts = 2

/**
 * The journal, the sets (of each its words), and for each local state whether its own moves and
 * which messages were tried (words as well), each after its length.
 */
export const writeMemory = ({ journal, sets, locals, steps, extent }: Remembered): SpaceMemory => {
  const perLocal = steps.map(({ tried }) => 1 + tried.words)
  const ofSteps = locals.reduce((sum, count, k) => sum + 2 + count * (perLocal[k] as number), 0)
  const numbers = new Int32Array(1 + journal.size + 2 + sets.size * sets.words + ofSteps)
  let at = 0
  const put = (value: number): void => {
    numbers[at] = value
    at++
  }
  put(journal.size)
  for (let k = 0; k < journal.size; k++) put(journal.at(k))
  put(sets.size)
  put(sets.words)
  for (let id = 0; id < sets.size; id++) {
    for (let k = 0; k < sets.words; k++) put(sets.word(id, k))
  }
  for (const [process, { tried }] of steps.entries()) {
    const count = locals[process] as number
    put(count)
    put(tried.words)
    for (let local = 0; local < count; local++) {
      put(steps[process]?.hasOwnMoves(local) === true ? 1 : 0)
      for (let k = 0; k < tried.words; k++) put(tried.word(local, k))
    }
  }
  return { numbers, texts: [extent, String(locals.length)] }
}

export interface Read {
  readonly journal: Iterable<Computed>
  readonly sets: ReadonlyArray<ReadonlyArray<number>>
  readonly computed: Iterable<Computed>
  readonly extent: string
}

const bitsOf = (words: Int32Array): ReadonlyArray<number> => {
  const bits: Array<number> = []
  for (const [k, word] of words.entries()) {
    for (let rest = word; rest !== 0; rest &= rest - 1) bits.push(k * 32 + lowestBit(rest))
  }
  return bits
}

function* entries(journal: Int32Array): Iterable<Computed> {
  for (let at = 0; at < journal.length; at += perEntry) {
    yield [journal[at] as number, journal[at + 1] as number, journal[at + 2] as number]
  }
}

function* computedOf(numbers: Int32Array, processes: number): Iterable<Computed> {
  let at = 0
  for (let process = 0; process < processes; process++) {
    const [count = 0, words = 0] = numbers.subarray(at, at + 2)
    at += 2
    for (let local = 0; local < count; local++) {
      if (numbers[at] === 1) yield [process, local, ownMove]
      for (const message of bitsOf(numbers.subarray(at + 1, at + 1 + words))) {
        yield [process, local, message]
      }
      at += 1 + words
    }
  }
}

/** What `writeMemory` wrote; undefined where that was of another kind of space. */
export const readMemory = (memory: SpaceMemory, processes: number): Read | undefined => {
  const { numbers } = memory
  const [extent, of] = memory.texts
  if (memory.texts.length !== texts || extent === undefined || of !== String(processes)) {
    return undefined
  }
  const toSets = 1 + (numbers[0] ?? 0)
  const [count = 0, words = 0] = numbers.subarray(toSets, toSets + 2)
  const fromSets = toSets + 2
  const toSteps = fromSets + count * words
  const sets = Array.from({ length: count }, (_, id) => {
    const from = fromSets + id * words
    return bitsOf(numbers.subarray(from, from + words))
  })
  return {
    journal: entries(numbers.subarray(1, toSets)),
    sets,
    computed: computedOf(numbers.subarray(toSteps), processes),
    extent,
  }
}
