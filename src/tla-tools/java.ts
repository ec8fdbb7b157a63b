/**
 * Finds Java (and javac beside it): JAVA_HOME first, then PATH. TLC needs 11; 17 is recommended.
 */
import { existsSync, realpathSync } from "node:fs"
import { delimiter, dirname, join } from "node:path"
import { Data, Effect } from "effect"
import { type Environment, runToEnd } from "./subprocess.ts"

export const oldestJava = 11

export interface Java {
  readonly path: string
  /** Feature version: 17 for "17.0.15", 8 for "1.8.0_292". */
  readonly major: number
  readonly version: string
}

const remedy = [
  "Install a JDK 17 (Debian, Ubuntu: apt install openjdk-17-jdk-headless;",
  "macOS: brew install openjdk@17) or set JAVA_HOME to one.",
].join(" ")

/** No Java where we looked. */
export class JavaMissing extends Data.TaggedError("JavaMissing")<{ readonly looked: string }> {
  override get message(): string {
    return `TLC needs Java ${oldestJava} or newer, and there is none in ${this.looked}. ${remedy}`
  }
}
/** A Java that does not run, or is older than TLC needs. */
export class JavaUnusable extends Data.TaggedError("JavaUnusable")<{
  readonly path: string
  readonly found: string
}> {
  override get message(): string {
    return `TLC needs Java ${oldestJava} or newer, but ${this.path} says: ${this.found}. ${remedy}`
  }
}
/** Java without the compiler that module overrides need. */
export class JavacMissing extends Data.TaggedError("JavacMissing")<{ readonly java: string }> {
  override get message(): string {
    return `Module overrides need javac, and ${this.java} comes without it: it is a JRE. ${remedy}`
  }
}

const onPath = (program: string, environment: Environment): string | undefined =>
  (environment.PATH ?? "")
    .split(delimiter)
    .filter((directory) => directory !== "")
    .map((directory) => join(directory, program))
    .find((path) => existsSync(path))

/** The Java that a shell with this environment would use, JAVA_HOME first. */
export const findJava = Effect.fn("findJava")(function* (environment: Environment) {
  const home = environment.JAVA_HOME ?? ""
  const path = home === "" ? onPath("java", environment) : join(home, "bin", "java")
  if (path === undefined || !existsSync(path)) {
    const looked = home === "" ? "PATH (JAVA_HOME is not set)" : `JAVA_HOME=${home}`
    return yield* new JavaMissing({ looked })
  }
  const answer = yield* runToEnd(path, ["-version"], environment).pipe(
    Effect.mapError((error) => new JavaUnusable({ path, found: error.message })),
  )
  const said = (answer.stderr + answer.stdout).trim()
  const version = /version "([^"]+)"/.exec(said)?.[1] ?? ""
  const major = Number(/^(?:1\.)?(\d+)/.exec(version)?.[1] ?? 0)
  if (answer.code !== 0 || major < oldestJava) {
    return yield* new JavaUnusable({ path, found: said.split("\n")[0] ?? "" })
  }
  const java: Java = { path, major, version }
  return java
})

/** The javac of this Java, or the one on PATH. */
export const findJavac = (
  java: Java,
  environment: Environment,
): Effect.Effect<string, JavacMissing> =>
  Effect.suspend(() => {
    const besides = [dirname(java.path), dirname(realpathSync(java.path))].map((d) =>
      join(d, "javac"),
    )
    const path = besides.find((p) => existsSync(p)) ?? onPath("javac", environment)
    return path === undefined
      ? Effect.fail(new JavacMissing({ java: java.path }))
      : Effect.succeed(path)
  })
