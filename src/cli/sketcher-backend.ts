/** A running sketcher behind the HTTP front end. */
import { nowhere, type Position } from "../core/prophecy/position.ts"
import type { Outcome } from "../net/sketcher-outcome.ts"
import { type Asked, isOutcome, type SketcherError, type SketcherShape } from "../net/sketcher.ts"
import { badTarget, NoAnswer, OriginsDiffer, TooBusy, TooLong } from "../web/front-errors.ts"
import type { Answer, Backend } from "../web/front.ts"

const place = /^(0|[1-9]\d{0,14})\.(0|[1-9]\d{0,14})$/

export const positionText = ({ seq, place: k }: Position): string => `${seq}.${k}`

/** What `Prophecy-After` says: the `Prophecy-Position` of an earlier answer. */
export const positionOf = (text: string | undefined): Position => {
  if (text === undefined) return nowhere
  const [, seq, k] = place.exec(text) ?? []
  if (seq === undefined || k === undefined) {
    throw badTarget("Prophecy-After must be the Prophecy-Position of an earlier answer.")
  }
  return { seq: Number(seq), place: Number(k) }
}

const howOf = ({ way }: Outcome): string =>
  way.path === "fast" ? `fast; replica=${way.replica}` : `replicated; reason=${way.reason}`

const httpError = (error: SketcherError): Error => {
  switch (error._tag) {
    case "NoOutcome":
      return new NoAnswer({ afterMs: error.afterMs })
    case "SketcherBusy":
      return new TooBusy()
    case "OperationTooLarge":
      return new TooLong({ bytes: error.bytes, limit: error.limit })
    case "AnswersDiffer":
      return new OriginsDiffer({ what: error.message })
  }
}

const answerOf = (outcome: Outcome): Answer => {
  const { result: response, rest } = outcome
  const told = { response, how: howOf(outcome), position: positionText(outcome.position) }
  return rest === undefined ? told : { ...told, rest }
}

export const sketcherBackend = (sketcher: Pick<SketcherShape, "ask">): Backend => ({
  ask: ({ kind, key, operation, fresh }, after) =>
    new Promise((resolve, reject) => {
      const asked: Asked =
        kind === "write"
          ? { kind, operation }
          : { kind, key, operation, fresh, after: positionOf(after) }
      sketcher.ask(asked, (outcome) =>
        isOutcome(outcome) ? resolve(answerOf(outcome)) : reject(httpError(outcome)),
      )
    }),
})
