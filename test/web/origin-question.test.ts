import type { Dispatcher } from "undici"
import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { Question, TooLarge } from "../../src/web/origin-question.ts"

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const limits = { timeoutMs: 1_000, bodyBytes: 10 }

/** What a dispatcher does with a question, and what it was told. */
const put = (question: Question) => {
  const told = { over: 0, aborted: 0 }
  const handler = question.put(() => told.over++)
  const controller = {
    rawHeaders: ["Etag", "1"],
    abort: (error: Error) => {
      told.aborted++
      handler?.onResponseError?.(controller, error)
    },
  } as unknown as Dispatcher.DispatchController
  const start = (): void => handler?.onRequestStart?.(controller, undefined)
  const says = (text: string): void => {
    handler?.onResponseStart?.(controller, 200, {}, "OK")
    handler?.onResponseData?.(controller, Buffer.from(text))
  }
  const end = (): void => handler?.onResponseEnd?.(controller, {})
  const error = (cause: Error): void => handler?.onResponseError?.(controller, cause)
  return { told, isPut: handler !== undefined, start, says, end, error }
}

const outcome = async (question: Question): Promise<string> =>
  question.answer.promise.then(
    ({ body }) => body,
    (error: Error) => (error instanceof TooLarge ? "too large" : error.message),
  )

it("put anew after half an answer, has none of that half in its answer", async () => {
  const question = new Question(limits)
  const { told, start, says, end } = put(question)
  start()
  says("older")
  start()
  says("newer")
  says("!")
  end()
  expect(await outcome(question)).toBe("newer!")
  expect(told).toEqual({ over: 1, aborted: 0 })
})

it("put anew after half an answer, may be as long as any", async () => {
  const question = new Question(limits)
  const { start, says, end } = put(question)
  for (const text of ["12345678", "1234567890"]) {
    start()
    says(text)
  }
  end()
  expect(await outcome(question)).toBe("1234567890")
})

it("put twice, takes what is said first, and lets the other end", async () => {
  const question = new Question(limits)
  const [behind, again] = [put(question), put(question)]
  for (const { start } of [behind, again]) start()
  again.says("first")
  again.end()
  expect(await outcome(question)).toBe("first")
  behind.says("longer than ten bytes")
  expect(behind.told).toEqual({ over: 0, aborted: 0 })
  behind.end()
  expect([behind.told, again.told]).toEqual([
    { over: 1, aborted: 0 },
    { over: 1, aborted: 0 },
  ])
  expect(vi.getTimerCount()).toBe(0)
})

it("put twice, is answered by the first where the second cannot be put", async () => {
  const question = new Question(limits)
  const [behind, again] = [put(question), put(question)]
  behind.start()
  again.error(new Error("refused"))
  expect(question.isOver).toBe(false)
  behind.says("late")
  behind.end()
  expect(await outcome(question)).toBe("late")
  expect(vi.getTimerCount()).toBe(0)
})

it("put twice, fails by the error of the last that is under way", async () => {
  const question = new Question(limits)
  const [behind, again] = [put(question), put(question)]
  for (const { start } of [behind, again]) start()
  behind.error(new Error("behind"))
  expect(question.isOver).toBe(false)
  again.error(new Error("again"))
  expect(await outcome(question)).toBe("again")
  expect(vi.getTimerCount()).toBe(0)
})

it("gives a connection up on which no answer comes, answered elsewhere or not", async () => {
  const question = new Question(limits)
  const [behind, again] = [put(question), put(question)]
  for (const { start } of [behind, again]) start()
  behind.says("answer")
  behind.end()
  expect(await outcome(question)).toBe("answer")
  vi.advanceTimersByTime(limits.timeoutMs)
  expect(again.told).toEqual({ over: 1, aborted: 1 })

  const unanswered = new Question(limits)
  const alone = put(unanswered)
  const failed = outcome(unanswered)
  vi.advanceTimersByTime(limits.timeoutMs)
  expect(await failed).toBe("too slow")
  expect(alone.told).toEqual({ over: 1, aborted: 0 })
  // The dispatcher comes to it only now.
  alone.start()
  expect(alone.told).toEqual({ over: 1, aborted: 1 })
  const late = put(unanswered)
  expect([late.isPut, late.told.over]).toEqual([false, 1])
})

it("takes no more bytes than it may", async () => {
  const question = new Question(limits)
  const { told, start, says } = put(question)
  start()
  says("12345678901")
  expect(await outcome(question)).toBe("too large")
  expect(told).toEqual({ over: 1, aborted: 1 })
})
