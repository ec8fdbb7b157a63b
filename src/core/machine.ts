/**
 * What one call of `step` says: the next state, what to do about it (as data, in the order in
 * which it must happen), and which action of the TLA+ specification was taken.
 */
export interface Step<S, E, A extends string> {
  readonly state: S
  readonly effects: ReadonlyArray<E>
  readonly action: A | Ignore
}

/** The specification has no enabled action for the input; the state comes back unchanged. */
export type Ignore = `Ignore:${string}`

/**
 * A role of a protocol as a pure function of plain data. `E` is the exact union of the effects
 * that the role may ask for; whoever drives the machine must interpret each of them.
 */
export interface Machine<C, S, I, E, A extends string> {
  readonly init: (config: C) => S
  readonly step: (config: C, state: S, input: I) => Step<S, E, A>
}

export const none: ReadonlyArray<never> = []

/** The input changes nothing, for the reason `why` (one word in capitals: `WrongView`). */
export const ignore = <S>(state: S, why: string): Step<S, never, never> => ({
  state,
  effects: none,
  action: `Ignore:${why}`,
})

export const isIgnored = (action: string): action is Ignore => action.startsWith("Ignore:")
