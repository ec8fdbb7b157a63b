/**
 * How TLC is started for a request: what is refused, what is forced, the arguments of the JVM and
 * of TLC. A plan is data; `tlc.ts` carries it out.
 */
import { existsSync, readFileSync } from "node:fs"
import { basename, delimiter, dirname, join, resolve } from "node:path"
import { Data, Effect, Result } from "effect"
import { type Configuration, parseConfiguration } from "./cfg.ts"
import { isTemporal } from "./temporal.ts"
import type { Limits } from "./verdict.ts"

/** What to run. Only `spec` is needed. */
export interface TlcRun {
  /** The root module's file, `DIR/Name.tla`. */
  readonly spec: string
  /** The configuration file; `DIR/Name.cfg` when absent. */
  readonly config?: string | undefined
  /** Worker threads; 1 when absent, and always 1 for a temporal property. */
  readonly workers?: number | "auto" | undefined
  /**
   * false: a state without successors is no error. When absent, the .cfg decides (default: check).
   */
  readonly deadlock?: boolean | undefined
  /** Number of random behaviours to try, instead of all states. */
  readonly simulate?: number | undefined
  /** Length of a random behaviour, in states. */
  readonly depth?: number | undefined
  /** A 64-bit number. */
  readonly seed?: bigint | number | undefined
  /** Index (0 to 130) of the fingerprint polynomial; TLC draws one when absent. */
  readonly fp?: number | undefined
  readonly coverage?: boolean | undefined
  readonly continueAfterViolation?: boolean | undefined
  readonly stopAfterSeconds?: number | undefined
  /**
   * The run is expected to take seconds. The JVM then compiles quickly and not well, and collects
   * by one thread: about half the work where it takes some seconds, more where it takes minutes.
   */
  readonly short?: boolean | undefined
  /** The JVM's heap, as -Xmx takes it: `4g`, `800m`. */
  readonly heap?: string | undefined
  /** Directories put before the jar on the class path: compiled module overrides. */
  readonly classPath?: ReadonlyArray<string> | undefined
  /** Directories in which TLC finds modules besides the spec's own. */
  readonly library?: ReadonlyArray<string> | undefined
  /** Further system properties of the JVM (-Dname=value). */
  readonly properties?: Readonly<Record<string, string>> | undefined
  /** A file, ending in `.dot`, for the state graph; `dump.ts` reads it. */
  readonly dumpDot?: string | undefined
  /** Further flags of TLC. */
  readonly extra?: ReadonlyArray<string> | undefined
}

/** The specification or its configuration is not there. */
export class SpecMissing extends Data.TaggedError("SpecMissing")<{
  readonly path: string
  readonly hint: string
}> {
  override get message(): string {
    return `${this.path} does not exist. ${this.hint}`
  }
}
/** The configuration cannot be read as one. */
export class ConfigInvalid extends Data.TaggedError("ConfigInvalid")<{
  readonly path: string
  readonly line: number
  readonly cause: string
}> {
  override get message(): string {
    return `${this.path}:${this.line}: ${this.cause}`
  }
}
/** A combination that can make TLC miss errors or invent them. */
export class RunRefused extends Data.TaggedError("RunRefused")<{ readonly reason: string }> {
  override get message(): string {
    return this.reason
  }
}

export interface RunPlan {
  readonly directory: string
  /** Name of the root module. */
  readonly module: string
  readonly config: string
  readonly configuration: Configuration
  readonly workers: number | "auto"
  readonly limits: Limits
  /** What the user should know about the run besides its verdict. */
  readonly notes: ReadonlyArray<string>
  /** Arguments of the JVM and of TLC, without directories of the single run. */
  readonly jvmFlags: ReadonlyArray<string>
  readonly tlcFlags: ReadonlyArray<string>
}

/** Flags that the wrapper sets itself, and what to use instead. */
const owned = new Map([
  ["-tool", "it is always set"],
  ["-metadir", "every run has its own"],
  ["-workers", "use workers"],
  ["-config", "use config"],
  ["-deadlock", "it means: do NOT check deadlock; use no-deadlock"],
  ["-simulate", "use simulate"],
  ["-depth", "use depth"],
  ["-seed", "use seed"],
  ["-coverage", "use coverage"],
  ["-difftrace", "states are always printed whole; the text shows differences by itself"],
  ["-recover", "checkpoints are not kept"],
  ["-userFile", "what the specification prints is part of the report"],
])

const refuseFlags = (extra: ReadonlyArray<string>): Effect.Effect<void, RunRefused> => {
  const flag = extra.find((word) => owned.has(word))
  return flag === undefined
    ? Effect.void
    : Effect.fail(new RunRefused({ reason: `${flag} cannot be passed on: ${owned.get(flag)}.` }))
}

const readConfiguration = Effect.fn("readConfiguration")(function* (path: string) {
  if (!existsSync(path)) {
    const hint = "Write one, or name another with --config."
    return yield* new SpecMissing({ path, hint })
  }
  const read = parseConfiguration(readFileSync(path, "utf8"))
  if (Result.isSuccess(read)) return read.success
  const { line, message } = read.failure
  return yield* new ConfigInvalid({ path, line, cause: message })
})

const temporalProperties = (
  { properties }: Configuration,
  module: string,
  directories: ReadonlyArray<string>,
): ReadonlyArray<string> => {
  const source = (name: string): string | undefined => {
    const path = directories.map((d) => join(d, `${name}.tla`)).find((p) => existsSync(p))
    return path === undefined ? undefined : readFileSync(path, "utf8")
  }
  return properties.filter((property) => isTemporal(property, module, source))
}

const notesOf = (run: TlcRun, cfg: Configuration, temporal: ReadonlyArray<string>) => {
  const bounds = [...cfg.constraints, ...cfg.actionConstraints]
  const deadlock = run.deadlock ?? cfg.checkDeadlock
  const checked = cfg.invariants.length + cfg.properties.length + (deadlock ? 1 : 0)
  const several = run.workers !== undefined && run.workers !== 1
  return [
    ...(temporal.length > 0 && several
      ? [`one worker, because ${temporal.join(", ")} is temporal: several can miss violations`]
      : []),
    ...(run.simulate !== undefined && temporal.length === 0 && several
      ? ["several workers share a simulation in no fixed order; one worker repeats it exactly"]
      : []),
    ...(bounds.length > 0 ? [`only states within ${bounds.join(", ")} are explored`] : []),
    ...(cfg.view === undefined ? [] : [`states with the same VIEW ${cfg.view} count as one`]),
    ...(cfg.symmetry.length > 0 && cfg.properties.length > 0
      ? [`SYMMETRY is sound for ${cfg.properties.join(", ")} only if that is symmetric too`]
      : []),
    ...(checked === 0 ? ["nothing is checked: no invariant, no property, no deadlock"] : []),
  ]
}

const tlcFlags = (run: TlcRun, config: string, workers: number | "auto"): ReadonlyArray<string> => [
  "-tool",
  "-workers",
  String(workers),
  "-config",
  config,
  "-checkpoint",
  "0",
  ...(run.deadlock === false ? ["-deadlock"] : []),
  ...(run.simulate === undefined ? [] : ["-simulate", `num=${run.simulate}`]),
  ...(run.depth === undefined ? [] : ["-depth", String(run.depth)]),
  ...(run.seed === undefined ? [] : ["-seed", String(run.seed)]),
  ...(run.fp === undefined ? [] : ["-fp", String(run.fp)]),
  // The number is an interval in minutes; a block at the end is printed in any case.
  ...(run.coverage === true ? ["-coverage", "1440"] : []),
  ...(run.continueAfterViolation === true ? ["-continue"] : []),
  ...(run.dumpDot === undefined ? [] : ["-dump", "dot,actionlabels", resolve(run.dumpDot)]),
  ...(run.extra ?? []),
]

const jvmFlags = (run: TlcRun): ReadonlyArray<string> => [
  ...(run.short === true
    ? ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    : ["-XX:+UseParallelGC"]),
  "-Xss64m",
  ...(run.heap === undefined ? [] : [`-Xmx${run.heap}`]),
  // TLC groups digits as the locale does; the reader expects English.
  "-Duser.language=en",
  "-Duser.country=US",
  "-Dfile.encoding=UTF-8",
  ...(run.library === undefined
    ? []
    : [`-DTLA-Library=${run.library.map((d) => resolve(d)).join(delimiter)}`]),
  ...(run.stopAfterSeconds === undefined ? [] : [`-Dtlc2.TLC.stopAfter=${run.stopAfterSeconds}`]),
  ...Object.entries(run.properties ?? {}).map(([name, value]) => `-D${name}=${value}`),
]

/** Plans a run, or says why it must not be run so. Reads the .cfg and the modules, runs nothing. */
export const planRun = Effect.fn("planRun")(function* (run: TlcRun) {
  const spec = resolve(run.spec)
  if (!spec.endsWith(".tla") || !existsSync(spec)) {
    const hint = "Name the file of the root module, ending in .tla."
    return yield* new SpecMissing({ path: run.spec, hint })
  }
  yield* refuseFlags(run.extra ?? [])
  const directory = dirname(spec)
  const module = basename(spec, ".tla")
  const config = run.config === undefined ? join(directory, `${module}.cfg`) : resolve(run.config)
  const configuration = yield* readConfiguration(config)
  const directories = [directory, ...(run.library ?? [])]
  const temporal = temporalProperties(configuration, module, directories)
  if (temporal.length > 0 && configuration.symmetry.length > 0) {
    const symmetry = configuration.symmetry.join(", ")
    const both = `SYMMETRY ${symmetry} with the temporal property ${temporal.join(", ")}`
    const harm = "TLC can then miss violations and report false ones"
    const reason = `${both}: ${harm}. Remove one of the two`
    return yield* new RunRefused({ reason: `${reason} from ${config}.` })
  }
  const workers = temporal.length > 0 ? 1 : (run.workers ?? 1)
  const plan: RunPlan = {
    directory,
    module,
    config,
    configuration,
    workers,
    limits: {
      stopAfterSeconds: run.stopAfterSeconds,
      continued: run.continueAfterViolation === true || (run.extra ?? []).includes("-continue"),
      symmetry: configuration.symmetry.length > 0,
      temporalProperties: temporal,
    },
    notes: notesOf(run, configuration, temporal),
    jvmFlags: jvmFlags(run),
    tlcFlags: tlcFlags(run, config, workers),
  }
  return plan
})
