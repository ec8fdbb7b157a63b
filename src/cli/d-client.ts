/**
 * `prophecy d-client`: operations over D-Prophecy from the process of their user. No proxy is
 * between it and the replicas, and nothing but they is asked to be right.
 */
import { Console, Effect, Result } from "effect"
import { Argument, Command, Flag } from "effect/cli"
import type { KeyValueOperation } from "../core/service/key-value-operation.ts"
import type { ClusterConfig } from "../net/cluster-config.ts"
import { type DClientError, type DClientsShape, makeDClients } from "../net/d-clients.ts"
import { openFront } from "../web/front.ts"
import { decodeResponse, encodeRequest, isNotHttp } from "../web/http-message.ts"
import { defaultRoutes } from "../web/routes.ts"
import { dBackend, keyValueOver } from "./d-services.ts"
import { Ended, ExitCode, Refused } from "./ended.ts"
import { loadConfig } from "./group.ts"
import { traceOf } from "./replica.ts"
import { examinePort, listening } from "./serve.ts"
import { positionText } from "./sketcher-backend.ts"

/** The service has nothing there, or refused. */
const nothingThere = 1

const usage =
  "get KEY, put KEY VALUE, delete KEY, or with an album METHOD TARGET [BODY]; or serve, which listens for HTTP"

const milliseconds = (name: string, description: string, preset: number) =>
  Flag.Int(name).pipe(
    Flag.filter(
      (n) => n >= 1 && n <= 600_000,
      () => "1 to 600000 milliseconds",
    ),
    Flag.withDescription(`${description}, in milliseconds`),
    Flag.withDefault(preset),
  )

const flags = {
  words: Argument.String("operation").pipe(
    Argument.withDescription(usage),
    Argument.variadic({ min: 1 }),
  ),
  config: Flag.File("config", { mustExist: false }).pipe(
    Flag.withDescription(
      "The cluster's configuration; its replicas must keep sketches (prophecy init --sketches)",
    ),
  ),
  endpoint: Flag.Int("endpoint").pipe(
    Flag.withDescription("Which endpoint's secret it holds"),
    Flag.withDefault(0),
  ),
  user: Flag.String("user").pipe(
    Flag.withDescription("Who asks the album: the field x-user"),
    Flag.withDefault("alice"),
  ),
  sketchMs: milliseconds("sketch-ms", "How long sketches are waited for", 250),
  timeout: milliseconds("timeout", "How long an answer may take", 10_000),
  port: Flag.Int("port").pipe(
    Flag.filter(
      (n) => n >= 0 && n <= 65_535,
      () => "a port, or 0 for any free one",
    ),
    Flag.withDescription("With serve: the port to listen on, on loopback; 0 takes any free one"),
    Flag.withDefault(8080),
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print one JSON document (schema prophecy-d-client/1) instead of text"),
    Flag.withDefault(false),
  ),
}
type Given = Command.Command.Config.Infer<typeof flags>

const refused = (text: string): Refused => new Refused({ code: ExitCode.BadInput, text })

/** What was asked, in words and by what service. */
type Asked =
  | { readonly _tag: "KeyValue"; readonly operation: KeyValueOperation }
  | { readonly _tag: "Http"; readonly method: string; readonly target: string; body: string }
  | { readonly _tag: "Serve" }

const latin1 = (text: string): string => Buffer.from(text, "utf8").toString("latin1")
const utf8 = (bytes: string): string => Buffer.from(bytes, "latin1").toString("utf8")

const askedBy = (words: ReadonlyArray<string>): Asked | undefined => {
  const [verb = "", first, second, ...rest] = words
  if (rest.length > 0) return undefined
  if (verb === "serve") return first === undefined ? { _tag: "Serve" } : undefined
  if (first === undefined) return undefined
  if (/^[A-Z]+$/.test(verb)) {
    return { _tag: "Http", method: verb, target: first, body: latin1(second ?? "") }
  }
  const key = latin1(first)
  if (verb === "put" && second !== undefined) {
    return { _tag: "KeyValue", operation: { _tag: "Put", key, value: latin1(second) } }
  }
  if (second !== undefined) return undefined
  if (verb === "get") return { _tag: "KeyValue", operation: { _tag: "Get", key } }
  return verb === "delete" ? { _tag: "KeyValue", operation: { _tag: "Delete", key } } : undefined
}

const fits = (asked: Asked, { file, service }: ClusterConfig): Refused | undefined => {
  const needed = asked._tag === "KeyValue" ? "key-value" : "album"
  if (service === needed) return undefined
  return refused(`${file}: its service is ${service}; this needs ${needed}: ${usage}`)
}

/** What is printed of an answer. */
interface Shown {
  readonly path: "fast" | "replicated"
  readonly position: string
  /** Of HTTP. */
  readonly status?: number
  /** null: there is none. */
  readonly value: string | null
  readonly code: number
}

const askKeyValue = Effect.fn("askKeyValue")(function* (
  clients: DClientsShape,
  operation: KeyValueOperation,
) {
  const { result, path, position } = yield* keyValueOver(clients)(operation)
  const at = { path, position: positionText(position) }
  if (result._tag === "BadOperation") return yield* Effect.die(new Error(result.why))
  if (result._tag === "Absent") return { ...at, value: null, code: nothingThere }
  return { ...at, value: result._tag === "Value" ? utf8(result.value) : "done", code: 0 }
})

const askHttp = Effect.fn("askHttp")(function* (
  clients: DClientsShape,
  { method, target, body }: Extract<Asked, { _tag: "Http" }>,
  user: string,
) {
  const headers = [["x-user", user]] as const
  const request = encodeRequest({ method, authority: "", target, headers, body })
  const isRead = method === "GET" || method === "HEAD"
  const { result, path, position } = yield* isRead ? clients.read(request) : clients.write(request)
  const response = decodeResponse(result)
  if (isNotHttp(response)) return yield* Effect.die(new Error("2f + 1 replicas gave no HTTP"))
  const { status, body: value } = response
  const at = { path, position: positionText(position) }
  return { ...at, status, value: utf8(value), code: status >= 400 ? nothingThere : 0 }
})

const unanswered = (error: DClientError): Refused =>
  new Refused({
    code: error._tag === "OperationTooLarge" ? ExitCode.BadInput : ExitCode.Inconclusive,
    text: error.message,
  })

const print = (given: Given, shown: Shown): Effect.Effect<void> => {
  const { code: _, ...answer } = shown
  if (given.json) {
    const document = { schema: "prophecy-d-client/1", asked: given.words, ...answer }
    return Console.log(JSON.stringify(document, undefined, 2))
  }
  const { path, position, status, value } = answer
  const how = path === "fast" ? "fast: one executed it, 2f + 1 state its sketch" : "ordered"
  const lines = [...(status === undefined ? [] : [`status ${status}`]), `${how}; ${position}`]
  const told = Console.error(value === null ? `no value; ${lines.join("; ")}` : lines.join("; "))
  return value === null ? told : Effect.andThen(told, Console.log(value))
}

/** HTTP for the album, until it is interrupted. */
const serve = Effect.fn("serve")(function* (given: Given, clients: DClientsShape) {
  const { port } = given
  const backend = dBackend(clients)
  const log = (line: string): void => void process.stderr.write(`${line}\n`)
  const front = yield* listening(port, () =>
    openFront({ backend, routes: defaultRoutes, port, log }),
  )
  const url = `http://127.0.0.1:${front.port}`
  yield* Console.log(
    given.json
      ? JSON.stringify({ schema: "prophecy-d-client/1", url })
      : `the album at ${url}, by a client of D-Prophecy in this process; Ctrl-C ends it`,
  )
  return yield* Effect.never
})

const run = Effect.fn("d-client")(function* (given: Given) {
  const { endpoint, sketchMs, timeout: timeoutMs } = given
  const asked = askedBy(given.words)
  if (asked === undefined) return yield* refused(`${given.words.join(" ")}: ${usage}`)
  if (asked._tag === "Serve") yield* examinePort(given.port)
  const config = yield* loadConfig(given.config)
  const misfit = fits(asked, config)
  if (misfit !== undefined) return yield* misfit
  const clients = yield* makeDClients(config, {
    endpoint,
    sketchMs,
    timeoutMs,
    ...traceOf(config),
  }).pipe(Effect.mapError((error) => refused(error.message)))
  const isConnected = yield* clients.connected.pipe(Effect.timeoutOption(timeoutMs))
  if (isConnected._tag === "None") {
    const { connected } = yield* clients.status
    const text = `${connected.length} of ${config.replicas.length} replicas can be reached, and 2f + 1 are needed: start them with prophecy replica --config ${given.config} --id ID`
    return yield* new Refused({ code: ExitCode.Inconclusive, text })
  }
  if (asked._tag === "Serve") return yield* serve(given, clients)
  const answer =
    asked._tag === "KeyValue"
      ? askKeyValue(clients, asked.operation)
      : askHttp(clients, asked, given.user)
  const shown = yield* Effect.result(answer)
  if (Result.isFailure(shown)) return yield* unanswered(shown.failure)
  yield* print(given, shown.success)
  if (shown.success.code !== 0) return yield* new Ended({ code: shown.success.code })
}, Effect.scoped)

export const dClientCommand = Command.make("d-client", flags, run).pipe(
  Command.withDescription(
    "Do one operation over D-Prophecy, or serve the album's HTTP, with no proxy between this process and the replicas: a read is executed by one of them and taken when 2f + 1 state the same sketch of its result; anything else is ordered, and takes 2f + 1 equal answers. Exit codes: 0 answered, 1 the service has nothing there or refused, 2 bad input, 3 no answer in time (a write may take effect all the same), 130 and 143 after a signal.",
  ),
  Command.withExamples([
    {
      command: "prophecy d-client --config cluster.json put greeting hello",
      description: "the key-value service",
    },
    {
      command: "prophecy d-client --config cluster.json get greeting",
      description: "the second time 2f + 1 replicas have its sketch",
    },
    {
      command: "prophecy d-client --config cluster.json PUT /album/trip",
      description: "the album; --user says who asks",
    },
    {
      command: "prophecy d-client --config cluster.json serve --port 8080",
      description: "the album for a browser or curl of this machine",
    },
  ]),
)
