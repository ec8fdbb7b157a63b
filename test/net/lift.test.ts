import { it } from "@effect/vitest"
import { Effect, Layer, Ref } from "effect"
import { describe, expect } from "vitest"
import type { DirectMessage, Reply } from "../../src/core/pbft/message.ts"
import type { DurableRecord, Input } from "../../src/core/pbft/state.ts"
import { clientCoreConfig, replicaCoreConfig } from "../../src/net/core-config.ts"
import { makeExecutor, makeService } from "../../src/net/executor.ts"
import { liftClient, liftReplica, Replicas, Results, Retransmission } from "../../src/net/lift.ts"
import { Counts } from "../../src/net/counts.ts"
import { Executor, Peers, Store, Tracer } from "../../src/net/replica-services.ts"
import { memoryStore } from "../../src/net/store.ts"
import { StoreError } from "../../src/net/store-error.ts"
import { config, fakeLoop, fakeStore, received, request, type Sent, turns } from "./loops.ts"

interface Shell {
  readonly sent: Array<Sent>
  readonly records: Array<DurableRecord>
  readonly steps: Array<string>
}

/** The services of a replica without sockets and disk. */
const services = (shell: Shell, failing = false) => {
  const store = memoryStore()
  const error = new StoreError({ path: "log", offset: undefined, reason: "EIO" })
  return Layer.mergeAll(
    Layer.succeed(Store, {
      store: {
        ...store,
        append: (record: DurableRecord) => {
          shell.records.push(record)
          store.append(record)
        },
        commit: (done: (e: StoreError | null) => void) =>
          failing ? done(error) : store.commit(done),
      },
      records: [],
      checkpoint: undefined,
      later: [],
      snapshot: undefined,
      cutOff: 0,
      incarnation: undefined,
      recovers: false,
    }),
    Layer.succeed(Peers, {
      counts: new Counts(),
      receiveMs: 0,
      endpoints: 0,
      listen: () => Promise.resolve(),
      start: () => undefined,
      broadcast: (message: DirectMessage) => void shell.sent.push({ to: "all", message }),
      toReplica: (to: number, message: DirectMessage) => void shell.sent.push({ to, message }),
      sendChunk: () => undefined,
      toClient: (client: number, message: Reply) => void shell.sent.push({ client, message }),
      tellProgress: () => undefined,
      flush: () => undefined,
      pause: () => undefined,
      resume: () => undefined,
      isConnected: () => true,
      isLost: () => false,
      queuedBytes: () => 0,
      close: () => Promise.resolve(),
    }),
    Layer.succeed(Executor, makeExecutor(makeService("null"))),
    Layer.succeed(Tracer, {
      on: true,
      step: (_, step) => void shell.steps.push(step.action),
      path: null,
      writer: null,
    }),
  )
}

const shell = (): Shell => ({ sent: [], records: [], steps: [] })

/** What replica 1 receives while six requests are agreed on, two checkpoints among them. */
const inputsOfBackup = async (): Promise<ReadonlyArray<Input>> => {
  const loops = [0, 1, 2, 3].map((id) => fakeLoop(id))
  for (const { store } of loops) store.automatic()
  const inputs: Array<Input> = []
  const seen = loops.map(() => 0)
  const settle = async (): Promise<void> => {
    for (let round = 0; round < 12; round++) {
      await turns()
      loops.forEach(({ sent }, from) => {
        for (; (seen[from] as number) < sent.length; seen[from] = (seen[from] as number) + 1) {
          const s = sent[seen[from] as number] as Sent
          if (s === "flush" || !("to" in s)) continue
          loops.forEach(({ loop }, to) => {
            if (to === from) return
            loop.offer(received(s.message))
            if (to === 1) inputs.push(received(s.message))
          })
        }
      })
    }
  }
  for (let t = 1; t <= 6; t++) {
    for (const client of [0, 1]) {
      loops[0]?.loop.offer(received({ _tag: "Request", ...request(client, t) }))
    }
    await settle()
  }
  return inputs
}

const protocolOnly = (sent: ReadonlyArray<Sent>) =>
  sent.filter((s) => s !== "flush" && !("progress" in s))

describe("the lifted replica", () => {
  it.effect("does what the server's loop does: states, messages, records", () =>
    Effect.gen(function* () {
      const inputs = yield* Effect.promise(inputsOfBackup)
      expect(inputs.length).toBeGreaterThan(30)
      const of = shell()
      const lifted = yield* liftReplica(replicaCoreConfig(config, 1))
      const actions = yield* Effect.forEach(inputs, lifted.take).pipe(Effect.provide(services(of)))
      const { loop, store, sent } = fakeLoop(1)
      store.automatic()
      for (const input of inputs) loop.offer(input)
      yield* Effect.promise(() => turns(10))
      const state = yield* Ref.get(lifted.state)
      expect(state).toStrictEqual(loop.state)
      expect(state.log.low).toBe(4)
      expect(protocolOnly(of.sent)).toStrictEqual(protocolOnly(sent))
      expect(of.records).toStrictEqual(store.appended)
      // An input's actions: its own, and the executions that it led to.
      expect(of.steps).toStrictEqual(actions.flat())
      expect(of.steps.filter((action) => action === "Execute")).toHaveLength(6)
      expect(actions.some((a) => a.length === 2 && a[1] === "Execute")).toBe(true)
    }),
  )

  it.effect("fails with the store's error, and nothing that needs the record is sent", () =>
    Effect.gen(function* () {
      const inputs = yield* Effect.promise(inputsOfBackup)
      const of = shell()
      const lifted = yield* liftReplica(replicaCoreConfig(config, 1))
      const error = yield* Effect.forEach(inputs, lifted.take).pipe(
        Effect.provide(services(of, true)),
        Effect.flip,
      )
      expect(error).toMatchObject({ _tag: "StoreError", reason: "EIO" })
      expect(of.sent).toStrictEqual([])
      expect(fakeStore().appended).toStrictEqual([])
    }),
  )
})

describe("the lifted client", () => {
  it.effect("sends, sets its timer, and completes with f + 1 equal answers", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const note = (...what: ReadonlyArray<unknown>) => Effect.sync(() => void seen.push(what))
      const layer = Layer.mergeAll(
        Layer.succeed(Replicas, { send: (to, m) => note("send", to, m.timestamp, m.operation) }),
        Layer.succeed(Retransmission, { set: (ms) => note("set", ms), cancel: note("cancel") }),
        Layer.succeed(Results, { complete: (t, result) => note("complete", t, result) }),
      )
      const lifted = yield* liftClient(clientCoreConfig(config, 3, 10))
      const reply = (replica: number, result: string) =>
        ({
          _tag: "Receive",
          message: { _tag: "Reply", view: 0, client: 3, timestamp: 11, replica, result },
        }) as never
      const inputs = [
        { _tag: "Submit" as const, operation: "op" },
        reply(0, "lie"),
        reply(1, "truth"),
        { _tag: "Timeout" as const, waitedMs: 100 },
        reply(2, "truth"),
        reply(3, "truth"),
      ]
      const actions = yield* Effect.forEach(inputs, lifted.take).pipe(Effect.provide(layer))
      expect(actions.flat()).toStrictEqual([
        "ClientSubmit",
        "ClientRecvReply",
        "ClientRecvReply",
        "ClientTimeout",
        "ClientRecvReply",
        "Ignore:NothingAwaited",
      ])
      expect(seen).toStrictEqual([
        ["send", [0], 11, "op"],
        ["set", 1_000],
        ["send", [0, 1, 2, 3], 11, "op"],
        ["set", 1_000],
        ["cancel"],
        ["complete", 11, "truth"],
      ])
      expect((yield* Ref.get(lifted.state)).result).toBe("truth")
    }),
  )
})
