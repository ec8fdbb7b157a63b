/**
 * Answers before the end of agreement and without one, and big requests, on processes: what clients
 * are told is right, what they ask for takes the short way, and the traces conform to the model.
 */
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { each, run, size } from "./exercise.ts"

const prePreparesIn = (text: string): ReadonlyArray<string> =>
  text.split("\n").filter((line) => line.includes('"in":{"type":"PrePrepare"'))

describe("four replicas as processes", () => {
  it.live("answer reads without an order", () =>
    Effect.gen(function* () {
      const { actions } = yield* run("reads", { readOnly: true })
      expect(actions["AnswerRead"]).toBeGreaterThanOrEqual(3 * each.length)
      expect(actions["ExecuteTentatively"]).toBeUndefined()
    }),
  )

  it.live("execute what is prepared, and settle it", () =>
    Effect.gen(function* () {
      const { actions } = yield* run("tentative", { tentative: true })
      expect(actions["ExecuteTentatively"]).toBeGreaterThan(0)
      expect(actions["Settle"]).toBeGreaterThan(0)
    }),
  )

  it.live("answer with digests, but for one of them", () =>
    Effect.gen(function* () {
      const { texts } = yield* run("digests", { digestReplies: true })
      const replies = texts
        .join("\n")
        .split("\n")
        .filter((l) => l.includes('"type":"Reply"'))
      const digested = replies.filter((line) => line.includes('"digest":true'))
      expect(digested.length).toBeGreaterThan(replies.length / 3)
    }),
  )

  it.live("send big requests past the primary", () =>
    Effect.gen(function* () {
      const { texts } = yield* run("big", { bigRequestBytes: 1_000 })
      const long = texts.flatMap(prePreparesIn).filter((line) => line.length > size)
      // Whoever lacked a request was given all of the pre-prepare; the others were not.
      const given = texts.join("\n").split('"action":"RecvFetchPrePrepare"').length - 1
      expect(long.length).toBeLessThanOrEqual(given)
    }),
  )

  it.live("do all of it at once, and agree on a time as well", () =>
    Effect.gen(function* () {
      const { actions } = yield* run("everything", {
        readOnly: true,
        tentative: true,
        digestReplies: true,
        bigRequestBytes: 1_000,
        agreedTimeMs: 10_000,
      })
      expect(actions["AnswerRead"]).toBeGreaterThanOrEqual(3 * each.length)
      expect(actions["ExecuteTentatively"]).toBeGreaterThan(0)
    }),
  )
})
