/** What the main job has found so far: the report is made from it, whole or partial. */
import type { FeatureName } from "./features.ts"
import type { ClientHistory } from "./client-history.ts"
import type { Watched } from "../trace-check/group-watch.ts"
import type { Specification } from "../trace-check/tlc-window.ts"
import type { Verdict } from "../trace-check/verdict.ts"
import type { Counters } from "../net/status.ts"
import { ExitCode } from "./ended.ts"
import type { WrongRead } from "./register-check.ts"
import type { WorkloadResult } from "./workload.ts"

/** The phases in their order; the report names the one that was interrupted. */
export type Phase = "starting" | "load" | "stopping" | "replay" | "TLC" | "done"

/** Events `from .. to` of the merged run, or steps of a sketcher, as TLC saw them. */
export interface TlcWindow {
  readonly specification: Specification
  /** What is counted: "events" of the merged run, or "steps of sketcher 0". */
  readonly of: string
  readonly from: number
  readonly to: number
  /** In the specification's Init, where the window before it ended, or in a replayed state. */
  readonly starts: "init" | "previous" | "replayed"
  /** Distinct states. */
  readonly states: number
  readonly outcome: "Accepted" | "Rejected" | "Unanswered"
  /** What TLC has against it, or why it gave no answer. */
  readonly objection: string | undefined
}

export type TlcResult =
  | { readonly _tag: "Skipped" }
  /** Something is missing; the reason says what, and what to do. */
  | { readonly _tag: "Unavailable"; readonly reason: string }
  | {
      readonly _tag: "Ran"
      readonly windows: ReadonlyArray<TlcWindow>
      readonly elapsedMs: number
    }

/** What the user asked for. */
export interface Job {
  readonly folder: string
  readonly seed: number
  readonly clients: number
  readonly seconds: number
  readonly replicas: number
  readonly service: "key-value" | "album"
  /** Left out: PBFT. */
  readonly protocol?: "pbft" | "zyzzyva"
  /** Features that are off by default. */
  readonly features: ReadonlyArray<FeatureName>
}

/** What a sketcher did, as its clients saw it. */
export interface FastReads {
  /** Reads that one replica answered. */
  readonly fast: number
  /** Keys whose history is not linearizable. */
  readonly notLinearizable: number
}

export interface Findings extends Job {
  phase: Phase
  /** What happened to the group beside its work: a replica that fell behind, say. */
  readonly notes: Array<string>
  load: WorkloadResult | undefined
  /** What processes found wrong in what came over their connections; undefined: not asked. */
  networkFaults: Counters | undefined
  wrongReads: ReadonlyArray<WrongRead> | undefined
  /** What the clients saw, judged as one history. */
  history: ClientHistory | undefined
  /** Behind a sketcher only. */
  fastReads: FastReads | undefined
  /** Bytes of all traces, once they are complete. */
  traceBytes: number | undefined
  replay: { readonly verdict: Verdict; readonly elapsedMs: number } | undefined
  /** What was compared with a service of our own that executed the agreed log. */
  watched: Watched | undefined
  tlc: TlcResult | undefined
  readonly startedAt: number
  elapsedMs: number
}

export const noFindings = (job: Job): Findings => ({
  ...job,
  phase: "starting",
  notes: [],
  load: undefined,
  networkFaults: undefined,
  wrongReads: undefined,
  history: undefined,
  fastReads: undefined,
  traceBytes: undefined,
  replay: undefined,
  watched: undefined,
  tlc: undefined,
  startedAt: performance.now(),
  elapsedMs: 0,
})

/** The specification of the protocol of a run. */
export const specificationOf = ({ protocol }: Pick<Job, "protocol">): Specification =>
  protocol === "zyzzyva" ? "Zyzzyva" : "Pbft"

const isSketcherFollowed = ({ service }: Job): boolean => service === "album"

/** Why the run is not shown to conform, worst first; empty when it is. */
export const objections = (
  findings: Findings,
): ReadonlyArray<{ readonly code: number; readonly text: string }> => {
  const { load, wrongReads, replay, tlc } = findings
  const found: Array<{ readonly code: number; readonly text: string }> = []
  const object = (code: number, text: string): void => void found.push({ code, text })
  if (wrongReads !== undefined && wrongReads.length > 0) {
    object(ExitCode.Rejected, `${wrongReads.length} reads gave a wrong answer`)
  }
  if (findings.history !== undefined && findings.history.wrong.length > 0) {
    object(ExitCode.Rejected, `what the clients saw is not ${findings.history.consistency}`)
  }
  if (Object.keys(findings.networkFaults ?? {}).length > 0) {
    object(ExitCode.Rejected, "a process could not read or believe what a correct one sent")
  }
  if (findings.phase === "done" && findings.networkFaults === undefined) {
    object(ExitCode.Inconclusive, "a replica did not say whether it could read what it was sent")
  }
  if (replay?.verdict._tag === "Rejected") {
    object(ExitCode.Rejected, "the traces are not a run of the model")
  }
  if (replay?.verdict._tag === "Unreadable") {
    object(ExitCode.Rejected, "a trace of this run cannot be read")
  }
  const windows = tlc?._tag === "Ran" ? tlc.windows : []
  const outcomes = windows.map(({ outcome }) => outcome)
  const followed = new Set(windows.map(({ specification }) => specification))
  const isUnasked =
    !followed.has(specificationOf(findings)) ||
    (isSketcherFollowed(findings) && !followed.has("Prophecy"))
  if (outcomes.includes("Rejected")) {
    object(ExitCode.Rejected, "TLC rejects a window of the traces")
  }
  if (tlc?._tag === "Ran" && (isUnasked || outcomes.includes("Unanswered"))) {
    object(ExitCode.Inconclusive, "TLC gave no answer on a window of the traces")
  }
  const verdict = replay?.verdict
  const recorded = verdict?._tag === "Conforms" ? verdict.statistics.results : undefined
  const expected = load?.latencies.length ?? 0
  if (recorded !== undefined && recorded < expected) {
    object(ExitCode.Rejected, "the traces hold fewer results than clients were given")
  }
  if (verdict?._tag === "Gap") object(ExitCode.Inconclusive, "steps are missing in a trace")
  if (load !== undefined && load.latencies.length === 0) {
    object(ExitCode.Inconclusive, "no request was answered")
  }
  if (load !== undefined && load.failures.size > 0) {
    object(ExitCode.Inconclusive, "requests failed")
  }
  if (findings.phase !== "done") {
    object(ExitCode.Inconclusive, `interrupted in the phase "${findings.phase}"`)
  }
  return found
}
