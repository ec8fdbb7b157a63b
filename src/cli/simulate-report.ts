/** What `prophecy simulate` says of one run and of a swarm: text for people, data for programs. */
import type { Failure } from "./expectation.ts"
import type { SimulatedRun } from "./simulated-run.ts"
import { ExitCode } from "./ended.ts"

/** As TLC's: 12 safety, 13 liveness, 14 an assertion; 4 a trace or an expectation. */
export const failureCode = (failure: Failure | null): number => {
  switch (failure?.kind) {
    case undefined:
      return 0
    case "safety":
      return 12
    case "liveness":
      return 13
    case "assertion":
      return 14
    case "trace":
    case "expectation":
      return ExitCode.Rejected
  }
}

const whole = (n: number): string => Math.round(n).toLocaleString("en-US")

const counted = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, n]) => n > 0)
    .map(([name, n]) => `${name} ${whole(n)}`)
    .join(", ") || "none"

const failureLines = ({ failure, scenario, outcome }: SimulatedRun): ReadonlyArray<string> => {
  if (failure !== null) {
    return [`verdict    ${failure.kind}: ${failure.property}`, ...indented(failure.why)]
  }
  const { violates } = scenario.expect
  return violates === undefined
    ? ["verdict    safe, and everything that had to complete has completed"]
    : [`verdict    ${violates} breaks, as expected`, ...indented(outcome.violation?.why ?? "")]
}

const indented = (text: string): ReadonlyArray<string> =>
  text.split("\n").map((line) => `           ${line}`)

const traceText = ({ verdict, scenario }: SimulatedRun): string => {
  if (scenario.cluster.protocol === "zyzzyva") return "none of Zyzzyva yet"
  switch (verdict?._tag) {
    case undefined:
      return "not checked: the run broke off"
    case "Conforms":
      return `${whole(verdict.statistics.events)} steps conform to the model`
    case "Gap":
      return `${whole(verdict.statistics.events)} steps conform; killed replicas leave gaps`
    case "Rejected":
    case "Unreadable":
      return `rejected: ${verdict.finding.rule}`
  }
}

/** The summary of one run. */
export const runLines = (run: SimulatedRun): ReadonlyArray<string> => {
  const { scenario, outcome, verdict } = run
  const { n, clients, checkpointInterval, logSize, maxBatch } = scenario.cluster
  const { messages, ...network } = outcome.network
  const proven = verdict !== null && "misbehaviours" in verdict ? verdict.misbehaviours : []
  return [
    `scenario   ${scenario.about}`,
    `group      ${n} replicas, ${clients} clients, K = ${checkpointInterval}, L = ${logSize}, ` +
      `batches of at most ${maxBatch}`,
    `time       ${(outcome.virtualMs / 1000).toFixed(1)} s of virtual time, ` +
      `${whole(outcome.events)} events, ${whole(messages)} messages`,
    `faults     ${counted({ ...outcome.faults, ...network })}`,
    `requests   ${outcome.completed} of ${outcome.requests} completed`,
    ...(outcome.excused === null ? [] : [`not asked  to complete them, ${outcome.excused}`]),
    `traces     ${traceText(run)}; SHA-256 ${run.digest}`,
    ...proven.map(({ process, message }) => `Byzantine  ${process} ${message}`),
    ...failureLines(run),
  ]
}

/** One run as a document. */
export const runDocument = (run: SimulatedRun): Readonly<Record<string, unknown>> => {
  const { noise: _, actionsBy: __, ...outcome } = run.outcome
  return {
    seed: run.scenario.seed,
    about: run.scenario.about,
    failure: run.failure,
    outcome,
    traces: {
      verdict: run.verdict === null ? null : run.verdict._tag.toLowerCase(),
      steps:
        run.verdict !== null && "statistics" in run.verdict ? run.verdict.statistics.events : 0,
      sha256: run.digest,
    },
  }
}

/** What a swarm of seeds adds up to. */
export class SwarmTotals {
  readonly failures: Array<{ readonly seed: number; readonly failure: Failure }> = []
  readonly #faults = new Map<string, number>()
  readonly #actions = new Map<string, number>()
  readonly #excused = new Map<string, number>()
  readonly #verdicts = new Map<string, number>()
  readonly #groups = new Map<string, number>()
  seeds = 0
  virtualMs = 0
  requests = 0
  completed = 0
  events = 0
  steps = 0
  messages = 0
  /** Runs that had to complete everything. */
  demanded = 0

  add(run: SimulatedRun): void {
    const { outcome, scenario, failure, verdict } = run
    const { messages, ...network } = outcome.network
    this.seeds++
    this.virtualMs += outcome.virtualMs
    this.requests += outcome.requests
    this.completed += outcome.completed
    this.events += outcome.events
    this.messages += messages
    if (verdict !== null && "statistics" in verdict) this.steps += verdict.statistics.events
    if (outcome.excused === null) this.demanded++
    else addTo(this.#excused, outcome.excused, 1)
    addTo(this.#groups, `n = ${scenario.cluster.n}`, 1)
    addTo(this.#verdicts, verdict?._tag ?? "none", 1)
    for (const [name, n] of Object.entries({ ...outcome.faults, ...network })) {
      addTo(this.#faults, name, n)
    }
    for (const [name, n] of Object.entries(outcome.actions)) addTo(this.#actions, name, n)
    if (failure !== null) this.failures.push({ seed: scenario.seed, failure })
  }

  lines(seconds: number): ReadonlyArray<string> {
    const hours = this.virtualMs / 3_600_000
    const actions = sorted(this.#actions)
    const taken = Object.entries(actions).filter(([name]) => !name.startsWith("Ignore:"))
    return [
      `seeds      ${whole(this.seeds)} (${counted(sorted(this.#groups))})`,
      `time       ${hours.toFixed(2)} simulated hours in ${seconds.toFixed(1)} s, ` +
        `${whole(this.events)} events`,
      `requests   ${whole(this.completed)} of ${whole(this.requests)} completed`,
      `faults     ${counted(sorted(this.#faults))}`,
      `actions    ${counted(Object.fromEntries(taken))}`,
      `traces     ${whole(this.steps)} steps checked (${counted(sorted(this.#verdicts))})`,
      `liveness   demanded of ${whole(this.demanded)} runs`,
      ...[...this.#excused].map(([why, n]) => `           not of ${whole(n)} runs ${why}`),
      `violations ${this.failures.length}`,
      ...this.failures
        .slice(0, 10)
        .map(
          ({ seed, failure }) => `           seed ${seed}: ${failure.kind}, ${failure.property}`,
        ),
    ]
  }

  document(seconds: number): Readonly<Record<string, unknown>> {
    return {
      seeds: this.seeds,
      simulatedHours: this.virtualMs / 3_600_000,
      seconds,
      events: this.events,
      messages: this.messages,
      requests: this.requests,
      completed: this.completed,
      faults: sorted(this.#faults),
      actions: sorted(this.#actions),
      steps: this.steps,
      verdicts: sorted(this.#verdicts),
      liveness: { demanded: this.demanded, excused: sorted(this.#excused) },
      failures: this.failures,
    }
  }
}

const addTo = (counts: Map<string, number>, name: string, n: number): void => {
  counts.set(name, (counts.get(name) ?? 0) + n)
}

const sorted = (counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> =>
  Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
