/** What a replica's own origin says, in the order of the group, and who gets it. */
import { describe, expect, it } from "vitest"
import type { Reply } from "../../src/core/pbft/message.ts"
import { OriginAnswers } from "../../src/net/origin-answers.ts"
import type { OriginAnswer } from "../../src/web/origin.ts"

/** An origin that answers when it is told to. */
const origin = () => {
  const asked: Array<string> = []
  const open: Array<(answer: OriginAnswer) => void> = []
  return {
    asked,
    client: {
      execute: (operation: string) => {
        asked.push(operation)
        return new Promise<OriginAnswer>((resolve) => void open.push(resolve))
      },
    },
    says: async (response: string, isOrigins = true): Promise<void> => {
      open.shift()?.({ response, isOrigins })
      await soon()
    },
  }
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const batch = (seq: number, ...operations: ReadonlyArray<readonly [number, number, string]>) => ({
  seq,
  requests: operations.map(([client, timestamp, operation]) => ({ client, timestamp, operation })),
})

const reply = (client: number, timestamp: number): Reply => ({
  _tag: "Reply",
  view: 0,
  client,
  timestamp,
  replica: 1,
  result: "",
})

const completed = (answers: OriginAnswers, client: number, timestamp: number) => {
  const results: Array<string> = []
  answers.complete(reply(client, timestamp), ({ result }) => results.push(result))
  return results
}

describe("the answers of a replica's origin", () => {
  it("stand in the replies, with the position that the group gave the request", async () => {
    const { client, says, asked } = origin()
    const answers = new OriginAnswers(client)
    answers.executing(batch(7, [0, 1, "a"], [3, 5, "b"]))
    const [one, other] = [completed(answers, 0, 1), completed(answers, 3, 5)]
    await soon()
    expect(asked).toEqual(["a", "b"])
    await says("A")
    expect([one, other]).toEqual([["7.0:A"], []])
    await says("B")
    expect(other).toEqual(["7.1:B"])
    // Asked for again: the same answer, without another question.
    const again = completed(answers, 0, 1)
    await soon()
    expect(again).toEqual(["7.0:A"])
    expect(asked).toEqual(["a", "b"])
  })

  it("to one request are in the order of the group: the next question waits", async () => {
    const { client, says, asked } = origin()
    const answers = new OriginAnswers(client)
    answers.executing(batch(1, [0, 1, "a"]))
    await soon()
    answers.executing(batch(2, [1, 1, "a"]))
    answers.executing(batch(3, [2, 1, "a"], [3, 1, "a"]))
    await soon()
    expect(asked).toEqual(["a"])
    const all = [0, 1, 2, 3].map((c) => completed(answers, c, 1))
    await says("old")
    expect(all).toEqual([["1.0:old"], [], [], []])
    // Those that waited share one question, which is put now.
    expect(asked).toEqual(["a", "a"])
    await says("new")
    expect(all).toEqual([["1.0:old"], ["2.0:new"], ["3.0:new"], ["3.1:new"]])
    answers.executing(batch(4, [0, 2, "a"]))
    await soon()
    expect(asked).toHaveLength(3)
  })

  it("that the origin did not give have no position: nobody keeps a sketch of them", async () => {
    const { client, says } = origin()
    const answers = new OriginAnswers(client)
    answers.executing(batch(1, [0, 1, "a"]))
    const results = completed(answers, 0, 1)
    await soon()
    await says("502", false)
    expect(results).toEqual(["502"])
  })

  it("are not asked for again by a replica that may have given another one before", async () => {
    const { client, says, asked } = origin()
    const answers = new OriginAnswers(client)
    answers.restarted(10)
    answers.executing(batch(10, [0, 1, "a"]))
    expect(completed(answers, 0, 1)[0]).toContain("AnswerNotKept")
    await soon()
    expect(asked).toEqual([])
    answers.executing(batch(11, [0, 2, "a"]))
    const results = completed(answers, 0, 2)
    // Nobody waits for the answer to what a client asked before.
    expect(completed(answers, 0, 1)).toEqual([])
    await soon()
    await says("A")
    expect(results).toEqual(["11.0:A"])
  })

  it("of requests that a fetched state skipped are said to be lost", () => {
    const answers = new OriginAnswers(origin().client)
    expect(completed(answers, 4, 9)[0]).toMatch(/^R503/)
  })

  it("for a fast read are of the moment, without a position", async () => {
    const { client, says, asked } = origin()
    const answers = new OriginAnswers(client)
    answers.executing(batch(1, [0, 1, "a"]))
    await soon()
    const result = answers.read("a")
    expect(asked).toEqual(["a", "a"])
    await says("A")
    await says("B")
    expect(await result).toBe("B")
  })
})
