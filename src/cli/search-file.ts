/**
 * An exploration on disk: where it stood, what its space had given numbers to, and the rows. One
 * line of JSON, then the numbers as 32-bit little-endian integers, then the SHA-256 of all that.
 */
import { createHash } from "node:crypto"
import { closeSync, fsyncSync, openSync, readSync, renameSync, statSync, writeSync } from "node:fs"
import { Data, Effect, Result, Schema } from "effect"
import type { SearchPlace } from "../model-check/explore.ts"
import type { GraphSummary } from "../model-check/graph.ts"
import type { RowSet } from "../model-check/row-set.ts"
import type { SpaceMemory } from "../model-check/state-space.ts"

const schema = "prophecy-search/3"
const hashBytes = 32
const blockBytes = 1 << 20
const longestHeader = 2 ** 29

const Count = Schema.Int.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(0)))
const Texts = Schema.Array(Schema.String)

const Header = Schema.Struct({
  schema: Schema.Literal(schema),
  model: Schema.String,
  /** SHA-256 of all that the model is. */
  constants: Schema.String,
  width: Count,
  rows: Count,
  numbers: Count,
  texts: Texts,
  place: Schema.Struct({
    next: Count,
    end: Count,
    depth: Count,
    generated: Count,
    widths: Schema.Array(Count),
    marks: Schema.Array(Count),
    antecedents: Texts,
    witnessed: Texts,
  }),
  graph: Schema.NullOr(
    Schema.Struct({
      states: Count,
      stateDigest: Schema.String,
      steps: Count,
      stepDigest: Schema.String,
      stepsOf: Schema.Record(Schema.String, Count),
    }),
  ),
})
type Header = Schema.Schema.Type<typeof Header>

export interface SavedSearch {
  readonly model: string
  readonly constants: string
  readonly place: SearchPlace
  readonly memory: SpaceMemory
  readonly graph: GraphSummary | undefined
}

/** A file that cannot be taken up, and why. */
export class SearchFileInvalid extends Data.TaggedError("SearchFileInvalid")<{
  readonly path: string
  readonly why: string
}> {
  override get message(): string {
    return `${this.path} cannot be taken up: ${this.why}. Name another file, or delete this one.`
  }
}

const bytesOf = (numbers: Int32Array): Uint8Array =>
  new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)

/** Writes the file beside, then puts it in place at once: a kill leaves the old one. */
export const writeSearch = (path: string, saved: SavedSearch, rows: RowSet): void => {
  const { model, constants, place, memory, graph } = saved
  const { numbers, texts } = memory
  const header: Header = {
    schema,
    model,
    constants,
    width: rows.width,
    rows: rows.size,
    numbers: numbers.length,
    texts,
    place,
    graph: graph ?? null,
  }
  const fresh = `${path}.new`
  const file = openSync(fresh, "w")
  const hash = createHash("sha256")
  const put = (bytes: Uint8Array): void => {
    hash.update(bytes)
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
  }
  try {
    put(Buffer.from(`${JSON.stringify(header)}\n`))
    put(bytesOf(numbers))
    for (const piece of rows.saved()) put(bytesOf(piece))
    const digest = hash.digest()
    for (let at = 0; at < hashBytes; ) at += writeSync(file, digest, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(fresh, path)
}

/** The bytes of a file from `from` to `to`, in blocks; each is reused. */
function* blocks(file: number, from: number, to: number): Iterable<Uint8Array> {
  const block = new Uint8Array(blockBytes)
  for (let at = from; at < to; ) {
    const count = readSync(file, block, 0, Math.min(blockBytes, to - at), at)
    if (count === 0) return
    yield block.subarray(0, count)
    at += count
  }
}

const readHeader = (file: number, end: number): Result.Result<[Header, number], string> => {
  const parts: Array<Buffer> = []
  let length = 0
  for (const block of blocks(file, 0, Math.min(end, longestHeader))) {
    const at = block.indexOf(10)
    parts.push(Buffer.from(at < 0 ? block : block.subarray(0, at)))
    length += at < 0 ? block.length : at
    if (at < 0) continue
    try {
      const read = Schema.decodeUnknownSync(Header)(JSON.parse(Buffer.concat(parts).toString()))
      return Result.succeed([read, length + 1])
    } catch {
      break
    }
  }
  return Result.fail("it does not begin as a saved exploration does")
}

const isWhole = (file: number, end: number): boolean => {
  const hash = createHash("sha256")
  for (const block of blocks(file, 0, end)) hash.update(block)
  const stored = Buffer.alloc(hashBytes)
  readSync(file, stored, 0, hashBytes, end)
  return hash.digest().equals(stored)
}

const integers = (file: number, from: number, count: number): Int32Array => {
  const numbers = new Int32Array(count)
  const bytes = bytesOf(numbers)
  let at = 0
  for (const block of blocks(file, from, from + bytes.length)) {
    bytes.set(block, at)
    at += block.length
  }
  return numbers
}

function* rowsFrom(file: number, from: number, header: Header): Iterable<Int32Array> {
  const perPiece = 1 << 16
  for (let row = 0; row < header.rows; row += perPiece) {
    const count = Math.min(perPiece, header.rows - row) * header.width
    yield integers(file, from + 4 * row * header.width, count)
  }
}

interface Opened {
  readonly saved: SavedSearch
  readonly rows: Iterable<Int32Array>
}

/** Reads what was saved of this model; `take` gets the rows while the file is open. */
export const readSearch = <A>(
  path: string,
  wanted: Pick<SavedSearch, "model" | "constants">,
  take: (opened: Opened) => A,
): Effect.Effect<A, SearchFileInvalid> =>
  Effect.gen(function* () {
    const refuse = (why: string) => new SearchFileInvalid({ path, why })
    const file = yield* Effect.try({
      try: () => openSync(path, "r"),
      catch: (cause) => refuse((cause as Error).message),
    })
    yield* Effect.addFinalizer(() => Effect.sync(() => closeSync(file)))
    const end = statSync(path).size - hashBytes
    const read = readHeader(file, end)
    if (Result.isFailure(read)) return yield* refuse(read.failure)
    const [header, from] = read.success
    if (header.model !== wanted.model) return yield* refuse(`it is of model ${header.model}`)
    if (header.constants !== wanted.constants) {
      return yield* refuse(`model ${header.model} has other constants now`)
    }
    const expected = from + 4 * (header.numbers + header.rows * header.width)
    if (end !== expected) return yield* refuse(`it has ${end} bytes, must have ${expected}`)
    if (!isWhole(file, end)) return yield* refuse("its content is not what was written")
    const { model, constants, place, texts, graph } = header
    const memory = { numbers: integers(file, from, header.numbers), texts }
    const saved = { model, constants, place, memory, graph: graph ?? undefined }
    return take({ saved, rows: rowsFrom(file, from + 4 * header.numbers, header) })
  }).pipe(Effect.scoped)
