import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Fiber, Queue, Result, Stream } from "effect"
import { describe, expect, it } from "vitest"
import { neverTaken } from "../../src/tla-tools/coverage.ts"
import type { TlcEvent } from "../../src/tla-tools/event.ts"
import { compileOverrides } from "../../src/tla-tools/overrides.ts"
import { planRun } from "../../src/tla-tools/run-plan.ts"
import { runTlc, tlcEvents } from "../../src/tla-tools/tlc.ts"
import { findToolchain, Toolchain } from "../../src/tla-tools/toolchain.ts"
import { expectViolations, matchedEvents } from "../../src/tla-tools/verdict.ts"
import { ringConfig, run, specPath, work, writeConfig } from "./run-spec.ts"

const ring = specPath("Ring.tla")
const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

describe("a run of the real TLC", () => {
  it("explores everything, counts what each action did, and leaves no file behind", async () => {
    const before = readdirSync(specPath("."))
    const { verdict, report, plan } = await run({ spec: ring, coverage: true, seed: -5n, fp: 3 })
    expect(verdict).toEqual({ _tag: "exhaustive" })
    expect(report.statistics).toEqual({ generated: 30, distinct: 14, queue: 0 })
    expect(report.depth).toBe(7)
    expect(report.mode).toMatchObject({ seed: "-5", fp: 3, workers: 1 })
    expect(report.coverage && neverTaken(report.coverage).map(({ name }) => name)).toEqual([
      "Never",
    ])
    expect(plan.notes).toEqual([])
    expect(readdirSync(specPath("."))).toEqual(before)
  })

  it("finds each kind of property violated, with a counterexample", async () => {
    const cases = [
      ["INVARIANT SmallLaps", "SmallLaps", "invariant", 4],
      ["PROPERTY NeverReset", "NeverReset", "property", 6],
      ["PROPERTY SomeLaps", "SomeLaps", "temporal", 3],
    ] as const
    for (const [checks, name, kind, states] of cases) {
      const { verdict } = await run({ spec: ring, config: ringConfig(checks) })
      const [violation] = Result.getOrThrow(expectViolations(verdict, [name]))
      expect(violation).toMatchObject({ kind, name })
      expect(violation?.trace.states).toHaveLength(states)
    }
  })

  it("forces one worker for a temporal property, and says so", async () => {
    const config = ringConfig("PROPERTY SomeLaps", "FairSpec")
    const { verdict, report, plan } = await run({ spec: ring, config, workers: 2 })
    expect(verdict).toEqual({ _tag: "exhaustive" })
    expect(report.mode?.workers).toBe(1)
    expect(plan.notes).toEqual([
      "one worker, because SomeLaps is temporal: several can miss violations",
    ])
  })

  it("that finds no initial state has checked nothing", async () => {
    const spec = join(work, "Zero.tla")
    const text =
      "---- MODULE Zero ----\nVARIABLE x\nInit == x \\in {} /\\ x = 1\nNext == x' = x\n====\n"
    writeFileSync(spec, text)
    const { verdict, report } = await run({ spec, config: writeConfig("INIT Init\nNEXT Next\n") })
    expect([report.exit?.code, report.success]).toEqual([0, true])
    expect(verdict).toMatchObject({ _tag: "failed", kind: "vacuous" })
  })

  it("that follows a trace is accepted by its depth", async () => {
    const follow = async (third: string) => {
      const checks = "INIT Init\nNEXT Next\nCHECK_DEADLOCK FALSE\nINVARIANT Noted\n"
      const config = writeConfig(`${checks}CONSTANT Third = "${third}"\n`)
      const { report, verdict } = await run({ spec: specPath("Follow.tla"), config })
      expect(report.exit?.code).toBe(0)
      expect(report.printed).toContain('<<"reached", 2>>')
      return Result.getOrThrow(matchedEvents(report, verdict))
    }
    expect(await follow("down")).toBe(4)
    expect(await follow("sideways")).toBe(2)
  })

  it("uses operators compiled from Java, once for each content", async () => {
    const spec = specPath("Doubling.tla")
    const plain = await run({ spec })
    expect(Result.isSuccess(expectViolations(plain.verdict, ["Grows"]))).toBe(true)
    // A cache of its own; the jar is the one in use.
    const found = await Effect.runPromise(findToolchain(process.env))
    const environment = { ...process.env, XDG_CACHE_HOME: mkdtempSync(join(work, "cache-")) }
    const provide = Effect.provideService(Toolchain, { ...found, environment })
    const compile = (folder: string) => compileOverrides(folder).pipe(provide)
    const [first, second] = await Effect.runPromise(
      Effect.all([compile(specPath("overrides")), compile(specPath("overrides"))], {
        concurrency: 2,
      }),
    )
    expect(second).toBe(first)
    const { verdict, report } = await run({ spec, classPath: [first] })
    expect(verdict).toEqual({ _tag: "exhaustive" })
    expect(report.statistics?.distinct).toBe(4)
    const invalid = mkdtempSync(join(work, "java-"))
    const missing = await Effect.runPromise(Effect.flip(compile(invalid)))
    expect(missing._tag).toBe("OverridesMissing")
    writeFileSync(join(invalid, "Broken.java"), "class Broken { int x = ; }")
    const broken = await Effect.runPromise(Effect.flip(compile(invalid)))
    expect(broken.message).toContain("illegal start of expression")
    expect(readdirSync(join(first, ".."))).toHaveLength(1)
  })
})

describe("a run that ends early takes its JVM with it", () => {
  const directoryOf = (events: ReadonlyArray<TlcEvent>): number => {
    const started = events.find(({ _tag }) => _tag === "Started")
    return started?._tag === "Started" ? started.pid : 0
  }
  const exploring = ({ _tag }: TlcEvent): boolean => _tag === "InitialStates"

  it("when the fiber is interrupted", async () => {
    const program = Effect.gen(function* () {
      const queue = yield* Queue.unbounded<TlcEvent>()
      const fiber = yield* Effect.forkChild(
        runTlc({ spec: specPath("Counters.tla") }, (event) => Queue.offer(queue, event)),
      )
      const seen: Array<TlcEvent> = []
      while (!seen.some(exploring)) seen.push(yield* Queue.take(queue))
      const pid = directoryOf(seen)
      expect(alive(pid)).toBe(true)
      yield* Fiber.interrupt(fiber)
      return pid
    })
    const pid = await Effect.runPromise(program.pipe(Effect.provide(Toolchain.layer)))
    expect(pid).toBeGreaterThan(0)
    expect(alive(pid)).toBe(false)
  })

  it("when nobody reads its events any more", async () => {
    const events = tlcEvents({ spec: specPath("Counters.tla") }).pipe(
      Stream.takeUntil(exploring),
      Stream.runCollect,
      Effect.provide(Toolchain.layer),
    )
    const pid = directoryOf([...(await Effect.runPromise(events))])
    expect(pid).toBeGreaterThan(0)
    expect(alive(pid)).toBe(false)
  })

  it("is failed, not exhaustive, when somebody else kills the JVM", async () => {
    const program = runTlc({ spec: specPath("Counters.tla") }, (event) =>
      Effect.sync(() => {
        if (event._tag === "Started") process.kill(event.pid, "SIGKILL")
      }),
    )
    const { verdict } = await Effect.runPromise(program.pipe(Effect.provide(Toolchain.layer)))
    expect(verdict).toMatchObject({ _tag: "failed", kind: "killed" })
  })

  it("is bounded when the time limit stops it", async () => {
    const { verdict, report } = await run({ spec: specPath("Counters.tla"), stopAfterSeconds: 1 })
    expect([report.exit?.code, report.success]).toEqual([0, true])
    expect(verdict).toMatchObject({ _tag: "bounded" })
  })
})

describe("a run is refused", () => {
  const refusal = (options: Parameters<typeof planRun>[0]) =>
    Effect.runPromise(Effect.flip(planRun(options)))

  it("with SYMMETRY and a temporal property; with an action property it is not", async () => {
    const config = ringConfig("PROPERTY SomeLaps\nSYMMETRY Symmetry")
    const error = await refusal({ spec: ring, config })
    expect(error._tag).toBe("RunRefused")
    expect(error.message).toContain("SYMMETRY Symmetry with the temporal property SomeLaps")
    const allowed = ringConfig("PROPERTY OneStep\nSYMMETRY Symmetry")
    const plan = await Effect.runPromise(planRun({ spec: ring, config: allowed, workers: 2 }))
    expect(plan.workers).toBe(2)
    expect(plan.notes[0]).toContain("SYMMETRY is sound for OneStep only if")
  })

  it("never for its length: short, the JVM compiles and collects with less effort", async () => {
    const flags = async (short?: boolean) =>
      (await Effect.runPromise(planRun({ spec: ring, short }))).jvmFlags
    const quick = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"]
    expect(await flags(true)).toEqual(expect.arrayContaining(quick))
    expect(await flags()).toEqual(await flags(false))
    expect((await flags()).filter((flag) => quick.includes(flag))).toEqual([])
  })

  it("with flags that are the wrapper's own", async () => {
    for (const flag of ["-deadlock", "-metadir", "-workers", "-simulate"]) {
      const error = await refusal({ spec: ring, extra: [flag] })
      expect(error.message).toContain(`${flag} cannot be passed on`)
    }
  })

  it("without a specification, a configuration, or one that can be read", async () => {
    expect((await refusal({ spec: "Nope.tla" })).message).toContain("Nope.tla does not exist")
    expect((await refusal({ spec: specPath("Follow.tla") }))._tag).toBe("SpecMissing")
    const config = writeConfig("SPECIFICATION Spec\nALIAS A\n")
    const error = await refusal({ spec: ring, config })
    expect(error.message).toBe(`${config}:2: ALIAS is not supported by TLC 2.18; remove it`)
  })

  it("notes what limits the meaning of its verdict", async () => {
    const config = writeConfig("INIT Init\nNEXT Next\nCONSTRAINT B\nVIEW V\nCHECK_DEADLOCK FALSE\n")
    const { notes } = await Effect.runPromise(planRun({ spec: ring, config }))
    expect(notes).toEqual([
      "only states within B are explored",
      "states with the same VIEW V count as one",
      "nothing is checked: no invariant, no property, no deadlock",
    ])
    rmSync(config)
    expect(existsSync(config)).toBe(false)
  })
})
