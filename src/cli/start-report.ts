/** The report of the main job, for people and for programs. */
import { join } from "node:path"
import type { Specification } from "../trace-check/tlc-window.ts"
import { findingText, verdictDocument } from "../trace-check/verdict.ts"
import type { ClientHistory } from "./client-history.ts"
import { ExitCode } from "./ended.ts"
import { shortPath } from "./group.ts"
import { summarize } from "./latency.ts"
import type { Observation } from "./register-check.ts"
import {
  type Findings,
  objections,
  specificationOf,
  type TlcResult,
  type TlcWindow,
} from "./start-findings.ts"

const whole = (n: number): string => Math.round(n).toLocaleString("en-US")
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

type Row = readonly [name: string, text: string]

const loadRows = ({ load, clients, seed }: Findings): ReadonlyArray<Row> => {
  if (load === undefined) return [["load", "none"]]
  const { reads, writes, removals, elapsedMs, failures } = load
  const answered = load.latencies.length
  const latency = summarize(load.latencies)
  const failed = [...failures].map(([reason, n]) => `${n} x ${reason}`).join(", ")
  return [
    ["load", `${seconds(elapsedMs)} from ${clients} clients over HTTP, seed ${seed}`],
    [
      "requests",
      `${whole(answered)} answered (${whole(reads)} GET, ${whole(writes)} PUT, ${whole(removals)} DELETE); failed: ${failed || "0"}`,
    ],
    ["throughput", `${whole((answered * 1000) / elapsedMs)} requests/s`],
    latency === undefined
      ? ["latency", "unknown: nothing was answered"]
      : [
          "latency",
          `p50 ${latency.p50.toFixed(1)} ms, p99 ${latency.p99.toFixed(1)} ms, max ${latency.max.toFixed(1)} ms`,
        ],
  ]
}

const networkRows = ({ networkFaults }: Findings): ReadonlyArray<Row> => {
  if (networkFaults === undefined) return [["network", "not asked"]]
  const seen = Object.entries(networkFaults).map(([name, n]) => `${whole(n)} ${name}`)
  return [
    [
      "network",
      seen.join(", ") || "every frame and message was read and believed by whom it was for",
    ],
  ]
}

const fastRows = ({ load, fastReads }: Findings): ReadonlyArray<Row> => {
  if (fastReads === undefined || load === undefined) return [["reads", "not judged"]]
  const { fast, notLinearizable } = fastReads
  const { reads } = load
  const share = reads === 0 ? 0 : (100 * fast) / reads
  const keys = notLinearizable === 1 ? "key is" : "keys are"
  return [
    [
      "reads",
      `${whole(reads)}, of which one replica answered ${share.toFixed(1)} %; ${notLinearizable} ${keys} not linearizable`,
    ],
  ]
}

const readRows = (findings: Findings): ReadonlyArray<Row> => {
  if (findings.service === "album") return fastRows(findings)
  const { load, wrongReads } = findings
  if (wrongReads === undefined || load === undefined) return [["answers", "not judged"]]
  const isJudged = ({ kind, endedAt }: Observation): boolean =>
    kind === "read" && endedAt !== Infinity
  const judged = load.observations.filter(isJudged).length
  const wrong = wrongReads.slice(0, 3).map(({ read, reason }) => {
    return ["", `client ${read.client} read ${read.key}: ${reason}`] as const
  })
  return [["answers", `${whole(judged)} reads judged, ${wrongReads.length} wrong`], ...wrong]
}

const historyRows = (findings: Findings): ReadonlyArray<Row> => {
  const { history } = findings
  if (history === undefined) return [["history", "not judged"]]
  const { consistency, operations, keys, undecided, wrong } = history
  const [first, ...against] = wrong
  if (first !== undefined) {
    const rows = against.map((text) => ["", `against ${text}`] as const)
    return [["history", `not ${consistency}: ${first}`], ...rows]
  }
  const but = undecided === 0 ? "" : `, but for ${undecided} that the search gave up`
  return [
    ["history", `${whole(operations)} operations on ${keys} keys are ${consistency}${but}`],
    ["", `prophecy check-history ${historyPath(findings)} --consistency ${consistency}`],
  ]
}

const watchedRows = ({ watched }: Findings): ReadonlyArray<Row> => {
  if (watched === undefined || watched.ordered === 0) return []
  const { ordered, fast, uncompared } = watched
  const but = uncompared === 0 ? "" : `; ${whole(uncompared)} fast ones could not be compared`
  const alone = fast === 0 ? "" : ` and ${whole(fast)} fast`
  return [
    ["", `${whole(ordered)} ordered${alone} answers are the service's in the agreed log${but}`],
  ]
}

const replayRows = ({ replay, traceBytes }: Findings): ReadonlyArray<Row> => {
  if (replay === undefined) return [["model", "the traces were not replayed"]]
  const { verdict, elapsedMs } = replay
  const words = {
    Conforms: "conforms: every recorded step is a step of the model",
    Gap: "conforms as far as recorded; steps are missing",
    Rejected: "does not conform",
    Unreadable: "unreadable",
  }[verdict._tag]
  const rows: Array<Row> = []
  if (verdict._tag !== "Unreadable") {
    const { events, files, messages, executed } = verdict.statistics
    rows.push(
      ["trace", `${whole(events)} events in ${files} files, ${megabytes(traceBytes ?? 0)}`],
      ["model", `${words} (${whole((events * 1000) / elapsedMs)} events/s)`],
      ["", `${whole(messages)} received messages matched, ${whole(executed)} batches agreed on`],
    )
  } else rows.push(["model", words])
  if (verdict._tag === "Rejected" || verdict._tag === "Unreadable") {
    for (const line of findingText(verdict.finding).split("\n")) rows.push(["", line])
  }
  return rows
}

const tlcRows = (findings: Findings): ReadonlyArray<Row> => {
  const { tlc } = findings
  if (tlc === undefined) return [["TLC", "did not run"]]
  if (tlc._tag === "Skipped") return [["TLC", "did not run: --no-tlc"]]
  if (tlc._tag === "Unavailable") return [["TLC", `did not run: ${tlc.reason}`]]
  const { windows, elapsedMs } = tlc
  const specifications = [
    ...new Set([specificationOf(findings), ...windows.map((w) => w.specification)]),
  ]
  return [
    ...specifications.flatMap((name) =>
      windowRows(
        name,
        windows.filter(({ specification }) => specification === name),
      ),
    ),
    ["", `in ${seconds(elapsedMs)}`],
  ]
}

const windowRows = (
  specification: Specification,
  windows: ReadonlyArray<TlcWindow>,
): ReadonlyArray<Row> => {
  const states = windows.reduce((sum, window) => sum + window.states, 0)
  const accepted = windows.filter(({ outcome }) => outcome === "Accepted")
  const stretches = windows.map(({ of, from, to, starts }, k) => {
    const counted = windows[k - 1]?.of === of ? "" : `${of} `
    return `${counted}${whole(from)}-${whole(to)}${starts === "init" ? " from Init" : ""}`
  })
  const count = `${accepted.length} of ${windows.length} windows`
  return [
    ["TLC", `${count} are behaviours of ${specification}.tla: ${whole(states)} states`],
    ["", stretches.join(", ") || "none"],
    ...windows.flatMap(({ objection }) =>
      (objection?.split("\n") ?? []).map((line) => ["", line] as const),
    ),
  ]
}

/** The exit code: the worst objection's. */
export const exitCodeOf = (findings: Findings): number => {
  const codes = objections(findings).map(({ code }) => code)
  return codes.includes(ExitCode.Rejected) ? ExitCode.Rejected : (codes[0] ?? 0)
}

const verdictWord = (findings: Findings): "conforms" | "rejected" | "inconclusive" => {
  const code = exitCodeOf(findings)
  return code === 0 ? "conforms" : code === ExitCode.Rejected ? "rejected" : "inconclusive"
}

const verdictText = (findings: Findings): string => {
  const why = objections(findings).map(({ text }) => text)
  if (why.length > 0) return `${verdictWord(findings).toUpperCase()}: ${why.join("; ")}`
  return findings.tlc?._tag === "Ran"
    ? "CONFORMS to the model and to the TLA+ specification"
    : "CONFORMS to the model; TLC did not run"
}

/** Not named as traces are: it is none. */
export const historyName = "history.jsonl"

const historyPath = ({ folder }: Findings): string => shortPath(join(folder, historyName))

export const tracesFolder = ({ folder }: Pick<Findings, "folder">): string => join(folder, "traces")

const reproduce = ({ seed, clients, seconds, service, features, protocol }: Findings): string => {
  const on = features.length === 0 ? "" : `--with ${features.join(",")} `
  const by = protocol === "zyzzyva" ? "--protocol zyzzyva " : ""
  const which = by + (service === "key-value" ? "--service kv " : "") + on
  return `prophecy start ${which}--seconds ${seconds} --clients ${clients} --seed ${seed}`
}

const systemOf = ({ service, features, protocol }: Findings): string => {
  const on = features.length === 0 ? "" : ` with ${features.join(", ")}`
  const name = protocol === "zyzzyva" ? "Zyzzyva" : "PBFT"
  return service === "album"
    ? `photo album over HTTP, Prophecy: a sketcher before ${name}${on}`
    : `key-value service, ${name}${on}`
}

export const reportText = (findings: Findings): string => {
  const rows: ReadonlyArray<Row> = [
    ["replicas", `${findings.replicas} processes, ${systemOf(findings)}`],
    ...findings.notes.map((note) => ["note", note] as const),
    ...loadRows(findings),
    ...networkRows(findings),
    ...readRows(findings),
    ...historyRows(findings),
    ...replayRows(findings),
    ...watchedRows(findings),
    ...tlcRows(findings),
    ["traces", shortPath(tracesFolder(findings))],
    ["again", reproduce(findings)],
    ["verdict", `${verdictText(findings)}, in ${seconds(findings.elapsedMs)}`],
  ]
  const partial = findings.phase === "done" ? [] : ["PARTIAL REPORT"]
  return [...partial, ...rows.map(([name, text]) => `${name.padEnd(11)} ${text}`)].join("\n")
}

const loadDocument = ({ load }: Findings) => {
  if (load === undefined) return null
  const { reads, writes, removals, elapsedMs, failures } = load
  const answered = load.latencies.length
  return {
    answered,
    reads,
    writes,
    removals,
    failures: Object.fromEntries(failures),
    elapsedMs,
    perSecond: (answered * 1000) / elapsedMs,
    latencyMs: summarize(load.latencies) ?? null,
  }
}

const tlcDocument = (tlc: TlcResult | undefined) => {
  if (tlc === undefined) return { ran: false, reason: "interrupted" }
  if (tlc._tag === "Skipped") return { ran: false, reason: "--no-tlc" }
  if (tlc._tag === "Unavailable") return { ran: false, reason: tlc.reason }
  const { windows, elapsedMs } = tlc
  const states = windows.reduce((sum, window) => sum + window.states, 0)
  return { ran: true, windows, states, elapsedMs }
}

const historyDocument = (findings: Findings, history: ClientHistory) => ({
  file: historyPath(findings),
  ...history,
})

export const reportDocument = (findings: Findings): unknown => {
  const { seed, clients, seconds, replicas, phase, replay, tlc, notes } = findings
  const { service, wrongReads, fastReads, watched } = findings
  return {
    schema: "prophecy-start/1",
    verdict: verdictWord(findings),
    partial: phase !== "done",
    phase,
    objections: objections(findings).map(({ text }) => text),
    notes,
    service,
    replicas,
    clients,
    seconds,
    seed,
    load: loadDocument(findings),
    networkFaults: findings.networkFaults ?? null,
    wrongReads: wrongReads ?? null,
    fastReads: fastReads ?? null,
    history: findings.history === undefined ? null : historyDocument(findings, findings.history),
    traces: { folder: tracesFolder(findings), bytes: findings.traceBytes ?? null },
    replay: replay === undefined ? null : verdictDocument(replay.verdict),
    watched: watched ?? null,
    replayMs: replay?.elapsedMs ?? null,
    tlc: tlcDocument(tlc),
    elapsedMs: findings.elapsedMs,
    reproduce: reproduce(findings),
  }
}
