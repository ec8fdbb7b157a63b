/** The key-value service and the album over clients of D-Prophecy: no proxy is between. */
import { Effect } from "effect"
import type { Bytes } from "../core/ids.ts"
import {
  decodeResult,
  encodeOperation,
  type KeyValueOperation,
  type KeyValueResult,
} from "../core/service/key-value-operation.ts"
import type { Position } from "../core/prophecy/position.ts"
import type { DClientError, DClientsShape } from "../net/d-clients.ts"
import { badTarget, NoAnswer, TooBusy, TooLong } from "../web/front-errors.ts"
import type { Answer, Backend } from "../web/front.ts"
import { positionText } from "./sketcher-backend.ts"

/** What a key-value operation gives, and how it was come by. */
export interface KeyValueAnswer {
  readonly result: KeyValueResult
  readonly path: "fast" | "replicated"
  /** Where in the agreed order the answer is from. */
  readonly position: Position
}

/** Has a key-value operation done; a Get as a read. */
export const keyValueOver =
  (clients: DClientsShape) =>
  (operation: KeyValueOperation): Effect.Effect<KeyValueAnswer, DClientError> => {
    const encoded = encodeOperation(operation)
    const asked = operation._tag === "Get" ? clients.read(encoded) : clients.write(encoded)
    return Effect.map(asked, ({ result, path, position }) => {
      const decoded = decodeResult(result)
      if (decoded === undefined) throw new Error("2f + 1 replicas gave an answer of no service")
      return { result: decoded, path, position }
    })
  }

const httpError = (error: DClientError): Error => {
  switch (error._tag) {
    case "NoOutcome":
      return new NoAnswer({ afterMs: error.afterMs })
    case "SketcherBusy":
      return new TooBusy()
    case "OperationTooLarge":
      return new TooLong({ bytes: error.bytes, limit: error.limit })
  }
}

const askedBy = (
  clients: DClientsShape,
  isRead: boolean,
  operation: Bytes,
): Effect.Effect<Answer, Error> =>
  (isRead ? clients.read(operation) : clients.write(operation)).pipe(
    Effect.map(({ result, position, path }) => ({
      response: result,
      how: path === "fast" ? "fast; 2f+1 sketches" : "replicated",
      position: positionText(position),
    })),
    Effect.mapError(httpError),
  )

/**
 * A web service over D-Prophecy, for the process that its user runs. Whoever asks for a fresh
 * answer gets an ordered one; there are no sessions here.
 */
export const dBackend = (clients: DClientsShape): Backend => ({
  ask: async ({ kind, operation, fresh }, after): Promise<Answer> => {
    if (after !== undefined) throw badTarget("Prophecy-After is for a sketcher.")
    return Effect.runPromise(askedBy(clients, kind === "read" && !fresh, operation))
  },
})
