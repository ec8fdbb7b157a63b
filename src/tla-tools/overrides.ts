/**
 * Operators of a TLA+ module written in Java. TLC loads the class `tlc2.overrides.TLCOverrides`
 * when it is on the class path before the jar; this compiles such sources, once for each content.
 */
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises"
import { join, resolve } from "node:path"
import { Data, Effect } from "effect"
import { cacheDirectory, inCache, jarChecksum } from "./jar.ts"
import { findJavac } from "./java.ts"
import { runToEnd, tail } from "./subprocess.ts"
import { Toolchain } from "./toolchain.ts"

/** The folder has no `*.java`, or cannot be read. */
export class OverridesMissing extends Data.TaggedError("OverridesMissing")<{
  readonly folder: string
}> {
  override get message(): string {
    return `${this.folder} has no .java file that can be read: module overrides are Java sources.`
  }
}
/** javac refused the sources. */
export class OverridesInvalid extends Data.TaggedError("OverridesInvalid")<{
  readonly folder: string
  readonly output: string
}> {
  override get message(): string {
    return `javac cannot compile the module overrides in ${this.folder}:\n${this.output}`
  }
}

interface Source {
  readonly name: string
  readonly content: Buffer
}

const readSources = (folder: string): Effect.Effect<ReadonlyArray<Source>, OverridesMissing> =>
  Effect.tryPromise({
    try: async () => {
      const names = (await readdir(folder, { recursive: true })).filter((n) => n.endsWith(".java"))
      if (names.length === 0) throw new Error("no sources")
      return Promise.all(
        names.sort().map(async (name) => ({ name, content: await readFile(join(folder, name)) })),
      )
    },
    catch: () => new OverridesMissing({ folder }),
  })

const keyOf = (sources: ReadonlyArray<Source>, jar: string, java: number): string => {
  const hash = createHash("sha256").update(`${jar} ${java}`)
  for (const { name, content } of sources) {
    hash.update(`\n${name} ${content.length}\n`).update(content)
  }
  return hash.digest("hex").slice(0, 32)
}

/**
 * Compiles all `*.java` below `folder` against the jar and answers with the directory to put on the
 * class path ({@link TlcRun.classPath}). Cached by content, so a second call compiles nothing.
 */
export const compileOverrides = Effect.fn("compileOverrides")(function* (folder: string) {
  const { java, jar, environment } = yield* Toolchain
  const sources = yield* readSources(folder)
  const cache = join(cacheDirectory(environment), "overrides")
  const checksum = environment.PROPHECY_TLA_JAR_SHA256 ?? jarChecksum
  const compiled = join(cache, keyOf(sources, checksum, java.major))
  if (existsSync(compiled)) return compiled
  const javac = yield* findJavac(java, environment)
  yield* inCache(cache, () => mkdir(cache, { recursive: true }))
  const work = yield* inCache(cache, () => mkdtemp(join(cache, "compile-")))
  const paths = sources.map(({ name }) => resolve(folder, name))
  const options = ["-nowarn", "--release", String(java.major), "-cp", jar, "-d", work]
  return yield* Effect.gen(function* () {
    const done = yield* runToEnd(javac, [...options, ...paths], environment)
    if (done.code !== 0) {
      return yield* new OverridesInvalid({ folder, output: tail(done.stdout + done.stderr, 20) })
    }
    // Another process may have been faster: its result is the same.
    yield* inCache(compiled, () => rename(work, compiled)).pipe(
      Effect.catchIf(
        () => existsSync(compiled),
        () => Effect.void,
      ),
    )
    return compiled
  }).pipe(Effect.ensuring(Effect.promise(() => rm(work, { recursive: true, force: true }))))
})
