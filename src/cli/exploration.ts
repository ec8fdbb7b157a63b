/**
 * An exploration that a person waits for: in slices, so that a signal is heard; within a limit of
 * memory; saved when it stops early, and taken up again.
 */
import { existsSync } from "node:fs"
import { hash } from "node:crypto"
import { Console, Effect } from "effect"
import { type Limits, type Progress, Search, type World } from "../model-check/explore.ts"
import { GraphRecorder } from "../model-check/graph.ts"
import { type Explored, fullName, type ModelSpec, worldOf } from "./model-graph.ts"
import { readSearch, SearchFileInvalid, writeSearch } from "./search-file.ts"

export interface ExplorationOptions {
  readonly limits: Omit<Limits, "bytes">
  /** The whole process may take this many bytes; no limit when absent. */
  readonly memory: number | undefined
  readonly graph: boolean
  /** Taken up when it is there; written when the exploration stops early, and now and then. */
  readonly file: string | undefined
  readonly progress: ((now: Progress) => void) | undefined
}

const sha256 = (text: string): string => hash("sha256", text, "hex")

const sliceStates = 2048
const sliceMs = 100
const saveEveryMs = 600_000

interface Running {
  readonly spec: ModelSpec
  readonly world: World
  readonly search: Search
  readonly recorder: GraphRecorder | undefined
  readonly options: ExplorationOptions
}

const identity = (spec: ModelSpec) => ({
  model: fullName(spec),
  constants: sha256(JSON.stringify(spec)),
})

const save = ({ spec, world, search, recorder, options }: Running): Effect.Effect<void, Error> => {
  const { file } = options
  if (file === undefined) return Effect.void
  const saved = {
    ...identity(spec),
    place: search.place(),
    memory: world.space.save(),
    graph: recorder?.summary(),
  }
  return Effect.try({
    try: () => writeSearch(file, saved, search.rows),
    catch: (cause) => new Error(`${file} cannot be written: ${(cause as Error).message}`),
  })
}

const takeUp = (
  { spec, world, search, recorder }: Running,
  path: string,
): Effect.Effect<void, SearchFileInvalid> =>
  readSearch(path, identity(spec), ({ saved, rows }): string | undefined => {
    const older = "it was written by another version of the code"
    if (recorder !== undefined && saved.graph === undefined) {
      return "it holds no graph: it was saved without --json or --tlc"
    }
    if (!world.space.restore(saved.memory)) return older
    search.takeUp(saved.place, rows)
    if (saved.graph !== undefined) recorder?.takeUp(saved.graph)
    const same = recorder?.summary().stateDigest === saved.graph?.stateDigest
    return (recorder === undefined || same) && search.isClosed() ? undefined : older
  }).pipe(
    Effect.flatMap((why) =>
      why === undefined ? Effect.void : Effect.fail(new SearchFileInvalid({ path, why })),
    ),
  )

// The rows may have what the rest of the process leaves of the memory.
const allow = ({ search, options: { memory } }: Running): void => {
  if (memory === undefined) return
  const others = process.memoryUsage().rss - search.rows.bytes
  search.allow(memory - Math.max(0, others))
}

/** One slice; whether there is more to do. */
const slice = (running: Running): boolean => {
  const { search, options } = running
  const until = performance.now() + sliceMs
  allow(running)
  let more = true
  while (more && performance.now() < until) more = search.advance(sliceStates)
  options.progress?.(search.progress())
  return more
}

const nextTurn = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

const loop = Effect.fn("exploration")(function* (running: Running) {
  let savedAt = performance.now()
  while (slice(running)) {
    yield* nextTurn
    if (performance.now() - savedAt < saveEveryMs) continue
    yield* save(running)
    savedAt = performance.now()
  }
})

/** What an interrupted run had found; it proves nothing. */
const partial = (running: Running): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { states, depth, queued } = running.search.progress()
    const { file } = running.options
    yield* Effect.orDie(save(running))
    const again = file === undefined ? "start over" : `go on from ${file}`
    const reached = `${states} states to depth ${depth} hold, ${queued} are still to be followed`
    yield* Console.error(`interrupted: nothing is proved; ${reached}. Run it again to ${again}.`)
  })

/** Explores the model. Stopped early, it saves what it found if a file was named. */
export const exploreModelGently = Effect.fn("exploreModelGently")(function* (
  spec: ModelSpec,
  options: ExplorationOptions,
) {
  const world = worldOf(spec)
  const recorder = options.graph ? new GraphRecorder(sha256) : undefined
  const search = new Search(world, options.limits, recorder)
  const running: Running = { spec, world, search, recorder, options }
  const startedAt = performance.now()
  if (options.file !== undefined && existsSync(options.file)) yield* takeUp(running, options.file)
  else search.start()
  yield* loop(running).pipe(Effect.onInterrupt(() => partial(running)))
  const exploration = search.result()
  if (exploration.verdict === "bounded") yield* save(running)
  const seconds = (performance.now() - startedAt) / 1000
  return { exploration, graph: recorder?.summary(), seconds } satisfies Explored
})
