/**
 * Clients that put load on the HTTP front end, each one request at a time. Half of the requests
 * go to keys that only this client writes, half to keys that all share; what each client saw is
 * kept, to be judged afterwards. The choices depend on nothing but the seed.
 */
import { Agent, type IncomingMessage, request } from "node:http"
import type { Observation } from "./register-check.ts"

/** How a service's keys are asked for. */
export interface WorkloadTarget {
  readonly path: (key: string) => string
  readonly headers: Readonly<Record<string, string>>
  /** What a PUT that took place answers. */
  readonly put: number
  /** Of ten requests so many are reads, and so many removals. */
  readonly reads: number
  readonly removals: number
}

export const keyValueTarget: WorkloadTarget = {
  path: (key) => `/kv/${key}`,
  headers: {},
  put: 204,
  reads: 5,
  removals: 1,
}

/** The album that a load is put on. */
export const loadAlbum = "/album/load"
export const loadUser = { "x-user": "load" }

/** Photos of one album, mostly looked at; each written photo is another one. */
export const albumTarget: WorkloadTarget = {
  path: (key) => `${loadAlbum}/photo/${key}`,
  headers: loadUser,
  put: 201,
  reads: 8,
  removals: 0,
}

export interface WorkloadOptions {
  readonly target?: WorkloadTarget
  readonly port: number
  readonly clients: number
  readonly seed: number
  /** No request starts after this many milliseconds. */
  readonly durationMs: number
  /** Stops early; answers under way are awaited. */
  readonly stop: AbortSignal
}

export interface WorkloadResult {
  readonly observations: ReadonlyArray<Observation>
  /** Answered requests by what they were. */
  readonly reads: number
  readonly writes: number
  readonly removals: number
  /** Milliseconds of each answered request, in order of their ends. */
  readonly latencies: ReadonlyArray<number>
  /** Requests without a proper answer, by reason (`504`, `ECONNRESET`). */
  readonly failures: ReadonlyMap<string, number>
  readonly elapsedMs: number
}

/** A workload under way: counters for whoever shows progress. */
export interface Workload {
  readonly answered: () => number
  readonly failed: () => number
  readonly result: Promise<WorkloadResult>
}

const ownKeys = 4
const sharedKeys = 16
/** Bytes of a value at most. */
const longestValue = 1024
const requestTimeoutMs = 20_000
/** After a failed request its client waits, so that a stopped group is not hammered. */
const pauseAfterFailureMs = 200

interface Answer {
  readonly status: number
  readonly body: string
  /** How it was come by, where the service says it. */
  readonly path: "fast" | "replicated" | undefined
}

/** Pseudo-random 32-bit numbers from a seed (the mulberry32 generator). */
const randomFrom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}

interface Plan {
  readonly method: "GET" | "PUT" | "DELETE"
  readonly key: string
  readonly value: string | undefined
}

/** The choices of one client. */
const plansOf = (client: number, seed: number, target: WorkloadTarget): (() => Plan) => {
  const random = randomFrom(Math.imul(seed, 0x9e3779b1) + client)
  let written = 0
  return () => {
    const own = random() % 2 === 0
    const key = own ? `own-${client}-${random() % ownKeys}` : `shared-${random() % sharedKeys}`
    const dice = random() % 10
    if (dice < target.reads) return { method: "GET", key, value: undefined }
    if (dice >= 10 - target.removals) return { method: "DELETE", key, value: undefined }
    written++
    const name = `${client}/${written}/`
    const filler = String.fromCharCode(97 + (random() % 26))
    return { method: "PUT", key, value: name.padEnd(random() % longestValue, filler) }
  }
}

const textOf = (response: IncomingMessage): Promise<string> =>
  new Promise((resolve, reject) => {
    const chunks: Array<Buffer> = []
    response.on("data", (chunk: Buffer) => chunks.push(chunk))
    response.on("end", () => resolve(Buffer.concat(chunks).toString("latin1")))
    response.on("error", reject)
    response.on("aborted", () => reject(new Error("ECONNRESET")))
  })

const pathIn = ({ headers }: IncomingMessage): Answer["path"] => {
  const how = String(headers["prophecy"] ?? "")
  return how.startsWith("fast") ? "fast" : how.startsWith("replicated") ? "replicated" : undefined
}

interface Asking {
  readonly agent: Agent
  readonly port: number
  readonly target: WorkloadTarget
}

const ask = ({ agent, port, target }: Asking, plan: Plan): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { method, key, value } = plan
    const length = value === undefined ? {} : { "content-length": value.length }
    const headers = { ...target.headers, ...length }
    const path = target.path(key)
    const sent = request(
      { agent, host: "127.0.0.1", port, method, path, headers, timeout: requestTimeoutMs },
      (response) => {
        const status = response.statusCode ?? 0
        const how = pathIn(response)
        textOf(response).then((body) => resolve({ status, body, path: how }), reject)
      },
    )
    sent.on("timeout", () => sent.destroy(new Error("ETIMEDOUT")))
    sent.on("error", reject)
    sent.end(value, "latin1")
  })

/** What the answer tells of the key; undefined when it is no proper answer. */
const observed = (
  plan: Plan,
  answer: Answer,
  target: WorkloadTarget,
): Pick<Observation, "kind" | "value"> | undefined => {
  const { method, value } = plan
  if (method === "PUT") return answer.status === target.put ? { kind: "write", value } : undefined
  if (answer.status === 404) return { kind: "read", value: undefined }
  if (method === "GET") {
    return answer.status === 200 ? { kind: "read", value: answer.body } : undefined
  }
  return answer.status === 204 ? { kind: "write", value: undefined } : undefined
}

class Run {
  readonly observations: Array<Observation> = []
  readonly latencies: Array<number> = []
  readonly failures = new Map<string, number>()
  readonly counts = { GET: 0, PUT: 0, DELETE: 0 }
  failed = 0
  readonly #options: WorkloadOptions
  readonly #asking: Asking

  constructor(options: WorkloadOptions) {
    this.#options = options
    const { port, target = keyValueTarget, clients: maxSockets } = options
    this.#asking = { agent: new Agent({ keepAlive: true, maxSockets }), port, target }
  }

  async run(): Promise<WorkloadResult> {
    const startedAt = performance.now()
    const clients = Array.from({ length: this.#options.clients }, (_, client) => client)
    await Promise.all(clients.map((client) => this.#client(client, startedAt)))
    this.#asking.agent.destroy()
    const { GET: reads, PUT: writes, DELETE: removals } = this.counts
    const { observations, latencies, failures } = this
    const elapsedMs = performance.now() - startedAt
    return { observations, reads, writes, removals, latencies, failures, elapsedMs }
  }

  async #client(client: number, startedAt: number): Promise<void> {
    const { durationMs, seed, stop } = this.#options
    const next = plansOf(client, seed, this.#asking.target)
    while (!stop.aborted && performance.now() - startedAt < durationMs) {
      const plan = next()
      const sentAt = performance.now()
      const failure = await ask(this.#asking, plan).then(
        (answer) => this.#answered(client, plan, sentAt, answer),
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      )
      if (failure === undefined) continue
      this.#unanswered(client, plan, sentAt, failure)
      await new Promise((resolve) => setTimeout(resolve, pauseAfterFailureMs))
    }
  }

  #answered(client: number, plan: Plan, startedAt: number, answer: Answer): string | undefined {
    const seen = observed(plan, answer, this.#asking.target)
    if (seen === undefined) return String(answer.status)
    const endedAt = performance.now()
    this.counts[plan.method]++
    this.latencies.push(endedAt - startedAt)
    const { path } = answer
    const how = seen.kind === "read" && path !== undefined ? { path } : {}
    this.observations.push({ client, key: plan.key, ...seen, ...how, startedAt, endedAt })
    return undefined
  }

  /**
   * A write without an answer may take effect later: its end is open. So is that of a read, which
   * may have left a sketch.
   */
  #unanswered(client: number, plan: Plan, startedAt: number, failure: string): void {
    this.failed++
    this.failures.set(failure, (this.failures.get(failure) ?? 0) + 1)
    const { key, value, method } = plan
    const kind = method === "GET" ? "read" : "write"
    this.observations.push({ client, key, kind, value, startedAt, endedAt: Infinity })
  }
}

/** Starts the clients at once. */
export const startWorkload = (options: WorkloadOptions): Workload => {
  const run = new Run(options)
  return {
    answered: () => run.latencies.length,
    failed: () => run.failed,
    result: run.run(),
  }
}
