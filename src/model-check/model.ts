/**
 * What the explorer explores: a few processes, each a value that moves by itself or by a message
 * of a growing set, and properties of the whole. Everything is given small integers outside; a
 * model only says what the moves are.
 */
import type { Text } from "./canonical.ts"

/** What one move does to a process. */
export interface Move<P> {
  readonly process: P
  readonly sent: ReadonlyArray<SentMessage>
  /** The spec's action, or `Ignore:<why>`. */
  readonly action: string
  /** The move in words, for a counterexample. */
  readonly told: string
}

/** A message in a model: its canonical text tells it from others. */
export interface SentMessage {
  readonly text: Text
  readonly value: unknown
}

/** One process of a model: a role with its configuration. */
export interface ProcessModel<P> {
  readonly name: string
  readonly initial: P
  /** Distinct values have distinct keys; left out where values are plain data. */
  readonly key?: (process: P) => string
  /** What it may do without a message. */
  readonly local: (process: P) => ReadonlyArray<Move<P>>
  /** What a message does to it; undefined where it can not arrive there. */
  readonly receive: (process: P, message: unknown) => Move<P> | undefined
  /** Values of the spec's variables at this process, by variable. */
  readonly texts: (process: P) => Readonly<Record<string, Text>>
}

/** A whole state, as properties see it. */
export interface WorldView {
  readonly processes: ReadonlyArray<unknown>
  readonly sent: ReadonlyArray<SentMessage>
}

/**
 * A property of every state, said of the part of the state that it depends on, so that each part
 * is judged once. `check` gives null when it holds, otherwise what is wrong; `antecedent` says
 * whether the part says anything about the property (the left side of its implication). Where
 * there is a `part`, plain data, all of them are given that in place of the process.
 */
export type Invariant = { readonly name: string } & (
  | {
      readonly scope: "process"
      readonly check: (process: unknown, index: number) => string | null
      readonly antecedent: (process: unknown, index: number) => boolean
    }
  | {
      readonly scope: "pair"
      readonly part?: (process: unknown) => unknown
      readonly check: (one: unknown, other: unknown) => string | null
      readonly antecedent: (one: unknown, other: unknown) => boolean
    }
  | {
      /** Of a process and those sent messages that `select` takes for it. */
      readonly scope: "messages"
      readonly part?: (process: unknown) => unknown
      readonly select: (index: number, message: SentMessage) => boolean
      readonly check: (process: unknown, sent: ReadonlyArray<SentMessage>) => string | null
      readonly antecedent: (process: unknown, sent: ReadonlyArray<SentMessage>) => boolean
    }
  | {
      /** Of those sent messages that `select` takes, whoever sent them. */
      readonly scope: "sent"
      readonly select: (message: SentMessage) => boolean
      readonly check: (sent: ReadonlyArray<SentMessage>) => string | null
      readonly antecedent: (sent: ReadonlyArray<SentMessage>) => boolean
    }
  | {
      /** Each of the first `items` facts of a process needs `atLeast` supporters, itself too. */
      readonly scope: "support"
      readonly part?: (process: unknown) => unknown
      readonly items: (process: unknown) => number
      /** Which of `one`'s facts `other` supports: bit k for fact k (at most 31). */
      readonly supports: (one: unknown, other: unknown) => number
      readonly atLeast: number
      readonly why: (process: unknown, item: number, supporters: number) => string
    }
)

/**
 * A state that must be reachable, so that the rest is not vacuous. It is said of the part that it
 * depends on, so that each part is looked at once: some process, all processes, some two of them,
 * some sent message; without a scope, of the whole.
 */
export type Witness = { readonly name: string } & (
  | { readonly scope: "some"; readonly holds: (process: unknown) => boolean }
  | { readonly scope: "every"; readonly holds: (process: unknown) => boolean }
  | { readonly scope: "pair"; readonly holds: (one: unknown, other: unknown) => boolean }
  | { readonly scope: "message"; readonly holds: (message: SentMessage) => boolean }
  | { readonly scope?: undefined; readonly holds: (world: WorldView) => boolean }
)

export interface Model {
  readonly name: string
  readonly processes: ReadonlyArray<ProcessModel<unknown>>
  /** Deliverable from the start if `needs` is empty, else once one of each `needs` was sent. */
  readonly injected: ReadonlyArray<InjectedMessage>
  /** What Byzantine processes can build of sent and injected messages, beside those. */
  readonly forged: (known: ReadonlyArray<SentMessage>) => ReadonlyArray<SentMessage>
  /**
   * Of a reduced model: whether the process receives the message as soon as it can, at once with
   * the step before. Such a receipt sends nothing; that nothing is lost by it needs an argument.
   */
  readonly eager?: ((process: unknown, message: SentMessage) => boolean) | undefined
  /** Of a reduced model: the process without what no step of it and no property reads again. */
  readonly forget?: ((process: unknown) => unknown) | undefined
  readonly invariants: ReadonlyArray<Invariant>
  readonly witnesses: ReadonlyArray<Witness>
  /** Every action that the specification has for these processes. */
  readonly actions: ReadonlyArray<string>
  /** The text of a whole state, from each process's variables and the texts of what was sent. */
  readonly text: (
    processes: ReadonlyArray<Readonly<Record<string, Text>>>,
    sent: ReadonlyArray<Text>,
  ) => Text
}

export interface InjectedMessage extends SentMessage {
  /** For each inner set: at least one of these messages must have been sent. */
  readonly needs: ReadonlyArray<(sent: SentMessage) => boolean>
}
