/** Real TLC follows windows of recorded runs across view changes. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { describe, expect, test } from "vitest"
import { specFolder } from "../../src/cli/installation.ts"
import { runTlc } from "../../src/tla-tools/tlc.ts"
import { Toolchain } from "../../src/tla-tools/toolchain.ts"
import type { Chain } from "../../src/trace-check/chain.ts"
import { emitChain } from "../../src/trace-check/emit-tla.ts"
import type { ReplicaEvent, StepEvent } from "../../src/trace-check/event.ts"
import { disordered, inventedBatch, twoNewViews } from "../trace/support/liars.ts"
import {
  capture,
  followed,
  isReplica,
  type Options,
  outcomes,
  placeOf,
  rejection,
  withEvent,
} from "./support/windows.ts"

const changing = {
  clients: 3,
  requests: 5,
  timeouts: 0.02,
  duplicates: 0.05,
  viewTimeouts: { chance: 0.05, many: 8 },
}

/** Up to the first view that is entered, and all. */
const short = { _tag: "Range", from: 1, to: 110 } as const
const whole = { _tag: "Range", from: 1, to: 10_000 } as const

const actionsOf = (chains: ReadonlyArray<Chain>): ReadonlySet<string> =>
  new Set(chains.flatMap(({ events }) => events.map(({ step }) => step.action)))

describe("TLC accepts", () => {
  test("several views with batches to fetch, and a restart in the middle of a change", async () => {
    const restart = { replica: 1, at: 1, changing: true, how: "clean" } as const
    const chains = await capture({ seed: 7, ...changing, restart }, whole)
    const actions = actionsOf(chains)
    for (const action of ["Timeout", "SendNewView", "RecvBatch", "EnterView", "Restart"]) {
      expect(actions).toContain(action)
    }
    const windows = await followed(chains, 400)
    expect(outcomes(windows)).toEqual(["1-400 init Accepted", "401-727 previous Accepted"])
  })

  test.each([
    ["two NEW-VIEWs", { seed: 1, untraced: [1], byzantine: twoNewViews }],
    ["a NEW-VIEW in disorder", { seed: 2, untraced: [1], byzantine: disordered }],
    ["an invented batch in P", { seed: 4, untraced: [3], byzantine: inventedBatch }],
  ] as const)("what a Byzantine replica makes of it: %s", async (_name, lie) => {
    const chains = await capture({ ...changing, ...lie } as Options, { ...whole, to: 300 })
    const windows = await followed(chains, 300)
    expect(windows).toHaveLength(1)
    for (const { outcome } of windows) expect(outcome._tag).toBe("Accepted")
  })

  test("a log with much under way, in a moment", async () => {
    const log = { clients: 12, requests: 4, maxBatch: 1, checkpointInterval: 32, logSize: 64 }
    const calm = { timeouts: 0, duplicates: 0, viewTimeouts: { chance: 0.004, many: 5 } }
    const range = { _tag: "Range", from: 230, to: 380 } as const
    const chains = await capture({ seed: 7, ...log, ...calm }, range)
    const decided = chains.flatMap(({ events }) => events).find(decides)
    const { chosen } = decided?.input._tag === "Decide" ? decided.input.decision : { chosen: [] }
    expect(chosen.length).toBeGreaterThan(10)
    for (const { outcome } of await followed(chains, 200)) expect(outcome._tag).toBe("Accepted")
  })
})

const decides = ({ step }: StepEvent): boolean => step.action === "SendNewView"

describe("TLC rejects", () => {
  const chainOf = async (): Promise<Chain> => {
    const [chain] = await capture({ seed: 7, ...changing }, short)
    if (chain === undefined) throw new Error("the run has events")
    return chain
  }

  const took =
    (action: string, accept: (event: ReplicaEvent) => boolean = () => true) =>
    (event: ReplicaEvent): boolean =>
      event.step.action === action && accept(event)

  test("a flipped field in P", async () => {
    const chain = await chainOf()
    const has = ({ said }: ReplicaEvent) => JSON.stringify(said.post).includes('"pset":[{')
    const at = placeOf(chain, took("Timeout", has))
    const corrupted = withEvent(chain, at, (event) => ({
      ...event,
      said: JSON.parse(
        JSON.stringify({ post: event.said.post }).replace(
          /"pset":\[\{"seq":\d+/,
          '"pset":[{"seq":9',
        ),
      ),
    }))
    expect(await rejection(corrupted)).toMatchObject({ event: at + 1, field: "pset" })
  })

  test.each(["active", "viewChanges", "newView"])(
    "a change that the trace does not name: %s",
    async (field) => {
      const chain = await chainOf()
      const at = placeOf(chain, ({ said, step }) => {
        const value = (said.post as Record<string, unknown>)[field]
        const empty = Array.isArray(value) && value.length === 0
        return step.action !== "Restart" && value !== undefined && !empty
      })
      const corrupted = withEvent(chain, at, (event) => {
        const { [field]: _, ...post } = event.said.post as Record<string, unknown>
        return { ...event, said: { post } }
      })
      expect(await rejection(corrupted)).toMatchObject({ event: at + 1, field })
    },
  )

  test("a decision that the VIEW-CHANGEs do not allow", async () => {
    const chain = await chainOf()
    const chooses = ({ input }: ReplicaEvent) =>
      input._tag === "Decide" && input.decision.chosen.length > 0
    const at = placeOf(chain, took("SendNewView", chooses))
    const corrupted = withEvent(chain, at, (event) => {
      if (event.input._tag !== "Decide") return event
      const { start } = event.input.decision
      return { ...event, input: { _tag: "Decide", decision: { start, chosen: [] } } }
    })
    const outcome = await rejection(corrupted)
    const field = "the VIEW-CHANGEs do not allow the decision"
    expect(outcome).toMatchObject({ event: at + 1, action: "SendNewView", field })
  })

  test("a NEW-VIEW with another choice, which nobody sent", async () => {
    const chain = await chainOf()
    const chooses = ({ input }: ReplicaEvent) =>
      input._tag === "Receive" &&
      input.message._tag === "NewView" &&
      input.message.chosen.length > 0
    const at = placeOf(chain, took("RecvNewView", chooses))
    const corrupted = withEvent(chain, at, (event) => {
      if (event.input._tag !== "Receive" || event.input.message._tag !== "NewView") return event
      const message = { ...event.input.message, chosen: [] }
      return { ...event, input: { _tag: "Receive", message } }
    })
    // The emitter takes it for one that was sent before the window.
    const [answered] = await followed([corrupted], 10_000, (text) =>
      text.replace(/StartMessages == .*/, "StartMessages == {}"),
    )
    expect(answered?.outcome).toMatchObject({
      _tag: "Rejected",
      event: at + 1,
      field: "the message was not sent",
    })
  })

  test("a lost VIEW-CHANGE", async () => {
    const chain = await chainOf()
    const decided = placeOf(chain, took("SendNewView"))
    const { replica } = chain.events[decided] as ReplicaEvent
    const before = chain.events.slice(0, decided)
    const at = before.findLastIndex(
      (e) => isReplica(e) && e.replica === replica && e.step.action === "RecvViewChange",
    )
    expect(at).toBeGreaterThan(0)
    const events = chain.events.filter((_, k) => k !== at)
    const outcome = await rejection({ ...chain, events })
    expect(outcome.event).toBeGreaterThan(at)
    expect(outcome.event).toBeLessThanOrEqual(events.length)
  })

  test("a NEW-VIEW of an untraced replica that shows what a traced one never wrote", async () => {
    const [chain] = await capture({ seed: 2, ...changing, untraced: [1] }, { ...whole, to: 200 })
    if (chain === undefined) throw new Error("the run has events")
    const fromUntraced = ({ input }: ReplicaEvent): boolean =>
      input._tag === "Receive" && input.message._tag === "NewView" && input.message.replica === 1
    const at = placeOf(chain, took("RecvNewView", fromUntraced))
    const corrupted = withEvent(chain, at, (event) => {
      if (event.input._tag !== "Receive" || event.input.message._tag !== "NewView") return event
      const { message } = event.input
      const changes = message.changes.map((c) => (c.replica === 2 ? { ...c, prePrepared: [] } : c))
      return { ...event, input: { _tag: "Receive", message: { ...message, changes } } }
    })
    const [answered] = await followed([corrupted], 10_000, (text) =>
      text.replace(/StartMessages == .*/, "StartMessages == {}"),
    )
    expect(answered?.outcome).toMatchObject({
      _tag: "Rejected",
      event: at + 1,
      field: "a VIEW-CHANGE in the message was not sent",
    })
  })

  test.each(["RecvViewChange", "RecvNewView", "RecvBatch", "EnterView", "Timeout"])(
    "an input that is ignored without need: %s",
    async (action) => {
      const chain = await chainOf()
      const at = placeOf(chain, took(action))
      const corrupted = withEvent(chain, at, (event) => ({
        ...event,
        step: { ...event.step, action: "Ignore:OldView", state: event.before },
      }))
      const field = "ignored, but the specification has an action for it"
      expect(await rejection(corrupted)).toMatchObject({ event: at + 1, field })
    },
  )

  test.each(["qset", "viewChanges"] as const)(
    "a last state that is not the specification's: %s",
    async (field) => {
      const [chain] = await capture({ seed: 7, ...changing }, short)
      if (chain === undefined) throw new Error("the run has events")
      const last = chain.events.findLastIndex(isReplica)
      const corrupted = withEvent(chain, last, (event) => {
        const { state } = event.step
        const entry = { seq: state.log.low + 1, digest: "d", view: 0, batch: [] }
        const claims = { checkpoints: [], prepared: [], prePrepared: [] }
        const said = { _tag: "ViewChange", view: 9, low: 0, ...claims } as const
        const invented = { ...said, replica: 3, signature: "" }
        const other = {
          qset: [entry],
          viewChanges: [invented],
        }
        return { ...event, step: { ...event.step, state: { ...state, [field]: other[field] } } }
      })
      const outcome = await rejection(corrupted)
      expect(outcome).toMatchObject({ event: chain.events.length + 1, field })
    },
  )
})

test("the decision procedure of windows is the specification's", async () => {
  const [chain] = await capture({ seed: 7, ...changing }, whole)
  const [window] = chain === undefined ? [] : emitChain(chain, 10_000)
  const module = window?.module ?? ""
  const names = [...new Set(module.match(/^V\d+/gm))].slice(0, 9)
  expect(names.length).toBeGreaterThan(5)
  const root = [
    "---- MODULE DecisionsAgree ----",
    "EXTENDS TracePbft",
    `All == {${names.join(", ")}}`,
    "ASSUME \\A S \\in SUBSET All : Decisions(S) = DecisionsOf(S)",
    "ASSUME \\E S \\in SUBSET All : \\E d \\in Decisions(S) : d.chosen # {}",
    "====",
  ]
  const config = await readFile(join(specFolder, "TracePbft.cfg"), "utf8")
  const folder = await mkdtemp(join(tmpdir(), "decisions-agree-"))
  try {
    await writeFile(join(folder, "DecisionsAgree.tla"), root.join("\n"))
    await writeFile(join(folder, "TraceData.tla"), module)
    const spec = join(folder, "DecisionsAgree.tla")
    const own = config.replace(/^ *Decisions <- .*$/m, "")
    expect(own).not.toBe(config)
    await writeFile(join(folder, "DecisionsAgree.cfg"), own)
    const program = runTlc({ spec, library: [specFolder] }).pipe(Effect.provide(Toolchain.layer))
    const { report } = await Effect.runPromise(program)
    expect(report.failures).toEqual([])
    expect(report.statistics?.distinct).toBeGreaterThan(100)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
