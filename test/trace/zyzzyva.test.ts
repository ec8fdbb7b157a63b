import { describe, expect, it } from "vitest"
import { clientLine, replicaLine } from "../../src/core/zyzzyva/trace.ts"
import { initClient, stepClient } from "../../src/core/zyzzyva/client.ts"
import { step } from "../../src/core/zyzzyva/replica.ts"
import { durableRecords } from "../../src/core/zyzzyva/restart.ts"
import { init, type State } from "../../src/core/zyzzyva/state.ts"
import { zyzzyvaDigests } from "../../src/net/zyzzyva-config.ts"
import { checkTraces } from "../../src/trace-check/check.ts"
import type { Verdict } from "../../src/trace-check/verdict.ts"
import { digests, textDigest } from "./support/digests.ts"
import { sourcesOf } from "./support/sources.ts"
import {
  clientConfigOf,
  clientsHeader,
  configOf,
  fetchingRun,
  fileOf,
  ordinaryRun,
  rejoiningRun,
  replicaHeader,
  ZyzzyvaRun,
} from "./support/zyzzyva-run.ts"

type Files = ReadonlyMap<string, ReadonlyArray<string>>
interface Line {
  readonly action?: string
  readonly in: object
  readonly post: object
}

const check = (files: Files): Promise<Verdict> =>
  checkTraces(sourcesOf(files), { digests: { ...digests, zyzzyva: zyzzyvaDigests } })

/** The files with the first line that fits changed. */
const corrupted = (
  files: Files,
  name: string,
  fits: (line: Line) => boolean,
  change: (line: Line) => unknown,
): Files => {
  const lines = files.get(name) ?? []
  const at = lines.findIndex((text) => fits(JSON.parse(text) as Line))
  if (at < 0) throw new Error(`${name} has no such line`)
  const line = JSON.parse(lines[at] as string) as Line
  const changed = change(line)
  return new Map(files).set(name, lines.with(at, JSON.stringify(changed ?? line)))
}

const takes = (action: string) => (line: Line) => line.action === action

const rejected = (verdict: Verdict) =>
  verdict._tag === "Rejected" || verdict._tag === "Unreadable" ? verdict.finding : verdict._tag

describe("traces of Zyzzyva", () => {
  it("of a run with certificates, checkpoints and a view change conform", async () => {
    const verdict = await check(ordinaryRun().files())
    expect(verdict._tag).toBe("Conforms")
    if (verdict._tag !== "Conforms") return
    const {
      actions,
      results,
      unchecked,
      misbehaved = 0,
    } = {
      ...verdict.statistics,
      misbehaved: verdict.misbehaviours.length,
    }
    expect(results).toBe(4)
    expect({ unchecked, misbehaved }).toStrictEqual({ unchecked: 0, misbehaved: 0 })
    const taken = Object.keys(actions)
    for (const action of [
      "ClientCommit",
      "ClientRecvLocalCommit",
      "RecvCheckpoint",
      "RecvCommit",
      "RecvAccusation",
      "RecvViewChange",
      "SendNewView",
      "RecvNewView",
      "EnterView",
    ]) {
      expect(taken).toContain(action)
    }
  })

  it("of a run in which a replica fetches a state conform", async () => {
    const verdict = await check(fetchingRun().files())
    expect(verdict).toMatchObject({ _tag: "Conforms", statistics: { unchecked: 0 } })
    expect("statistics" in verdict && verdict.statistics?.actions).toMatchObject({ RecvState: 1 })
  })

  it("of a run in which a replica loses its disk and is taken back conform", async () => {
    const run = rejoiningRun()
    expect(run.states[3]).toMatchObject({ stage: "active", incarnation: 1 })
    expect(run.states[3]?.executed).toBe(run.states[0]?.executed)
    const verdict = await check(run.files())
    expect(verdict).toMatchObject({ _tag: "Conforms", statistics: { unchecked: 0 } })
    expect("statistics" in verdict && verdict.statistics?.actions).toMatchObject({ Rejoin: 1 })
  })

  it("of one that lost its disk and says that it did not are rejected", async () => {
    const files = corrupted(rejoiningRun().files(), "replica-3", takes("Rejoin"), (l) => {
      const { incarnation: _, ...post } = l.post as { readonly incarnation: number }
      return { ...l, post }
    })
    expect(rejected(await check(files))).toMatchObject({ rule: "Replay" })
  })

  it("of a state that nobody gave are rejected", async () => {
    const files = fetchingRun().files()
    const none = (lines: ReadonlyArray<string> = []) =>
      lines.filter((text) => !text.includes('"RecvFetchState"'))
    const renumbered = (lines: ReadonlyArray<string>) =>
      lines.map((text, k) =>
        text.startsWith('{"n":') ? text.replace(/^\{"n":\d+/, `{"n":${k}`) : text,
      )
    const silent = [0, 1, 2].reduce((all, id) => {
      const lines = renumbered(none(all.get(`replica-${id}`))).slice(0, -1)
      return new Map(all).set(`replica-${id}`, fileOf(replicaHeader(id), lines.slice(1)))
    }, files)
    expect(rejected(await check(silent))).toMatchObject({ rule: "NotSent" })
  })

  it("of a state that nobody vouched for are rejected", async () => {
    const files = corrupted(fetchingRun().files(), "replica-3", takes("RecvState"), (l) => {
      const input = l.in as { readonly stable: { readonly view: number } }
      return { ...l, in: { ...input, stable: { ...input.stable, view: 1 } } }
    })
    expect(rejected(await check(files))).toMatchObject({ rule: "Replay" })
  })

  it("of a run in which a replica starts again conform", async () => {
    const run = new ZyzzyvaRun()
    run.ask(0, "a")
    run.restart(2)
    run.ask(0, "b")
    const verdict = await check(run.files())
    expect(verdict._tag).toBe("Conforms")
  })

  const cases: ReadonlyArray<
    readonly [string, string, string, (line: Line) => boolean, (line: Line) => unknown]
  > = [
    [
      "Replay",
      "another action",
      "replica-1",
      takes("RecvOrderReq"),
      (l) => ({ ...l, action: "RecvCommit" }),
    ],
    [
      "Replay",
      "a change that was not made",
      "replica-2",
      takes("Execute"),
      (l) => ({ ...l, post: { ...l.post, executed: 9 } }),
    ],
    [
      "Replay",
      "a change that is not told",
      "replica-1",
      takes("EnterView"),
      (l) => ({ ...l, post: {} }),
    ],
    [
      "Digest",
      "an order of another batch",
      "replica-1",
      takes("RecvOrderReq"),
      (l) => ({ ...l, in: { ...l.in, digest: textDigest("other") } }),
    ],
    [
      "Malformed",
      "an input that is none",
      "replica-3",
      takes("RecvOrderReq"),
      (l) => ({ ...l, in: { type: "Gossip" } }),
    ],
    [
      "Malformed",
      "a signer that there is none of",
      "replica-1",
      takes("RecvCommit"),
      (l) => {
        const input = l.in as { certificate: { replicas: ReadonlyArray<number> } }
        return {
          ...l,
          in: { ...input, certificate: { ...input.certificate, replicas: [0, 1, 7] } },
        }
      },
    ],
  ]
  it.each(cases)("are rejected by %s: %s", async (...[rule, , name, fits, change]) => {
    const files = corrupted(ordinaryRun().files(), name, fits, change)
    expect(rejected(await check(files))).toMatchObject({ rule })
  })

  it("that lack a line are rejected", async () => {
    const files = ordinaryRun().files()
    const lines = files.get("replica-2") ?? []
    const less = new Map(files).set("replica-2", lines.toSpliced(3, 1))
    expect(rejected(await check(less))).toMatchObject({ rule: "LostLine" })
  })

  it("of a message that its traced sender never sent are rejected", async () => {
    const files = ordinaryRun().files()
    // The primary says that it did nothing: whoever took its orders made them up.
    const silent = new Map(files).set("replica-0", fileOf(replicaHeader(0), []))
    expect(rejected(await check(silent))).toMatchObject({ rule: "NotSent" })
  })

  it("of answers that no replica gave are rejected", async () => {
    const run = new ZyzzyvaRun()
    const lie = (state: State, result: string) => {
      const { history } = state.log.chunks.flat().find((s) => s.history !== "") ?? { history: "" }
      return { view: 0, seq: 1, history, signature: "", client: 0, timestamp: 1, result }
    }
    run.cut.add(0).add(1).add(2).add(3)
    run.ask(0, "a")
    const message = { _tag: "SpecResponse", ...lie(run.states[0] as State, "x"), replica: 1 }
    run.client(0, { _tag: "Receive", message: { ...message, history: textDigest("h") } as never })
    expect(rejected(await check(run.files()))).toMatchObject({ rule: "NotSent" })
  })

  it("of replicas that had other results after one history are rejected", async () => {
    const run = new ZyzzyvaRun()
    run.odd.add(2)
    run.ask(0, "a")
    const two = new Map([...run.files()].filter(([name]) => /[02]$/.test(name)))
    expect(rejected(await check(two))).toMatchObject({
      rule: "Result",
      field: "in.results[0].result",
    })
  })

  it("of replicas whose checkpoints of one history differ are rejected", async () => {
    const run = new ZyzzyvaRun()
    run.forgetful.add(2)
    run.ask(0, "a")
    run.ask(0, "b")
    const two = new Map([...run.files()].filter(([name]) => /[02]$/.test(name)))
    expect(rejected(await check(two))).toMatchObject({ rule: "Checkpoint" })
  })

  it("of two complete histories that contradict each other are rejected", async () => {
    const lines: Array<string> = []
    const told = (client: number, history: string): void => {
      const config = clientConfigOf(client)
      let state = initClient(config)
      const take = (input: Parameters<typeof stepClient>[2]): void => {
        const took = stepClient(config, state, input)
        lines.push(clientLine({ n: lines.length + 1, client }, state, took, input))
        state = took.state
      }
      take({ _tag: "Submit", operation: "op" })
      for (const replica of [0, 1, 2, 3]) {
        const place = { view: 0, seq: 1, history, signature: "" }
        const about = { client, timestamp: 1, result: "r", replica }
        take({ _tag: "Receive", message: { _tag: "SpecResponse", ...place, ...about } as never })
      }
    }
    told(0, textDigest("one"))
    told(1, textDigest("other"))
    const files = new Map([["clients", fileOf(clientsHeader(), lines)]])
    expect(rejected(await check(files))).toMatchObject({ rule: "Agreement" })
  })

  it.each([
    ["ended", "Durability"],
    ["killed", "Durability"],
  ])("of a start that lost an order are rejected; the one before %s", async (how, rule) => {
    const run = new ZyzzyvaRun()
    run.ask(0, "a")
    const before = run.states[1] as State
    const config = configOf(1)
    const durable = durableRecords(config, before).filter((r) => r._tag !== "Ordered")
    const input = { _tag: "Restart" as const, durable }
    const again = step(config, init(config), input)
    const line = replicaLine(1, init(config), again, input)
    const first = fileOf(replicaHeader(1), run.lines[1] ?? [])
    const files = new Map(run.files())
      .set("replica-1", how === "ended" ? first : first.slice(0, -1))
      .set("replica-1.1", fileOf(replicaHeader(1, 1), [line]))
    expect(rejected(await check(files))).toMatchObject({ rule })
  })

  it("of a replica without a trace name it when it signed two orders of one number", async () => {
    const run = new ZyzzyvaRun()
    run.ask(0, "a")
    const { batchDigest, historyDigest } = configOf(1)
    const batch = [{ client: 1, timestamp: 1, operation: "z", authenticator: "" }]
    const digest = batchDigest(batch)
    const history = historyDigest("", digest)
    const place = { view: 0, seq: 1, history, digest, batch, signature: "" }
    const message = { _tag: "OrderReq" as const, ...place }
    run.replica(2, { _tag: "ReceiveOrderReq", message: message as never, verdicts: [false] })
    const files = new Map([...run.files()].filter(([name]) => name !== "replica-0"))
    const verdict = await check(files)
    expect("misbehaviours" in verdict && verdict.misbehaviours).toMatchObject([
      { process: "replica 0", kind: "TwoOrderReqs" },
    ])
  })
})
