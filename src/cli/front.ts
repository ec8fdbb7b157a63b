/** `prophecy front`: one address before several sketchers, and several groups of replicas. */
import { readFileSync, statSync } from "node:fs"
import { Console, Effect, Result, Schema } from "effect"
import { Command, Flag } from "effect/cli"
import { openRelay } from "../web/relay.ts"
import { type Place, Ring } from "../web/ring.ts"
import { ExitCode, Refused } from "./ended.ts"
import { examinePort, listening } from "./serve.ts"

const Url = Schema.String.check(Schema.isPattern(/^http:\/\/[^/?#]+\/?$/))
const Sketchers = Schema.Record(Schema.NonEmptyString, Url)

/** Groups by name, and in each its sketchers by name: who has a page depends on names alone. */
const FrontFile = Schema.Struct({
  groups: Schema.Record(
    Schema.NonEmptyString,
    Schema.Struct({
      sketchers: Sketchers,
      /** Who follows a sketcher that is dead, in this order. */
      standbys: Schema.optionalKey(Schema.Array(Url)),
    }),
  ),
  /** How many segments of the path name an object: all its pages are in one group. Default 2. */
  objectSegments: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 9 })),
  ),
})
type FrontFile = typeof FrontFile.Type

const flags = {
  config: Flag.File("config", { mustExist: true }).pipe(
    Flag.withDescription(
      "JSON: groups, and in each its sketchers and standbys; read again when it changes",
    ),
  ),
  port: Flag.Int("port").pipe(
    Flag.withDescription("Port to listen on, on loopback; 0 takes any free one"),
    Flag.withDefault(8080),
  ),
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print one JSON document (schema prophecy-front/1) when it listens"),
    Flag.withDefault(false),
  ),
}
type Given = Command.Command.Config.Infer<typeof flags>

const log = (line: string): void => void process.stderr.write(`${line}\n`)
const watchMs = 200

/** The file's content, or why it is none. */
const read = (path: string): FrontFile | string => {
  try {
    const decoded = Schema.decodeUnknownResult(FrontFile)(JSON.parse(readFileSync(path, "utf8")))
    if (Result.isFailure(decoded)) return `${path}: ${String(decoded.failure)}`
    const { groups } = decoded.success
    const empty = Object.entries(groups).find(([, g]) => Object.keys(g.sketchers).length === 0)
    if (empty !== undefined) return `${path}: groups.${empty[0]}.sketchers: there is none`
    return Object.keys(groups).length === 0 ? `${path}: groups: there is none` : decoded.success
  } catch (cause) {
    return `${path}: ${(cause as Error).message}`
  }
}

const placesOf = (sketchers: FrontFile["groups"][string]["sketchers"]): ReadonlyArray<Place> =>
  Object.entries(sketchers).map(([name, url]) => ({ name, url }))

type Rings = ReadonlyMap<string, Ring>

/** The sketchers of each group are from now on those of the file; groups stay as they are. */
const changeTo = (file: FrontFile | string, rings: Rings): string => {
  if (typeof file === "string") return `not read again: ${file}`
  const names = [...rings.keys()].join(", ")
  if (Object.keys(file.groups).some((name) => !rings.has(name))) {
    return `not read again: the groups are ${names}; objects do not move between groups`
  }
  for (const [name, { sketchers, standbys = [] }] of Object.entries(file.groups)) {
    rings.get(name)?.change(placesOf(sketchers), standbys)
  }
  return "members changed"
}

const statusOf = (rings: Rings): unknown => ({
  schema: "prophecy-front/1",
  groups: Object.fromEntries(
    [...rings].map(([name, { term, places, standbys }]) => [name, { term, places, standbys }]),
  ),
})

const watch = (path: string, rings: Rings) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const modified = (): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
      let last = modified()
      return setInterval(() => {
        const now = modified()
        if (now === last) return
        last = now
        log(changeTo(read(path), rings))
      }, watchMs)
    }),
    (timer) => Effect.sync(() => clearInterval(timer)),
  )

const run = Effect.fn("front")(function* ({ config, port, json }: Given) {
  yield* examinePort(port)
  const file = read(config)
  if (typeof file === "string") {
    return yield* new Refused({ code: ExitCode.BadInput, text: `--config: ${file}` })
  }
  const rings: Rings = new Map(
    Object.entries(file.groups).map(([name, { sketchers, standbys = [] }]) => [
      name,
      new Ring(placesOf(sketchers), standbys),
    ]),
  )
  const { objectSegments = 2 } = file
  const status = (): unknown => statusOf(rings)
  const relay = yield* listening(port, () =>
    openRelay({ rings, objectSegments, port, status, log }),
  )
  yield* watch(config, rings)
  const url = `http://127.0.0.1:${relay.port}`
  yield* Console.log(
    json ? JSON.stringify({ schema: "prophecy-front/1", url }) : `front at ${url}; Ctrl-C ends it`,
  )
  return yield* Effect.never
}, Effect.scoped)

export const frontCommand = Command.make("front", flags, run).pipe(
  Command.withDescription(
    "Listen for HTTP clients before several sketchers: each page is asked of one of them, also while they come and go, and a standby follows one that is dead. Objects may be dealt out to several groups of replicas, each with sketchers of its own. Exit codes: 130 and 143 after a signal, 2 bad configuration or port in use.",
  ),
  Command.withExamples([
    { command: "prophecy front --config front.json", description: "on port 8080" },
  ]),
)
