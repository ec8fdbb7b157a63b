/**
 * What the explorer explores: states as rows of small integers, what leads from one to the next,
 * and what is asked of each. A space gives integers to what it has not seen before, so that a row
 * means the same as long as the space lives.
 */
export interface Step {
  /** The specification's action. */
  readonly action: string
  /** The step in words, for a counterexample. */
  readonly told: string
}

/** Hears of a successor. The row is the caller's: it may change it, and it is reused. */
export type Found = (actor: number, step: Step, row: Int32Array) => void

export interface StateSpace {
  /** Cells of a row. */
  readonly width: number
  /** Writes the initial state into `row`. */
  readonly start: (row: Int32Array) => void
  /** Tells every successor of `row`, once for each way to take a step. */
  readonly expand: (row: Int32Array, found: Found) => void
  /**
   * Puts in place of `row` the representative of its class, where states that differ only in the
   * names of interchangeable things count as one; changes nothing where none do.
   */
  readonly canonical: (row: Int32Array) => void
  /** The canonical text of the class of `row`. */
  readonly text: (row: Int32Array) => string
  readonly actorName: (actor: number) => string
  /** How often each action or `Ignore:<why>` was taken by a distinct step. */
  readonly taken: ReadonlyMap<string, number>
  /** Distinct steps computed. */
  readonly steps: number
  /** The integers given so far, in a form from which `restore` gives them again. */
  readonly save: () => SpaceMemory
  /** Takes up what `save` gave, in a space that is new; false when the code has changed since. */
  readonly restore: (memory: SpaceMemory) => boolean
}

/** What a space has to remember beyond the rows: numbers, and texts. */
export interface SpaceMemory {
  readonly numbers: Int32Array
  readonly texts: ReadonlyArray<string>
}

export interface Broken {
  readonly property: string
  readonly why: string
}

export interface StateJudge {
  /**
   * The first property that the state breaks; null when it breaks none. `from` is a state that
   * breaks none: what is equal there need not be judged again.
   */
  readonly firstBroken: (row: Int32Array, from?: Int32Array) => Broken | null
  /** Properties whose antecedent some state met. */
  readonly antecedents: Set<string>
  readonly witnessed: Set<string>
}
