/** Simulates a scenario, has its traces checked like those of a running group, and judges all. */
import { createHash } from "node:crypto"
import { batchDigest, bytesDigest, checkpointDigest } from "../net/digests.ts"
import type { Outcome } from "../sim/outcome.ts"
import type { Scenario } from "../sim/scenario.ts"
import { type Shrinking, shrink, type Tried } from "../sim/shrink.ts"
import { simulate } from "../sim/simulate.ts"
import type { StoryLine } from "../sim/story.ts"
import { checkTraces } from "../trace-check/check.ts"
import { findingText, type Verdict } from "../trace-check/verdict.ts"
import { type Failure, unmet } from "./expectation.ts"

export interface SimulatedRun {
  readonly scenario: Scenario
  readonly outcome: Outcome
  /** Null where the run broke off: its traces are not complete. */
  readonly verdict: Verdict | null
  readonly failure: Failure | null
  /** The traces: lines by file. */
  readonly files: ReadonlyMap<string, ReadonlyArray<string>>
  /** SHA-256 over all traces, in order of their names: equal for equal runs. */
  readonly digest: string
}

const hashing = { batchDigest, checkpointDigest, resultDigest: bytesDigest, hash: bytesDigest }

/** Names of invariants start with a capital; what code asserts is a sentence. */
const isInvariant = (property: string): boolean => /^[A-Z]\w+$/.test(property)

const digestOf = (files: ReadonlyMap<string, ReadonlyArray<string>>): string => {
  const digest = createHash("sha256")
  for (const name of [...files.keys()].sort()) {
    digest.update(`${name}\n`)
    for (const line of files.get(name) ?? []) digest.update(`${line}\n`)
  }
  return digest.digest("hex")
}

const sourcesOf = (files: ReadonlyMap<string, ReadonlyArray<string>>) =>
  [...files].map(([name, lines]) => ({
    name,
    text: (async function* () {
      yield `${lines.join("\n")}\n`
    })(),
  }))

const violationOf = ({ violation }: Outcome): Failure | null => {
  if (violation === null) return null
  const { property, why } = violation
  if (property === "Liveness") return { kind: "liveness", property, why }
  return { kind: isInvariant(property) ? "safety" : "assertion", property, why }
}

const rejected = (verdict: Verdict | null): Failure | null => {
  if (verdict === null || verdict._tag === "Conforms" || verdict._tag === "Gap") return null
  const { finding } = verdict
  return { kind: "trace", property: finding.rule, why: findingText(finding) }
}

/** What is left of a failure when the scenario is there to show it. */
const unexpected = (scenario: Scenario, found: Failure | null): Failure | null => {
  const { violates } = scenario.expect
  if (violates === undefined || found?.property === violates) {
    return violates === undefined ? found : null
  }
  const why = found === null ? "nothing broke" : `${found.property} broke instead: ${found.why}`
  return { kind: "expectation", property: "violates", why }
}

/** Runs a scenario; `story` is told everything that happens in it. */
export const simulateScenario = async (
  scenario: Scenario,
  options: { readonly spec: string; readonly story?: (line: StoryLine) => void },
): Promise<SimulatedRun> => {
  const files = new Map<string, Array<string>>()
  const write = (file: string, line: string): void => {
    const lines = files.get(file)
    if (lines === undefined) files.set(file, [line])
    else lines.push(line)
  }
  // Zyzzyva has no traces yet: what stands for them is what there is to tell.
  const isTraced = scenario.cluster.protocol === undefined
  const told = (line: StoryLine): void => {
    if (!isTraced) write("story", JSON.stringify(line))
    options.story?.(line)
  }
  const story = isTraced ? options.story : told
  const watched = story === undefined ? options : { ...options, story }
  const outcome = simulate(scenario, { ...watched, hashing, write })
  const violation = violationOf(outcome)
  const whole = violation === null || violation.kind === "safety" || violation.kind === "liveness"
  const verdict =
    whole && isTraced
      ? await checkTraces(sourcesOf(files), { digests: hashing, spec: options.spec })
      : null
  const found = unexpected(scenario, violation ?? rejected(verdict))
  const failure = found ?? unmet(scenario, outcome, verdict)
  return { scenario, outcome, verdict, failure, files, digest: digestOf(files) }
}

const triedOf = (run: SimulatedRun, wanted: Failure): Tried => ({
  fails: run.failure?.kind === wanted.kind && run.failure.property === wanted.property,
  noise: run.outcome.noise,
})

/**
 * The smallest scenario found that fails as `run` did, after at most `attempts` runs; `told` hears
 * of each run.
 */
export const shrunk = async (
  run: SimulatedRun,
  options: {
    readonly spec: string
    readonly attempts: number
    readonly told?: (attempt: number) => void
  },
): Promise<SimulatedRun> => {
  const { failure } = run
  if (failure === null) return run
  const isOfTheEnd = failure.kind === "liveness" || failure.kind === "expectation"
  const failed = isOfTheEnd ? undefined : run.outcome.virtualMs
  const shrinking: Shrinking<Scenario> = shrink(run.scenario, failed)
  let best = run
  let next = shrinking.next()
  for (let attempt = 1; next.done !== true && attempt <= options.attempts; attempt++) {
    const candidate = await simulateScenario(next.value, { spec: options.spec })
    const tried = triedOf(candidate, failure)
    if (tried.fails) best = candidate
    options.told?.(attempt)
    next = shrinking.next(tried)
  }
  const about = `shrunk from seed ${run.scenario.seed}: ${failure.property}`
  const named = await simulateScenario({ ...best.scenario, about }, { spec: options.spec })
  return named.failure === null ? best : named
}
