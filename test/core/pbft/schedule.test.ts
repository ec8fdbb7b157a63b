import { isDeepStrictEqual } from "node:util"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { isIgnored } from "../../../src/core/machine.ts"
import { pendingExecution } from "../../../src/core/pbft/execution.ts"
import { noEquivocation, sentIsDurable, typeOK } from "../../../src/core/pbft/invariants.ts"
import type { PeerMessage } from "../../../src/core/pbft/message.ts"
import { step } from "../../../src/core/pbft/replica.ts"
import { durableRecords, restart } from "../../../src/core/pbft/restart.ts"
import {
  type Config,
  type DurableRecord,
  type Effect,
  emptySlot,
  type Input,
  init,
  type PbftStep,
  type Slot,
  type State,
} from "../../../src/core/pbft/state.ts"
import * as ClientTable from "../../../src/core/client-table.ts"
import { primaryOf } from "../../../src/core/quorum.ts"
import * as Window from "../../../src/core/window.ts"
import { deepFreeze } from "../../support/deep-freeze.ts"
import { broadcasts, configOf, records } from "../../support/pbft.ts"
import { runs } from "../../support/runs.ts"
import { type Choice, schedules, type Standing } from "../../support/schedule.ts"
import { believing } from "../../support/told-guards.ts"

interface Taken {
  readonly before: Standing
  readonly input: Input
  readonly step: PbftStep
  readonly after: Standing
}

/** Runs a schedule, everything frozen, and shows each step of it. */
const run = (config: Config, choices: ReadonlyArray<Choice>, see: (taken: Taken) => void): void => {
  let before: Standing = { config, state: deepFreeze(init(config)), written: [] }
  for (const choice of choices) {
    const input = deepFreeze(choice.input(before))
    const took = deepFreeze(step(config, before.state, input))
    const after = {
      config,
      state: took.state,
      written: [...before.written, ...records(took.effects)],
    }
    see({ before, input, step: took, after })
    before = after
  }
}

const everySchedule = (see: (taken: Taken) => void): void => {
  const replicas = fc.constantFrom(
    configOf(0),
    configOf(1),
    configOf(1, { maxBatch: 1 }),
    configOf(1, { maxTentative: 1 }),
    believing(),
    believing({ maxTentative: 1 }),
  )
  fc.assert(
    fc.property(replicas, schedules(70), (config, choices) => run(config, choices, see)),
    runs(300),
  )
}

/** As toEqual, and much faster where they are: schedules compare tens of thousands of states. */
const expectSame = <A>(found: A, expected: A): void => {
  if (isDeepStrictEqual(found, expected)) return
  expect(found).toStrictEqual(expected)
  expect.fail("different, though no difference is shown")
}

/** The spec's `Assigned(i, c)`: the highest timestamp of a client in a batch of the log. */
const assigned = (state: State, client: number): number =>
  Math.max(
    0,
    ...Window.occupied(state.log).flatMap((seq) =>
      Window.get(state.log, seq)
        .batch.filter((r) => r.client === client)
        .map((r) => r.timestamp),
    ),
  )

/** The spec's `DurableSlot(i, s)`. */
const durableSlot = (config: Config, view: number, slot: Slot): Slot => {
  const none = emptySlot(config.group.n)
  const prepared = slot.phase === "prepared" || slot.phase === "committed"
  if (!prepared && slot.phase !== "prePrepared") return none
  const own = (yes: boolean) => none.prepares.with(config.id, yes ? slot.digest : "")
  return {
    phase: prepared ? "prepared" : "prePrepared",
    batch: slot.batch,
    digest: slot.digest,
    prepares: own(config.id !== primaryOf(config.group, view)),
    commits: own(prepared),
  }
}

/** What a message promises is on the disk: a record that its meaning rests on. */
const isRecordOf = (m: PeerMessage, r: DurableRecord): boolean => {
  switch (m._tag) {
    case "PrePrepare":
    case "Prepare":
    case "Commit": {
      const tag = m._tag === "Commit" ? "Prepared" : "PrePrepared"
      return r._tag === tag && r.view === m.view && r.seq === m.seq && r.digest === m.digest
    }
    case "Checkpoint":
      return r._tag === "CheckpointTaken" && r.seq === m.seq && r.digest === m.digest
    case "ViewChange":
      return r._tag === "ViewLeft" && isDeepStrictEqual(r.viewChange, m)
    case "NewView":
      return r._tag === "NewViewTaken" && isDeepStrictEqual(r.newView, m)
    case "FetchPrePrepare":
    case "FetchBatch":
    case "Batch":
    case "FetchState":
    case "State":
    case "Committed":
    case "QueryStable":
    case "ReplyStable":
      return true
  }
}
const rests = (m: PeerMessage, written: ReadonlyArray<DurableRecord>): boolean =>
  m._tag === "FetchBatch" || m._tag === "FetchState" || written.some((r) => isRecordOf(m, r))

/** The messages of a step that would leave before what they rest on is durable. */
const tooEarly = (written: ReadonlyArray<DurableRecord>, effects: ReadonlyArray<Effect>) =>
  effects.flatMap((effect, k) => {
    if (effect._tag !== "Broadcast") return []
    const durable = [...written, ...records(effects.slice(0, k))]
    return rests(effect.message, durable) ? [] : [effect.message]
  })

describe("whatever a replica is told, and in whatever order", () => {
  it("the same state and input give the same step again", () => {
    everySchedule(({ before, input, step: took }) => {
      expect(isDeepStrictEqual(step(before.config, before.state, input), took)).toBe(true)
    })
  })

  it("an ignored input leaves the very state, and asks for nothing", () => {
    everySchedule(({ before, step: took }) => {
      if (!isIgnored(took.action)) return
      expect(took.state).toBe(before.state)
      expect(took.effects).toEqual([])
    })
  })

  it("the service is asked exactly when a new execution waits", () => {
    everySchedule(({ before, input, step: took, after }) => {
      // A restart forgets what waited: its service starts from the last checkpoint.
      const waited =
        input._tag === "Restart" ? undefined : pendingExecution(before.config, before.state)?.seq
      const waits = pendingExecution(after.config, after.state)
      const asked = took.effects.filter((e) => e._tag === "Execute")
      expect(asked).toEqual(waits === undefined || waits.seq === waited ? [] : [waits])
    })
  })

  it("no message leaves before what it rests on is durable", () => {
    everySchedule(({ before, step: took }) => {
      expect(tooEarly(before.written, took.effects)).toEqual([])
    })
  })

  it("all it ever wrote, and what its state says is durable, bring back the same state", () => {
    everySchedule(({ after: { config, state, written } }) => {
      const fromLog = restart(config, written).state
      expectSame(fromLog, restart(config, durableRecords(config, state)).state)
      expectSame(durableRecords(config, fromLog), durableRecords(config, state))
    })
  })

  it("a restart keeps of each slot what the specification calls durable", () => {
    everySchedule(({ before: { config, state, written } }) => {
      const restarted = restart(config, written).state
      for (let seq = state.log.low + 1; seq <= state.log.low + config.logSize; seq++) {
        const kept = Window.get(restarted.log, seq)
        expectSame(kept, durableSlot(config, state.view, Window.get(state.log, seq)))
      }
      expect(restarted.log.low).toBe(state.log.low)
      expect(restarted.queue).toEqual([])
      expect(restarted.executed).toBe(Math.max(...state.checkpoints.map((c) => c.seq)))
    })
  })

  it("no request waits that was executed for good, and no client has two waiting", () => {
    everySchedule(({ after: { state } }) => {
      const { table } = state.undo ?? state
      for (const r of state.queue) {
        expect(r.timestamp).toBeGreaterThan(ClientTable.get(table, r.client).timestamp)
      }
      const clients = state.queue.map((r) => r.client)
      expect(new Set(clients).size).toBe(clients.length)
    })
  })

  it("the types of the specification hold, and what was said stays true", () => {
    const replicas = fc.constantFrom(configOf(0), configOf(1), believing({ id: 0 }), believing())
    const law = fc.property(replicas, schedules(70), (config, choices) => {
      const said: Array<PeerMessage> = []
      run(config, choices, ({ step: took, after: { state } }) => {
        said.push(...(broadcasts(took.effects) as ReadonlyArray<PeerMessage>))
        expect(typeOK(config, state)).toBeNull()
        expect(sentIsDurable(state, said)).toBeNull()
        expect(noEquivocation(said)).toBeNull()
      })
    })
    fc.assert(law, runs(200))
  })

  it("a primary knows what it assigned as if it had searched its log", () => {
    const law = fc.property(schedules(70), (choices) => {
      run(believing({ id: 0 }), choices, ({ after: { config, state } }) => {
        if (!state.active || primaryOf(config.group, state.view) !== config.id) return
        for (const client of [0, 1]) {
          // Only timestamps above the last executed one are ever asked for.
          const { timestamp } = ClientTable.get(state.table, client)
          const known = Math.max(timestamp, state.assigned[client] as number)
          expect(known).toBe(Math.max(timestamp, assigned(state, client)))
        }
      })
    })
    fc.assert(law, runs(200))
  })
})

describe("the schedules", () => {
  it("reach every action, every phase, stable checkpoints and work after a restart", () => {
    const reached = new Set<string>()
    const sample = fc.sample(schedules(70), { numRuns: 600, seed: 1 })
    for (const config of [configOf(0), believing()]) {
      for (const choices of sample) {
        let restarted = false
        run(config, choices, ({ step: took, after }) => {
          const { state } = after
          reached.add(took.action)
          if (state.active && state.view > 0) reached.add("another view")
          if (state.log.low > 0) reached.add(`stable ${state.log.low}`)
          for (const seq of Window.occupied(state.log)) {
            reached.add(Window.get(state.log, seq).phase)
          }
          if (restarted && took.action === "Execute") reached.add("executed after a restart")
          if (took.action === "Restart" && durableRecords(after.config, state).length > 0)
            restarted = true
        })
      }
    }
    const wanted = [
      "RecvRequest",
      "SendPrePrepare",
      "RecvPrePrepare",
      "RecvPrepare",
      "RecvCommit",
      "SendCommitted",
      "RecvCommitted",
      "Execute",
      "RecvCheckpoint",
      "Timeout",
      "RecvViewChange",
      "SendNewView",
      "RecvNewView",
      "RecvFetchBatch",
      "RecvBatch",
      "EnterView",
      "another view",
      "Restart",
      "held",
      "prePrepared",
      "prepared",
      "committed",
      "stable 2",
      "stable 4",
      "executed after a restart",
    ]
    expect(wanted.filter((name) => !reached.has(name))).toEqual([])
  })
})
