/**
 * Zyzzyva's cheaper and quicker answers, on processes: what clients are told is right, what they
 * ask for takes the short way, and the traces conform to the model.
 */
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { each, run } from "./exercise.ts"

const zyzzyva = { protocol: "zyzzyva" } as const
const count = (texts: ReadonlyArray<string>, word: string): number =>
  texts.join("\n").split(word).length - 1

describe("four replicas of Zyzzyva as processes", () => {
  it.live("answer unsigned, with digests but for one, and reads without an order", () =>
    Effect.gen(function* () {
      const fast = { digestReplies: true, preferredQuorums: true, readOnly: true }
      const words = { ...zyzzyva, ...fast, separateExecution: true }
      const { actions, texts } = yield* run("zyzzyva-fast", words)
      expect(actions["AnswerRead"]).toBeGreaterThanOrEqual(3 * each.length)
      const answers = count(texts, '"type":"SpecResponse"')
      expect(count(texts, '"digest":true')).toBeGreaterThan(answers / 3)
      expect(count(texts, '"clientOnly":true')).toBeGreaterThan(answers / 2)
      expect(count(texts, '"witness":true')).toBeGreaterThan(answers / 8)
      expect(count(texts, '"action":"ClientRecvReadResponse"')).toBeGreaterThan(0)
    }),
  )

  it.live("commit by themselves what they are asked for while one of them is gone", () =>
    Effect.gen(function* () {
      const words = { ...zyzzyva, commitFirst: true, readOnly: true }
      const { texts } = yield* run("zyzzyva-first", words, [3])
      expect(count(texts, '"commitFirst":true')).toBeGreaterThan(0)
      const answered = count(texts, '"action":"ClientRecvSpecResponse"')
      expect(count(texts, '"action":"ClientCommit"')).toBeLessThan(answered / 6)
      expect(count(texts, '"committed":true')).toBeGreaterThan(answered / 2)
    }),
  )
})
