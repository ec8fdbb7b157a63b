/** Looks at the machine, one finding a requirement. Nothing is installed or fetched. */
import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs"
import { createServer } from "node:net"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { stripVTControlCharacters } from "node:util"
import { Effect } from "effect"
import { findJar, jarArtifact, type JarError } from "../tla-tools/jar.ts"
import { findJava, findJavac, type Java } from "../tla-tools/java.ts"
import { runToEnd, type Environment } from "../tla-tools/subprocess.ts"

export interface Finding {
  readonly name: string
  /** `warning`: the main job runs, but slower or with less checked. */
  readonly status: "ok" | "warning" | "missing"
  readonly found: string
  readonly fix?: string
}

const oldestNode = 24
const lowestDiskBytes = 500 * 2 ** 20
const slowSyncMs = 20
/** Where `prophecy start` writes unless it is told otherwise. */
export const workFolder = ".prophecy"

const node: Finding =
  Number(process.versions.node.split(".")[0]) >= oldestNode
    ? { name: "node", status: "ok", found: `${process.version} (${process.execPath})` }
    : {
        name: "node",
        status: "missing",
        found: `${process.version} (${process.execPath})`,
        fix: `Run "npm ci", which brings Node ${oldestNode}, or install Node ${oldestNode}.`,
      }

const cores = (): Finding => {
  const count = availableParallelism()
  const found = `${count} for this process`
  if (count >= 2) return { name: "cores", status: "ok", found }
  const fix = "Use a machine with 2 cores or more: replicas, clients and TLC share them."
  return { name: "cores", status: "warning", found, fix }
}

const java = (environment: Environment) =>
  findJava(environment).pipe(
    Effect.map((found) => ({ found, error: undefined })),
    Effect.catch((error) => Effect.succeed({ found: undefined, error })),
  )

const javaFinding = (found: Java | undefined, problem: string): Finding =>
  found === undefined
    ? { name: "java", status: "missing", ...parted(problem) }
    : { name: "java", status: "ok", found: `${found.version} (${found.path})` }

/** A tool's message says first what is wrong, then what to do; the latter starts a sentence. */
const parted = (message: string): { readonly found: string; readonly fix: string } => {
  const at = message.search(/(?<=\. )(Install|Correct|If|Delete|Make|Check)\b/)
  return at < 0
    ? { found: message, fix: message }
    : { found: message.slice(0, at).trim(), fix: message.slice(at) }
}

const javac = (found: Java | undefined, environment: Environment): Effect.Effect<Finding> => {
  if (found === undefined) {
    const fix = "Install a JDK 17: it comes with java."
    return Effect.succeed({ name: "javac", status: "missing", found: "no java beside it", fix })
  }
  return findJavac(found, environment).pipe(
    Effect.map((path): Finding => ({ name: "javac", status: "ok", found: path })),
    Effect.catch((error) =>
      Effect.succeed<Finding>({ name: "javac", status: "missing", ...parted(error.message) }),
    ),
  )
}

const maven = (environment: Environment): Effect.Effect<string | undefined> =>
  runToEnd("mvn", ["--version"], environment).pipe(
    Effect.map(({ code, stdout }) =>
      code === 0 ? stripVTControlCharacters(stdout).split("\n")[0] : undefined,
    ),
    Effect.catch(() => Effect.succeed(undefined)),
  )

/** The jar in place counts; else Maven would fetch it at the first use. */
const tools = (environment: Environment, mavenFound: string | undefined) => {
  const inPlace = findJar({ ...environment, PATH: "" })
  const ok = (path: string): Finding => ({
    name: "tla tools",
    status: "ok",
    found: `${path} (checksum verified)`,
  })
  const lacking = (error: JarError): Finding =>
    error._tag === "MavenMissing" && mavenFound !== undefined
      ? { name: "tla tools", status: "ok", found: `Maven fetches ${jarArtifact} at the first use` }
      : { name: "tla tools", status: "missing", ...parted(error.message) }
  return inPlace.pipe(
    Effect.map(ok),
    Effect.catch((error) => Effect.succeed(lacking(error))),
  )
}

const mavenFinding = (found: string | undefined, jar: Finding): Finding => {
  if (found !== undefined) return { name: "maven", status: "ok", found }
  const fix = "Install Maven (Debian, Ubuntu: apt install maven; macOS: brew install maven)."
  return jar.status === "ok"
    ? { name: "maven", status: "ok", found: "not on PATH, and not needed: the jar is in place" }
    : { name: "maven", status: "missing", found: "mvn is not on PATH", fix }
}

/** Why nobody can listen on a loopback port now, as the system names it; undefined: one can. */
export const whyNotListen = (port: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(undefined)))
  })

const ports = async (): Promise<Finding> => {
  const any = await whyNotListen(0)
  if (any !== undefined) {
    const fix = "Bring the loopback interface up (ip link set lo up) and allow this user to listen."
    return { name: "ports", status: "missing", found: `127.0.0.1 cannot be used: ${any}`, fix }
  }
  const usual = await whyNotListen(8080)
  if (usual === undefined) return { name: "ports", status: "ok", found: "127.0.0.1, 8080 is free" }
  const fix = "prophecy start --serve needs --port with another number; 0 takes any free one."
  return { name: "ports", status: "warning", found: `127.0.0.1, but not 8080: ${usual}`, fix }
}

const disk = (): Finding => {
  const { bavail, bsize } = statfsSync(".")
  const free = bavail * bsize
  const found = `${(free / 2 ** 30).toFixed(1)} GiB free here`
  if (free >= lowestDiskBytes) return { name: "disk", status: "ok", found }
  const fix = "Free 500 MiB here, or name another disk with --out: traces are large."
  return { name: "disk", status: "missing", found, fix }
}

/** Milliseconds of one append and fdatasync, the median of 25. */
const syncMs = (folder: string): number => {
  const file = openSync(join(folder, "sync"), "w")
  const block = Buffer.alloc(4096)
  const took: Array<number> = []
  for (let round = 0; round < 25; round++) {
    const startedAt = performance.now()
    writeSync(file, block)
    fdatasyncSync(file)
    took.push(performance.now() - startedAt)
  }
  closeSync(file)
  return took.sort((a, b) => a - b)[12] ?? 0
}

/** A folder of this run under the work folder; undefined where that cannot be written. */
const ownFolder = (): string | undefined => {
  try {
    mkdirSync(workFolder, { recursive: true })
    return mkdtempSync(join(workFolder, "doctor-"))
  } catch {
    return undefined
  }
}

const sync = (): Finding => {
  const folder = ownFolder()
  if (folder === undefined) {
    const fix = `Make this folder writable, or name another one with --out (${tmpdir()}, say).`
    return { name: "fsync", status: "missing", found: `${workFolder} cannot be written`, fix }
  }
  const ms = syncMs(folder)
  rmSync(folder, { recursive: true })
  const found = `${ms.toFixed(2)} ms for 4 KiB`
  if (ms <= slowSyncMs) return { name: "fsync", status: "ok", found }
  const fix = "Replicas wait for the disk; name a folder on a faster one with --out."
  return { name: "fsync", status: "warning", found, fix }
}

/** Every finding, in the order in which the main job needs them. */
export const examine = Effect.fn("examine")(function* (environment: Environment) {
  const foundJava = yield* java(environment)
  const foundMaven = yield* maven(environment)
  const jar = yield* tools(environment, foundMaven)
  return [
    node,
    cores(),
    yield* Effect.promise(ports),
    disk(),
    sync(),
    javaFinding(foundJava.found, foundJava.error?.message ?? ""),
    yield* javac(foundJava.found, environment),
    jar,
    mavenFinding(foundMaven, jar),
  ] satisfies ReadonlyArray<Finding>
})
