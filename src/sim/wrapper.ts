/**
 * What a Byzantine replica does as a wrapper round what its machine would send, which may also
 * answer what it hears; and the behaviours that ask nothing of a protocol. All of it is correctly
 * authenticated as the replica, unless it says otherwise.
 */
import { isAmong, type Named, nameOf } from "./message-name.ts"
import type { Random } from "./random.ts"
import type { Behaviour, NodeName, Scope } from "./scenario.ts"

/** A message on its way out. */
export interface Outgoing<M> {
  readonly to: NodeName
  readonly message: M
  /** Whether its authenticator verifies at the receiver. */
  readonly authentic: boolean
  /** Microseconds that it waits before it leaves. */
  readonly after: number
}

export interface Wrapper<M> {
  readonly send: (out: Outgoing<M>) => ReadonlyArray<Outgoing<M>>
  /** What it says by itself when it hears something. */
  readonly hear?: (from: NodeName, message: M) => ReadonlyArray<Outgoing<M>>
}

/** How a behaviour of this tag is made of what the scenario says of it. */
export type Maker<M, Setting, T extends Behaviour["_tag"]> = (
  behaviour: Extract<Behaviour, { readonly _tag: T }>,
  setting: Setting,
) => Wrapper<M>

export type Makers<M, Setting> = {
  readonly [T in Exclude<Behaviour["_tag"], "Twins">]?: Maker<M, Setting, T>
}

export const plainly = <M>(to: NodeName, message: M): Outgoing<M> => ({
  to,
  message,
  authentic: true,
  after: 0,
})

type Hear<M> = NonNullable<Wrapper<M>["hear"]>

/** How often the same is said to the same one. */
const repetitions = 4

/** Says the same to the same one a few times only: two that answer each other would never end. */
export const fewTimes = <M>(hear: Hear<M>): Hear<M> => {
  const said = new Map<string, number>()
  return (from, message) =>
    hear(from, message).filter((out) => {
      const key = `${out.to} ${JSON.stringify(out.message)}`
      const times = (said.get(key) ?? 0) + 1
      said.set(key, times)
      return times <= repetitions
    })
}

/** Applies `change` to what the scope covers, and lets the rest pass. */
export const within = <M extends Named>(
  { messages, to }: Scope,
  change: (out: Outgoing<M>) => ReadonlyArray<Outgoing<M>>,
): Wrapper<M> => ({
  send: (out) => {
    const meant = (to.length === 0 || to.includes(out.to)) && isAmong(nameOf(out.message), messages)
    return meant ? change(out) : [out]
  },
})

const replayed = 64

const replay = <M>(chance: number, random: Random): Wrapper<M> => {
  const said: Array<M> = []
  return {
    send: (out) => {
      const again = said.length > 0 && random.chance(chance) ? [random.one(said)] : []
      if (said.length < replayed) said.push(out.message)
      else said[random.below(replayed)] = out.message
      return [out, ...again.map((message) => plainly(out.to, message))]
    },
  }
}

/** Late, silent, repeating, or with an authenticator that fails. */
export const plainMakers = <M extends Named>() =>
  ({
    Mute: (scope) => within(scope, () => []),
    Slow: (scope) => within(scope, (out) => [{ ...out, after: out.after + scope.ms * 1000 }]),
    Replay: ({ chance }, { random }) => replay(chance, random),
    BadAuthenticator: (scope, { random }) =>
      within(scope, (out) => [
        { ...out, authentic: out.authentic && !random.chance(scope.chance) },
      ]),
  }) satisfies Makers<M, { readonly random: Random }>

/**
 * The behaviours of one replica as one wrapper; what twins are, is the simulation's to say. A
 * behaviour that the protocol does not have changes nothing; reading a scenario refuses it.
 */
export const wrapperOf = <M, S>(
  makers: Makers<M, S>,
  behaviours: ReadonlyArray<Behaviour>,
  setting: S,
): Required<Wrapper<M>> => {
  const wrappers = behaviours.flatMap((behaviour): ReadonlyArray<Wrapper<M>> => {
    if (behaviour._tag === "Twins") return []
    // The maker of this tag takes this behaviour: true for each tag, but not for their union.
    const make = makers[behaviour._tag] as ((b: Behaviour, s: S) => Wrapper<M>) | undefined
    return make === undefined ? [] : [make(behaviour, setting)]
  })
  return {
    send: (out) => wrappers.reduce((all, { send }) => all.flatMap(send), [out]),
    hear: (from, message) => wrappers.flatMap(({ hear }) => hear?.(from, message) ?? []),
  }
}
