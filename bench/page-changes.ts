/**
 * What changed between two answers for one URL: nothing, only what replicas leave out of answers,
 * or the page; and whether the page changed in one place. After the measurement of NSDI '10, which
 * fetched popular pages every 20 seconds for a day and compared them by Rabin fingerprints; here
 * the pieces are cut by a rolling sum of bytes, for the same reason: an insertion moves the cuts
 * with it.
 */
import type { HttpRequest, HttpResponse } from "../src/web/http-message.ts"
import { defaultRules, normaliser } from "../src/web/normalise.ts"

/** Bytes that decide where a piece ends, and one of how many values of their sum ends one. */
const span = 16
const divisor = 64

/** The text in pieces of some tens of bytes, cut where the bytes before say so. */
export const piecesOf = (text: string): ReadonlyArray<string> => {
  const pieces: Array<string> = []
  let from = 0
  let sum = 0
  for (let at = 0; at < text.length; at++) {
    sum += (text.charCodeAt(at) + 1) * 31
    if (at - from >= span) sum -= (text.charCodeAt(at - span) + 1) * 31
    if (at - from + 1 < span || sum % divisor !== 0) continue
    pieces.push(text.slice(from, at + 1))
    from = at + 1
    sum = 0
  }
  if (from < text.length) pieces.push(text.slice(from))
  return pieces
}

/** In how many places of `after` there is something that `before` does not have; 0: only less. */
export const changedPlaces = (before: string, after: string): number => {
  const known = new Set(piecesOf(before))
  let places = 0
  let isInside = false
  for (const piece of piecesOf(after)) {
    const isNew = !known.has(piece)
    if (isNew && !isInside) places++
    isInside = isNew
  }
  return places
}

export interface Change {
  /** Any field of the answer, or its body, is another one. */
  readonly raw: boolean
  /** It still is, when what replicas leave out of answers is left out. */
  readonly normalised: boolean
  /** Names of the fields that differ. */
  readonly fields: ReadonlyArray<string>
  readonly body: boolean
  /** The body has something new in one place, or in none. */
  readonly onePlace: boolean
}

const normalise = normaliser(defaultRules)
const textOf = (response: HttpResponse): string => JSON.stringify(response)

const fieldsThatDiffer = (one: HttpResponse, other: HttpResponse): ReadonlyArray<string> => {
  const names = [...new Set([...one.headers, ...other.headers].map(([name]) => name))]
  const of = ({ headers }: HttpResponse, name: string): string =>
    JSON.stringify(headers.filter(([n]) => n === name))
  return names.filter((name) => of(one, name) !== of(other, name))
}

export const changeBetween = (
  request: HttpRequest,
  before: HttpResponse,
  after: HttpResponse,
): Change => {
  const [old, young] = [before, after].map((r) => textOf(normalise(request, r)))
  const body = before.body !== after.body
  return {
    raw: textOf(before) !== textOf(after),
    normalised: old !== young,
    fields: fieldsThatDiffer(before, after),
    body,
    onePlace: body && changedPlaces(before.body, after.body) <= 1,
  }
}

/** What was found of one URL. */
export interface Study {
  readonly url: string
  readonly fetches: number
  /** Fetches without an answer; they are compared with nothing. */
  readonly failed: number
  /** Pairs of answers that follow each other. */
  readonly pairs: number
  readonly rawChanges: number
  readonly changes: number
  readonly bodyChanges: number
  readonly onePlace: number
  /** By field, how often it was another one. */
  readonly fields: Readonly<Record<string, number>>
}

/** `undefined` stands for a fetch that failed. */
export const studyOf = (
  url: string,
  request: HttpRequest,
  answers: ReadonlyArray<HttpResponse | undefined>,
): Study => {
  const known = answers.filter((a) => a !== undefined)
  const changes = known.slice(1).map((after, k) => {
    return changeBetween(request, known[k] ?? after, after)
  })
  const fields: Record<string, number> = {}
  for (const name of changes.flatMap((c) => c.fields)) fields[name] = (fields[name] ?? 0) + 1
  const count = (of: (c: Change) => boolean): number => changes.filter(of).length
  return {
    url,
    fetches: answers.length,
    failed: answers.length - known.length,
    pairs: changes.length,
    rawChanges: count((c) => c.raw),
    changes: count((c) => c.normalised),
    bodyChanges: count((c) => c.body),
    onePlace: count((c) => c.onePlace),
    fields,
  }
}
