/** The messages of Zyzzyva as data: what is written as JSON comes back, and nothing else does. */
import { Schema } from "effect"
import { describe, expect, it } from "vitest"
import { type Message, ReplicaMessage } from "../../../src/core/zyzzyva/message.ts"
import type { Input } from "../../../src/core/zyzzyva/state.ts"
import {
  accusation,
  certificate,
  change,
  commit,
  digestOf,
  fetched,
  newView,
  order,
  receive,
  request,
  shown,
  signed,
} from "../../support/zyzzyva.ts"

const d1 = digestOf(0, 1)
const inputs: ReadonlyArray<Input> = [
  request(0, 1),
  order(1, [signed(0, 1)], ""),
  commit(0, certificate(1, d1)),
  accusation(2),
  newView(2, [0, 2, 3]),
  receive(change(2, 1, { certificates: [shown(d1)] })),
  receive({ _tag: "SpecHeader", view: 0, seq: 1, history: d1, signature: "", replica: 2 }),
  receive({ _tag: "FillHole", view: 0, from: 1, upTo: 2, replica: 2 }),
  receive({ _tag: "Pom", orders: [{ view: 0, seq: 1, history: d1, signature: "" }] }),
  receive({ _tag: "Checkpoint", view: 0, seq: 2, digest: d1, signature: "", replica: 2 }),
  receive({ _tag: "FetchState", seq: 0, replica: 2 }),
  fetched(),
  receive({ _tag: "Read", ...signed(0, 1) }),
  receive({ _tag: "ViewConfirm", view: 2, seq: 0, history: "", replica: 2 }),
]
const messages = inputs.flatMap(
  (input): ReadonlyArray<Message> => ("message" in input ? [input.message] : []),
)
const decode = Schema.decodeUnknownSync(ReplicaMessage)

describe("a message to a replica", () => {
  it("has an example of each kind here", () => {
    expect(new Set(messages.map((m) => m._tag)).size).toBe(ReplicaMessage.members.length)
  })

  it.each(messages.map((m) => [m._tag, m] as const))("%s comes back from JSON", (_, message) => {
    expect(decode(JSON.parse(JSON.stringify(message)))).toEqual(message)
  })

  it.each(messages.map((m) => [m._tag, m] as const))("%s lacks no field", (_, message) => {
    for (const field of Object.keys(message)) {
      const { [field as "_tag"]: lost, ...rest } = message
      expect(() => decode(rest), `without ${field}, which was ${String(lost)}`).toThrow(
        /Missing|Expected/,
      )
    }
  })

  it("has no negative number and no other kind", () => {
    for (const wrong of [{ ...messages[3], view: -1 }, { _tag: "Accuse" }, null]) {
      expect(() => decode(wrong)).toThrow(/Expected/)
    }
  })
})
