#!/usr/bin/env node
/**
 * Starts the command. Plain JavaScript that any Node from 18 reads: the product itself needs
 * Node 24, which comes as the npm package `node`; an older Node hands over to that one.
 */
import { spawn } from "node:child_process"
import { existsSync, readdirSync, statSync } from "node:fs"
import * as nodeModule from "node:module"
import { homedir } from "node:os"
import { dirname, join, sep } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"

const launcher = fileURLToPath(import.meta.url)
const root = dirname(dirname(launcher))
const oldestNode = 24

/** The Node 24 that npm installed with this package. */
const ownNode = () => {
  const require = nodeModule.createRequire(import.meta.url)
  const name = process.platform === "win32" ? "node.exe" : "node"
  try {
    const path = join(dirname(require.resolve("node/package.json")), "bin", name)
    return existsSync(path) ? path : undefined
  } catch {
    return undefined
  }
}

/** Runs the same command line under `node`; signals and the exit code pass through. */
const handOver = (node) => {
  const child = spawn(node, [launcher, ...process.argv.slice(2)], { stdio: "inherit" })
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"]
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on("error", (error) => {
    process.stderr.write(`prophecy: ${node} does not start: ${error.message}\n`)
    process.exit(70)
  })
  child.on("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 70)
    for (const name of signals) process.removeAllListeners(name)
    process.kill(process.pid, signal)
  })
}

const newestBelow = (directory) => {
  let newest = 0
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? newestBelow(path) : statSync(path).mtimeMs)
  }
  return newest
}

/** The bundle; in a checkout whose sources are newer than the bundle, the sources. */
const entry = () => {
  const bundle = join(root, "dist", "prophecy.js")
  const source = join(root, "src", "cli", "main.ts")
  const installed = root.split(sep).includes("node_modules")
  if (installed || !existsSync(source)) return bundle
  const built = existsSync(bundle) ? statSync(bundle).mtimeMs : 0
  return built > newestBelow(join(root, "src")) ? bundle : source
}

/** Compiled code is kept from run to run, in a folder of this user; not while lines are counted. */
const keepCompiledCode = () => {
  if (process.env.NODE_V8_COVERAGE) return
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), ".cache")
  nodeModule.enableCompileCache?.(process.env.NODE_COMPILE_CACHE || join(cache, "prophecy", "node"))
}

/** npm starts scripts by a shell that does not pass SIGTERM on: its end stands for the signal. */
const endWithNpm = () => {
  const parent = process.ppid
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    process.kill(process.pid, "SIGTERM")
  }, 250)
  watch.unref()
}

if (process.env.npm_lifecycle_event !== undefined) endWithNpm()
if (Number(process.versions.node.split(".")[0]) >= oldestNode) {
  keepCompiledCode()
  await import(pathToFileURL(entry()).href)
} else {
  const node = ownNode()
  if (node === undefined) {
    process.stderr.write(
      `prophecy: Node ${oldestNode} is needed, this is ${process.version}, and the npm package "node" is not installed beside it. Run "npm ci" in ${root} (its install script must be allowed), or start prophecy with Node ${oldestNode}.\n`,
    )
    process.exit(2)
  }
  handOver(node)
}
