/** A running sketcher behind the HTTP front end. */
import { Effect } from "effect"
import { nowhere, type Position } from "../core/prophecy/position.ts"
import type { Outcome } from "../net/sketcher-outcome.ts"
import type { SketcherError, SketcherShape } from "../net/sketcher.ts"
import { badTarget, NoAnswer, OriginsDiffer, TooBusy, TooLong } from "../web/front-errors.ts"
import type { Answer, Backend } from "../web/front.ts"
import type { Classified } from "../web/routes.ts"

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

const asked = (
  sketcher: SketcherShape,
  { kind, key, operation, fresh }: Classified,
  after: Position,
): Effect.Effect<Outcome, SketcherError> =>
  kind === "write" ? sketcher.write(operation) : sketcher.read({ key, operation, fresh, after })

export const sketcherBackend = (sketcher: SketcherShape): Backend => ({
  ask: async (request, after): Promise<Answer> => {
    const outcome = await Effect.runPromise(
      asked(sketcher, request, positionOf(after)).pipe(Effect.mapError(httpError)),
    )
    const position = positionText(outcome.position)
    const { result: response, rest } = outcome
    return { response, how: howOf(outcome), position, ...(rest === undefined ? {} : { rest }) }
  },
})
