/**
 * More windows of recorded runs of Zyzzyva, and what real TLC has against wrong ones (npm run
 * test:slow).
 */
import { describe, expect, test } from "vitest"
import type { ZyzzyvaChain } from "../../src/trace-check/chain.ts"
import type { ReplicaEvent, ZyzzyvaStepEvent } from "../../src/trace-check/zyzzyva-event.ts"
import { fetchingRun, ordinaryRun, rejoiningRun, ZyzzyvaRun } from "../trace/support/zyzzyva-run.ts"
import { followed, outcomes, rejection } from "./support/windows.ts"
import { captureZyzzyva, wholeChain, withChanged } from "./support/zyzzyva-windows.ts"

const accepted = async (chain: ZyzzyvaChain): Promise<boolean> => {
  const windows = await followed([chain], 1000)
  return windows.every(({ outcome }) => outcome._tag === "Accepted")
}

const isOf =
  (replica: number, action: string) =>
  (event: ZyzzyvaStepEvent): boolean =>
    event._tag === "ReplicaStep" && event.replica === replica && event.step.action === action

const takes =
  (action: string) =>
  ({ step }: ReplicaEvent): boolean =>
    step.action === action

const says =
  (action: string, field: string) =>
  ({ step, said }: ReplicaEvent): boolean =>
    step.action === action && field in (said.post as object)

describe("TLC accepts", () => {
  test("windows far from the first event, whose histories begin before them", async () => {
    const run = new ZyzzyvaRun()
    for (const op of ["a", "b", "c", "d", "e", "f", "g"]) run.ask(0, op)
    run.ask(1, "h")
    run.restart(2)
    for (const op of ["i", "j", "k"]) run.ask(1, op)
    const chains = await captureZyzzyva(run.files(), { _tag: "Auto", size: 40, windows: 2 })
    const later = chains[1]?.from ?? 0
    expect(later).toBeGreaterThan(160)
    const windows = await followed(chains.slice(1), 40)
    expect(outcomes(windows)).toEqual([
      `${later}-${later + 39} replayed Accepted`,
      `${later + 40}-${later + 79} previous Accepted`,
    ])
    expect(chains[1]?.events.some((e) => e.step.action === "Restart")).toBe(true)
  })

  test("a state that is fetched, and what its taker does after it", async () => {
    const files = fetchingRun().files()
    const chain = await wholeChain(files)
    const actions = chain.events.map(({ step }) => step.action)
    for (const action of ["SendFetchState", "RecvFetchState", "RecvState"]) {
      expect(actions).toContain(action)
    }
    expect(chain.events.slice(actions.indexOf("RecvState")).some(isOf(3, "Execute"))).toBe(true)
    expect(await accepted(chain)).toBe(true)
    // Nor is it otherwise where the one who gave it has no trace.
    const without = new Map([...files].filter(([name]) => name !== "replica-0"))
    expect(await accepted(await wholeChain(without))).toBe(true)
  })

  test("a replica that lost its disk, and its way back", async () => {
    const files = rejoiningRun().files()
    const chain = await wholeChain(files)
    const at = chain.events.findIndex(isOf(3, "Rejoin"))
    expect(at).toBeGreaterThan(0)
    expect(chain.events.slice(at).some(isOf(3, "Execute"))).toBe(true)
    expect(await accepted(chain)).toBe(true)
    // Windows that begin when it is silent already, and where it has no trace.
    const later = await captureZyzzyva(files, { _tag: "Range", from: at + 10, to: 100_000 })
    expect(await accepted(later[0] as ZyzzyvaChain)).toBe(true)
    const without = new Map([...files].filter(([name]) => name !== "replica-3"))
    expect(await accepted(await wholeChain(without))).toBe(true)
  })

  test("what was heard of processes without traces, which show what others signed", async () => {
    const files = ordinaryRun().files()
    const some = (without: RegExp) => new Map([...files].filter(([name]) => !without.test(name)))
    for (const without of [/clients/, /replica-1/, /replica-0|clients/]) {
      expect(await accepted(await wholeChain(some(without)))).toBe(true)
    }
  })
})

describe("TLC rejects", () => {
  const changes: ReadonlyArray<
    readonly [field: string, (event: ReplicaEvent) => boolean, (post: object) => object]
  > = [
    ["slot.history", takes("RecvOrderReq"), (post) => ({ ...post, slot: wrongHistory(post) })],
    ["executed", takes("Execute"), (post) => without(post, "executed")],
    ["stage", takes("EnterView"), (post) => ({ ...post, stage: "changing" })],
    ["accusers", takes("Timeout"), (post) => ({ ...post, accusers: [] })],
    ["certificates", says("RecvCommit", "certificates"), (post) => ({ ...post, certificates: [] })],
    ["stable", says("RecvCheckpoint", "stable"), (post) => without(post, "stable")],
  ]
  test.each(changes)("a wrong %s at its event", async (field, fits, change) => {
    const whole = await wholeChain(ordinaryRun().files())
    const { chain, event } = withChanged(whole, fits, (e) => ({
      ...e,
      said: { post: change(e.said.post as object) },
    }))
    expect(await rejection(chain)).toMatchObject({ event, field })
  })

  test("another result of a request, where its history is the same", async () => {
    const whole = await wholeChain(ordinaryRun().files())
    const { chain, event } = withChanged(whole, takes("Execute"), (e) => {
      const { table } = e.said.post as { readonly table: ReadonlyArray<object> }
      return {
        ...e,
        said: {
          post: {
            ...(e.said.post as object),
            table: table.map((t) => ({ ...t, result: "x" })),
          },
        },
      }
    })
    expect(await rejection(chain)).toMatchObject({ event, field: "table" })
  })

  test("an input that is ignored without need", async () => {
    const whole = await wholeChain(ordinaryRun().files())
    const { chain, event } = withChanged(whole, takes("RecvCommit"), (e) => ({
      ...e,
      step: { ...e.step, action: "Ignore:WrongView", state: e.before },
    }))
    const field = "ignored, but the specification has an action for it"
    expect(await rejection(chain)).toMatchObject({ event, field })
  })

  test("a state that another checkpoint is vouched for", async () => {
    const whole = await wholeChain(fetchingRun().files())
    const { chain, event } = withChanged(whole, takes("RecvState"), (e) => {
      const { stable } = e.said.post as { readonly stable: { readonly seq: number } }
      const post = { ...(e.said.post as object), stable: { ...stable, digest: "another" } }
      return { ...e, said: { post } }
    })
    expect(await rejection(chain)).toMatchObject({ event, field: "stable" })
  })

  test("an incarnation that it did not come back as", async () => {
    const whole = await wholeChain(rejoiningRun().files())
    const { chain, event } = withChanged(whole, takes("Rejoin"), (e) => ({
      ...e,
      step: { ...e.step, state: { ...e.step.state, incarnation: 0 } },
    }))
    expect(await rejection(chain)).toMatchObject({ event, field: "incarnation" })
  })

  test("a last state that is not the specification's", async () => {
    const run = new ZyzzyvaRun()
    run.ask(0, "a")
    const whole = await wholeChain(run.files())
    const last = whole.events.findLastIndex(({ _tag }) => _tag === "ReplicaStep")
    const { chain } = withChanged(
      whole,
      (e) => e === whole.events[last],
      (e) => ({
        ...e,
        step: { ...e.step, state: { ...e.step.state, accusers: [{ replica: 3, signature: "" }] } },
      }),
    )
    const event = chain.events.length + 1
    expect(await rejection(chain)).toMatchObject({ event, field: "accusers" })
  })
})

const wrongHistory = (post: object): ReadonlyArray<object> => {
  const { slot } = post as { readonly slot: ReadonlyArray<object> }
  return slot.map((s) => ({ ...s, history: "another" }))
}

const without = (post: object, field: string): object =>
  Object.fromEntries(Object.entries(post).filter(([name]) => name !== field))
