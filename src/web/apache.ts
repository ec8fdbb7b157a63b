/**
 * Apache httpd as origins of replicas: one unprivileged process and one document root for each,
 * with a configuration of our own. The roots hold the same files with the same modification times,
 * and tags come from contents, so equal files give equal responses at every replica.
 */
import { type ChildProcess, spawn } from "node:child_process"
import {
  accessSync,
  chmodSync,
  chownSync,
  constants,
  cpSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs"
import { createServer, connect } from "node:net"
import { delimiter, dirname, join, resolve as resolvePath } from "node:path"
import { Data } from "effect"

/** There is no Apache on this machine. */
export class ApacheMissing extends Data.TaggedError("ApacheMissing")<{
  readonly looked: ReadonlyArray<string>
}> {
  override get message(): string {
    const where = this.looked.join(", ")
    return `Apache httpd was not found (looked for ${where}). Debian: apt-get install apache2; elsewhere set PROPHECY_APACHE to its program.`
  }
}

/** Apache did not start, or its root cannot be used. */
export class ApacheFailed extends Data.TaggedError("ApacheFailed")<{
  readonly reason: string
  readonly output: string
}> {
  override get message(): string {
    return this.output === "" ? this.reason : `${this.reason}\n${this.output}`
  }
}

export interface Apache {
  readonly program: string
  /** Where its modules are. */
  readonly modules: string
}

const moduleFolders = [
  "/usr/lib/apache2/modules",
  "/usr/lib64/httpd/modules",
  "/usr/libexec/apache2",
  "/usr/local/apache2/modules",
]

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/**
 * The program that PROPHECY_APACHE names, or apache2 or httpd on PATH and where Debian has it; its
 * modules where PROPHECY_APACHE_MODULES says, or where systems keep them.
 */
export const findApache = (environment: NodeJS.ProcessEnv): Apache | ApacheMissing => {
  const named = environment["PROPHECY_APACHE"]
  const folders = [...(environment["PATH"] ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"]
  const looked =
    named === undefined ? folders.flatMap((f) => [join(f, "apache2"), join(f, "httpd")]) : [named]
  const program = looked.find(isProgram)
  if (program === undefined) {
    return new ApacheMissing({ looked: named === undefined ? ["apache2", "httpd"] : [named] })
  }
  const folder = environment["PROPHECY_APACHE_MODULES"]
  const places = folder === undefined ? moduleFolders : [folder]
  const modules = places.find((m) => existsSync(join(m, "mod_mime.so")))
  if (modules === undefined) return new ApacheMissing({ looked: places })
  return { program, modules }
}

export interface OriginOptions {
  readonly apache: Apache
  /** Configuration, log and document root of this instance. */
  readonly folder: string
  readonly port: number
  /** The files to serve; they are copied. */
  readonly root: string
}

export interface Origin {
  readonly url: string
  readonly port: number
  readonly pid: number
  /** The document root of this instance: change files there, and it answers differently. */
  readonly documents: string
  /** Resolves when the process has ended, with what it said last. */
  readonly ended: Promise<ApacheFailed>
  readonly stop: () => Promise<void>
}

/** Copies a tree; files and folders keep their modification times, everyone may read them. */
const copyRoot = (from: string, to: string): void => {
  cpSync(from, to, { recursive: true, preserveTimestamps: true, dereference: true })
  const visit = (source: string, target: string): void => {
    const { atime, mtime } = statSync(source)
    const isFolder = statSync(target).isDirectory()
    chmodSync(target, isFolder ? 0o755 : 0o644)
    if (isFolder)
      for (const name of readdirSync(source)) visit(join(source, name), join(target, name))
    lutimesSync(target, atime, mtime)
  }
  visit(from, to)
}

/** The first folder on the way to `folder` that only its owner may enter; none when all may. */
const closedFolder = (folder: string): string | undefined => {
  const above = dirname(folder)
  const first = above === folder ? undefined : closedFolder(above)
  return first ?? ((statSync(folder).mode & 0o001) === 0 ? folder : undefined)
}

/** A user that may do nothing, for when Apache is started by root; else it stays who it is. */
const identity = (): ReadonlyArray<string> =>
  process.getuid?.() === 0 ? ["User nobody", "Group nogroup"] : []

const configText = ({ apache, folder, port }: OriginOptions, documents: string): string => {
  // Those that Debian builds as modules; elsewhere some are built in, without a file.
  const wanted = ["mpm_event", "authz_core", "mime", "dir", "unixd", "log_config"]
  const loaded = wanted.filter((m) => existsSync(join(apache.modules, `mod_${m}.so`)))
  return [
    `ServerRoot "${folder}"`,
    ...loaded.map((m) => `LoadModule ${m}_module "${join(apache.modules, `mod_${m}.so`)}"`),
    ...identity(),
    `Listen 127.0.0.1:${port}`,
    "ServerName origin.invalid",
    `PidFile "${join(folder, "pid")}"`,
    `ErrorLog "${join(folder, "error.log")}"`,
    `DefaultRuntimeDir "${folder}"`,
    `DocumentRoot "${documents}"`,
    "TypesConfig /dev/null",
    ...Object.entries(types).map(([type, names]) => `AddType ${type} ${names}`),
    "DirectoryIndex index.html",
    // Contents, not inode or time: the same at every replica.
    "FileETag Digest",
    "ServerTokens Prod",
    "KeepAlive On",
    "MaxKeepAliveRequests 0",
    "KeepAliveTimeout 60",
    "StartServers 1",
    "ServerLimit 2",
    "ThreadsPerChild 64",
    "MaxRequestWorkers 128",
    `<Directory "${documents}">`,
    "  Require all granted",
    "</Directory>",
    "",
  ].join("\n")
}

const types = {
  "text/html": ".html .htm",
  "text/css": ".css",
  "text/javascript": ".js .mjs",
  "text/plain": ".txt",
  "application/json": ".json",
  "image/png": ".png",
  "image/jpeg": ".jpg .jpeg",
  "image/svg+xml": ".svg",
  "image/webp": ".webp",
} as const

/** A free port of loopback; somebody may take it before it is used. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once("error", reject)
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0))
    })
  })

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy()
      resolve(true)
    })
    socket.once("error", () => resolve(false))
  })

const lastLines = (path: string): string =>
  existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").slice(-5).join("\n") : ""

const startMs = 20_000

/** Waits until the port answers; rejects when the process ends before. */
const ready = async (port: number, ended: Promise<ApacheFailed>): Promise<void> => {
  let failure: ApacheFailed | undefined
  void ended.then((error) => {
    failure = error
  })
  for (const deadline = Date.now() + startMs; Date.now() < deadline; ) {
    if (failure !== undefined) throw failure
    if (await answers(port)) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new ApacheFailed({ reason: `Apache did not answer on port ${port}`, output: "" })
}

const stopChild = async (child: ChildProcess, ended: Promise<ApacheFailed>): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill("SIGTERM")
  const force = setTimeout(() => child.kill("SIGKILL"), 5_000)
  await ended
  clearTimeout(force)
}

/** Starts one instance. Rejects with `ApacheFailed`. */
export const startApache = async (options: OriginOptions): Promise<Origin> => {
  const { apache, folder, port, root } = options
  if (!existsSync(root) || !statSync(root).isDirectory()) {
    throw new ApacheFailed({ reason: `${root} is no folder`, output: "" })
  }
  mkdirSync(folder, { recursive: true })
  const documents = join(folder, "documents")
  rmSync(documents, { recursive: true, force: true })
  copyRoot(root, documents)
  const closed = process.getuid?.() === 0 ? closedFolder(resolvePath(documents)) : undefined
  if (closed !== undefined) {
    const reason = `${closed} is closed to other users, and Apache started by root runs as nobody: chmod o+x it, or choose another folder`
    throw new ApacheFailed({ reason, output: "" })
  }
  const config = join(folder, "httpd.conf")
  writeFileSync(config, configText(options, documents))
  if (process.getuid?.() === 0) chownSync(folder, 65_534, 65_534)
  const child = spawn(apache.program, ["-f", config, "-D", "FOREGROUND"], {
    stdio: ["ignore", "ignore", "pipe"],
  })
  let said = ""
  child.stderr?.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-2_000)
  })
  const ended = new Promise<ApacheFailed>((resolve) => {
    const end = (reason: string): void => {
      const output = `${said}${lastLines(join(folder, "error.log"))}`.trim()
      resolve(new ApacheFailed({ reason, output }))
    }
    child.once("error", (error) => end(`Apache cannot be started: ${error.message}`))
    child.once("close", (code, signal) => end(`Apache ended with ${signal ?? code}`))
  })
  const killAtExit = (): void => void child.kill("SIGKILL")
  process.once("exit", killAtExit)
  void ended.then(() => process.removeListener("exit", killAtExit))
  try {
    await ready(port, ended)
  } catch (error) {
    await stopChild(child, ended)
    throw error
  }
  const url = `http://127.0.0.1:${port}`
  return { url, port, pid: child.pid ?? 0, documents, ended, stop: () => stopChild(child, ended) }
}
