/**
 * The pure machines as programs of Effect. A machine's type names exactly the effects that it asks
 * for; an interpreter has one field for each, and what these need shows as services and typed
 * errors of the whole. This is the plain meaning of the effects: one input at a time, in order,
 * each record durable before what follows it. The server's loop (src/net/runtime.ts) does the same
 * in groups, without Effect, for speed; a test holds them against each other.
 *
 * Outside the specification: who interprets an effect. What an effect means there is in
 * spec/correspondence.json.
 */
import { Context, Effect, Ref } from "effect"
import type { SendToReplicas } from "../core/effect.ts"
import type { Bytes, ReplicaId, Timestamp } from "../core/ids.ts"
import type { Ignore, Machine, Step } from "../core/machine.ts"
import type { ClientAction, ReplicaAction } from "../core/pbft/action.ts"
import {
  type ClientConfig,
  type ClientEffect,
  type ClientInput,
  type ClientState,
  client,
  type UnsignedRequest,
} from "../core/pbft/client.ts"
import { replica } from "../core/pbft/replica.ts"
import type { Config, Effect as ReplicaEffect, Input, State } from "../core/pbft/state.ts"
import { Executor, Peers, Store, Tracer } from "./replica-services.ts"
import type { StoreError } from "./store-error.ts"
import type { State as StateMessage } from "../core/pbft/message.ts"
import { rootBytes, tableTree } from "./digests.ts"

interface Tagged {
  readonly _tag: string
}

/**
 * What to do about each effect of a machine; the answer is the inputs that it leads to at once. A
 * machine that asks for another effect does not type-check against it.
 */
export type Interpreter<E extends Tagged, I, Err, R> = {
  readonly [T in E["_tag"]]: (
    effect: Extract<E, { readonly _tag: T }>,
  ) => Effect.Effect<ReadonlyArray<I>, Err, R>
}

export interface Lifted<S, I, A extends string, Err, R> {
  readonly state: Ref.Ref<S>
  /** Takes an input and what it leads to at once; the actions, in order. */
  readonly take: (input: I) => Effect.Effect<ReadonlyArray<A | Ignore>, Err, R>
}

/** A machine under an interpreter, from its initial state. `observe` is told each step. */
export const lift = <C, S, I, E extends Tagged, A extends string, Err, R>(
  machine: Machine<C, S, I, E, A>,
  config: C,
  interpreter: Interpreter<E, I, Err, R>,
  observe: (before: S, step: Step<S, E, A>, input: I) => Effect.Effect<void, never, R>,
): Effect.Effect<Lifted<S, I, A, Err, R>> =>
  Effect.map(Ref.make(machine.init(config)), (state) => ({
    state,
    take: (first) =>
      Effect.gen(function* () {
        const actions: Array<A | Ignore> = []
        const inputs: Array<I> = [first]
        for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
          const before = yield* Ref.get(state)
          const step = machine.step(config, before, input)
          yield* Ref.set(state, step.state)
          yield* observe(before, step, input)
          actions.push(step.action)
          for (const effect of step.effects) {
            inputs.push(...(yield* interpreterFor(interpreter, effect)(effect)))
          }
        }
        return actions
      }),
  }))

// The field for this effect's tag takes this effect: true for each tag, but not for their union.
const interpreterFor = <E extends Tagged, I, Err, R>(
  interpreter: Interpreter<E, I, Err, R>,
  effect: E,
): ((effect: E) => Effect.Effect<ReadonlyArray<I>, Err, R>) =>
  interpreter[effect._tag as E["_tag"]] as (effect: E) => Effect.Effect<ReadonlyArray<I>, Err, R>

const nothing: ReadonlyArray<never> = []

const rootOf = ({ seq, service, table }: StateMessage): Bytes =>
  rootBytes({ seq, service, table: tableTree(table).digest })

/** The replica's effects by its services. */
export const replicaInterpreter: Interpreter<
  ReplicaEffect,
  Input,
  StoreError,
  Store | Peers | Executor
> = {
  Persist: ({ record }) =>
    Effect.gen(function* () {
      const { store } = yield* Store
      const executor = yield* Executor
      if (record._tag === "CheckpointTaken") {
        yield* Effect.try({
          try: () => store.saveSnapshot(record.seq, executor.takeSnapshot(record.seq)),
          catch: (cause) => cause as StoreError,
        })
      }
      store.append(record)
      return yield* Effect.callback<ReadonlyArray<Input>, StoreError>((resume) =>
        store.commit((error) =>
          resume(error === null ? Effect.succeed(nothing) : Effect.fail(error)),
        ),
      )
    }),
  Broadcast: ({ message }) =>
    Effect.map(Peers, (peers) => {
      peers.broadcast(message)
      peers.flush()
      return nothing
    }),
  SendToClient: ({ client: to, message }) =>
    Effect.map(Peers, (peers) => {
      peers.toClient(to, message)
      peers.flush()
      return nothing
    }),
  SendToReplicas: ({ replicas, message }) =>
    Effect.map(Peers, (peers) => {
      for (const to of replicas) {
        if (message._tag === "State") peers.sendChunk(to, { _tag: "Offer", root: rootOf(message) })
        else peers.toReplica(to, message)
      }
      peers.flush()
      return nothing
    }),
  Restore: ({ seq }) =>
    Effect.map(Executor, (executor) => {
      executor.restore(seq)
      return nothing
    }),
  Execute: (effect) => Effect.map(Executor, (executor) => [executor.execute(effect)]),
  Undo: () =>
    Effect.map(Executor, (executor) => {
      executor.undo()
      return nothing
    }),
  ReadState: (effect) => Effect.map(Executor, (executor) => [executor.readState(effect)]),
}

/** The PBFT replica: steps are traced, inputs taken one at a time. */
export const liftReplica = (
  config: Config,
): Effect.Effect<
  Lifted<State, Input, ReplicaAction, StoreError, Store | Peers | Executor | Tracer>
> =>
  lift(
    replica,
    config,
    replicaInterpreter as Interpreter<
      ReplicaEffect,
      Input,
      StoreError,
      Store | Peers | Executor | Tracer
    >,
    (before, step, input) => Effect.map(Tracer, (tracer) => tracer.step(before, step, input)),
  )

/** A client's way to the replicas; it makes the authenticators. */
export class Replicas extends Context.Service<
  Replicas,
  {
    readonly send: (to: ReadonlyArray<ReplicaId>, request: UnsignedRequest) => Effect.Effect<void>
  }
>()("prophecy/net/Replicas") {}

/** A client's one timer. */
export class Retransmission extends Context.Service<
  Retransmission,
  { readonly set: (ms: number) => Effect.Effect<void>; readonly cancel: Effect.Effect<void> }
>()("prophecy/net/Retransmission") {}

/** Where a client's results go. */
export class Results extends Context.Service<
  Results,
  { readonly complete: (timestamp: Timestamp, result: Bytes) => Effect.Effect<void> }
>()("prophecy/net/Results") {}

/** The client's effects by its services. */
export const clientInterpreter: Interpreter<
  ClientEffect,
  ClientInput,
  never,
  Replicas | Retransmission | Results
> = {
  SendToReplicas: ({ replicas, message }: SendToReplicas<UnsignedRequest>) =>
    Effect.as(
      Effect.flatMap(Replicas, (r) => r.send(replicas, message)),
      nothing,
    ),
  SetTimer: ({ ms }) =>
    Effect.as(
      Effect.flatMap(Retransmission, (timer) => timer.set(ms)),
      nothing,
    ),
  CancelTimer: () =>
    Effect.as(
      Effect.flatMap(Retransmission, (timer) => timer.cancel),
      nothing,
    ),
  Complete: ({ timestamp, result }) =>
    Effect.as(
      Effect.flatMap(Results, (results) => results.complete(timestamp, result)),
      nothing,
    ),
}

/** The PBFT client. */
export const liftClient = (
  config: ClientConfig,
): Effect.Effect<
  Lifted<ClientState, ClientInput, ClientAction, never, Replicas | Retransmission | Results>
> => lift(client, config, clientInterpreter, () => Effect.void)
