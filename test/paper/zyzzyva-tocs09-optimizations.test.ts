/** Zyzzyva, TOCS 27(4) 2009, section 4: optimizations, a test a sentence, in our words. */
import { describe, expect, it } from "vitest"
import { type ClientInput, stepClient } from "../../src/core/zyzzyva/client.ts"
import type { Message } from "../../src/core/zyzzyva/message.ts"
import { orderAt } from "../../src/core/zyzzyva/log.ts"
import { step } from "../../src/core/zyzzyva/replica.ts"
import { claims } from "../../src/core/zyzzyva/signed.ts"
import type { Input } from "../../src/core/zyzzyva/state.ts"
import {
  answers,
  readResponse,
  response,
  runClient,
  submit,
  submitRead,
  waited,
} from "../support/zyzzyva-client.ts"
import {
  accusation,
  after,
  certificate,
  clientConfigOf,
  commit,
  configOf,
  digestOf,
  executed,
  order,
  receive,
  request,
  signed,
} from "../support/zyzzyva.ts"

const backup = configOf(1)
const d1 = digestOf(0, 1)

describe("one replica answers in full, the others by digest", () => {
  const digestOfR = "digest of r"
  const byDigest = (replica: number): ClientInput =>
    response(replica, { result: digestOfR, digest: true })

  it("a request says who; it is no part of what is ordered", () => {
    const { took } = runClient([], { ...submit, replier: 2 } as ClientInput)
    expect(took.effects[0]).toMatchObject({ message: { _tag: "Request", replier: 2 } })
    const batch = [{ ...signed(0, 1), replier: 2 }]
    const asked = step(backup, after(backup, [order(1, batch, "")]), executed(1, ["r"]))
    expect(asked.effects[0]).toMatchObject({
      message: { history: d1, result: digestOfR, digest: true },
    })
    const own = step(
      backup,
      after(backup, [order(1, [{ ...signed(0, 1), replier: 1 }], "")]),
      executed(1, ["r"]),
    )
    expect(own.effects[0]).toMatchObject({ message: { result: "r" } })
    expect(own.effects[0]).not.toMatchObject({ message: { digest: true } })
  })

  it("the result and its digests are equal; a digest of another result is not", () => {
    const three = [submit, response(0), byDigest(1), byDigest(2)]
    expect(runClient(three, byDigest(3)).took.state.result).toBe("r")
    const other = response(3, { result: "digest of s", digest: true })
    expect(runClient(three, other).took.state.operation).toBe("a")
    expect(
      runClient([submit, byDigest(1), byDigest(2), byDigest(3)], response(0)).took.state.result,
    ).toBe("r")
  })

  it("without the result nothing is complete, and everyone is asked for it", () => {
    const four = [submit, byDigest(0), byDigest(1), byDigest(2), byDigest(3)]
    const { took } = runClient(four, waited)
    expect(took.action).toBe("ClientTimeout")
    const [first] = took.effects
    expect(first).toMatchObject({ replicas: [0, 1, 2, 3], message: { _tag: "Request" } })
    expect(first).not.toHaveProperty("message.replier")
    expect(runClient([...four, waited], response(2)).took.state.result).toBe("r")
  })

  it("who is asked again answers in full", () => {
    const batch = [{ ...signed(0, 1), replier: 2 }]
    const state = after(backup, [order(1, batch, ""), executed(1, ["r"])])
    expect(step(backup, state, request(0, 1)).effects).toMatchObject([{ message: { result: "r" } }])
  })

  it("a digest does not take the place of the result", () => {
    const { took } = runClient(answers, byDigest(0))
    expect(took.action).toBe("Ignore:OldResponse")
  })
})

describe("while a replica is gone, replicas commit what the client would have to", () => {
  const config = configOf(1, { commitFirst: true })
  const batch = [{ ...signed(0, 1), commitFirst: true as const }]
  const first = order(1, batch, "")
  const header = (replica: number, history = d1): Input =>
    receive({ _tag: "SpecHeader", view: 0, seq: 1, history, signature: "", replica })
  const ran = [first, executed(1, ["r"])]
  const stays = (replica: number, changed = {}): ClientInput =>
    response(replica, { committed: true, ...changed })

  it("a request says so; it is no part of what is ordered", () => {
    const { took } = runClient([], { ...submit, commitFirst: true } as ClientInput)
    expect(took.effects[0]).toMatchObject({ message: { _tag: "Request", commitFirst: true } })
  })

  it("executes it at once and tells the others, and answers nobody", () => {
    const took = step(config, after(config, [first]), executed(1, ["r"]))
    expect(took.effects).toMatchObject([
      { _tag: "Broadcast", message: { _tag: "SpecHeader", seq: 1, history: d1 } },
    ])
  })

  it("2f + 1 equal histories are a certificate, durable before the answer leaves", () => {
    const took = step(config, after(config, [...ran, header(0)]), header(2))
    expect(took.effects).toMatchObject([
      { _tag: "Persist", record: { _tag: "Certified" } },
      { _tag: "SendToClient", client: 0, message: { result: "r", committed: true } },
    ])
    const other = step(config, after(config, [...ran, header(0)]), header(2, "x"))
    expect(other.effects).toEqual([])
  })

  it("a client's certificate does as well", () => {
    const took = step(config, after(config, ran), commit(0, certificate(1, d1)))
    const sent = took.effects.flatMap((e) => (e._tag === "SendToClient" ? [e.message._tag] : []))
    expect(sent).toEqual(["LocalCommit", "SpecResponse"])
    const late = step(
      config,
      after(config, [first, commit(0, certificate(1, d1))]),
      executed(1, ["r"]),
    )
    expect(late.effects.at(-1)).toMatchObject({ message: { committed: true } })
  })

  it("who is asked again answers at once", () => {
    const took = step(config, after(config, ran), request(0, 1))
    expect(took.effects).toMatchObject([{ message: { _tag: "SpecResponse", result: "r" } }])
    expect(took.effects[0]).not.toHaveProperty("message.committed")
  })

  it("the client needs 2f + 1 committed answers, and no second phase", () => {
    const two = [submit, stays(0), stays(1)]
    expect(runClient(two, stays(2)).took.state.result).toBe("r")
    expect(runClient(two, response(2)).took.state.operation).toBe("a")
    for (const changed of [{ view: 1 }, { history: "x" }, { result: "s" }]) {
      expect(runClient(two, stays(2, changed)).took.state.operation).toBe("a")
    }
  })

  it("that an answer is committed says more than it said before, and nothing less does", () => {
    const spoken = [submit, response(0), stays(1), stays(2)]
    expect(runClient(spoken, stays(0)).took.state.result).toBe("r")
    expect(runClient([submit, stays(0)], response(0)).took.action).toBe("Ignore:OldResponse")
    const other = runClient([submit, response(0)], stays(0, { result: "s" }))
    expect(other.took.action).toBe("Ignore:OldResponse")
  })

  it("what a replica says of one history adds up", () => {
    const digest = { result: "digest of r", digest: true } as const
    for (const said of [
      [response(0), stays(0, digest)],
      [stays(0, digest), response(0)],
    ] as const) {
      const { took } = runClient([submit, said[0], stays(1, digest), stays(2, digest)], said[1])
      expect(took.state.result).toBe("r")
    }
  })

  it("without the word of the configuration it is answered at once", () => {
    const took = step(backup, after(backup, [first]), executed(1, ["r"]))
    expect(took.effects).toMatchObject([{ message: { _tag: "SpecResponse", result: "r" } }])
  })
})

describe("while no replica is gone, answers are for their client alone", () => {
  const sparing = configOf(1, { preferredQuorums: true })
  const batch = [{ ...signed(0, 1), clientOnly: true as const }]
  const unsigned = { clientOnly: true, signature: "" } as const
  const alone = (replica: number, changed = {}): ClientInput =>
    response(replica, { ...unsigned, ...changed })
  const ofHeader = expect.stringMatching(/^SpecHeader signed/)
  const noSignature = { message: { _tag: "SpecResponse", result: "r", ...unsigned } }

  it("a request says so; it is no part of what is ordered", () => {
    const { took } = runClient([], { ...submit, clientOnly: true } as ClientInput)
    expect(took.effects[0]).toMatchObject({ message: { _tag: "Request", clientOnly: true } })
    const primary = configOf(0)
    const asked = receive({ _tag: "Request", ...signed(0, 1), clientOnly: true })
    const sent = step(primary, after(primary, [asked]), { _tag: "Propose", count: 1 })
    expect(sent.effects[1]).toMatchObject({ message: { history: d1, batch } })
  })

  it("nobody signs them; the primary's order is signed", () => {
    const took = step(sparing, after(sparing, [order(1, batch, "")]), executed(1, ["r"]))
    expect(took.effects).toMatchObject([noSignature])
    const answer = (took.effects[0] as { message: Message }).message
    expect(claims(backup.group, answer).map((c) => c.content._tag)).toEqual(["OrderReq"])
  })

  it("in a batch each is answered as its client asked", () => {
    const both = [...batch, signed(1, 1)]
    const took = step(sparing, after(sparing, [order(1, both, "")]), executed(1, ["r", "s"]))
    expect(took.effects).toMatchObject([noSignature, { message: { signature: ofHeader } }])
    expect(took.effects[1]).not.toHaveProperty("message.clientOnly")
  })

  it("so it is where they are committed first", () => {
    const config = configOf(1, { commitFirst: true, preferredQuorums: true })
    const both = [...batch, signed(1, 1)].map((r) => ({ ...r, commitFirst: true as const }))
    const ran = after(config, [order(1, both, ""), executed(1, ["r", "s"])])
    const history = orderAt(ran, 1)?.history ?? ""
    const took = step(config, ran, commit(0, certificate(1, history)))
    const answers = took.effects.filter((e) => e._tag === "SendToClient").slice(1)
    expect(answers).toMatchObject([noSignature, { message: { signature: ofHeader } }])
  })

  it("all of them are enough", () => {
    const three = [submit, alone(0), alone(1), response(2)]
    expect(runClient(three, alone(3)).took.state.result).toBe("r")
  })

  it("most of them make no certificate: everyone is asked, for signatures", () => {
    const two = [submit, alone(0), alone(1)]
    const third = runClient(two, response(2)).took
    expect(third.effects).toMatchObject([{ _tag: "SetTimer", ms: 5 }])
    const { took } = runClient([...two, response(2)], waited)
    expect(took.action).toBe("ClientTimeout")
    expect(took.effects[0]).toMatchObject({ replicas: [0, 1, 2, 3], message: { _tag: "Request" } })
    expect(took.effects[0]).not.toHaveProperty("message.clientOnly")
  })

  it("who is asked again signs, as does everyone in a new view", () => {
    const state = after(sparing, [order(1, batch, ""), executed(1, ["r"])])
    const marked = receive({ _tag: "Request", ...signed(0, 1), clientOnly: true })
    for (const again of [request(0, 1), marked]) {
      const took = step(sparing, state, again)
      expect(took.effects).toMatchObject([{ message: { signature: ofHeader } }])
      expect(took.effects[0]).not.toHaveProperty("message.clientOnly")
    }
  })

  it("without the word of the configuration a primary that marks a request has it signed", () => {
    for (const config of [backup, configOf(1, { commitFirst: true })]) {
      const first = batch.map((r) => ({ ...r, commitFirst: true as const }))
      const ran = after(config, [order(1, first, "")])
      const took = step(config, ran, executed(1, ["r"]))
      const later = step(config, took.state, commit(0, certificate(1, d1)))
      const effects = [...took.effects, ...later.effects]
      const answers = effects.flatMap((e) =>
        e._tag === "SendToClient" && e.message._tag === "SpecResponse" ? [e.message] : [],
      )
      expect(answers).toMatchObject([{ signature: ofHeader }])
      expect(answers[0]).not.toHaveProperty("clientOnly")
    }
  })

  it("a signature adds to what was said, and its lack takes nothing away", () => {
    const spoken = [submit, alone(0, { committed: true }), response(1), response(2)]
    const { took } = runClient(spoken, response(0))
    expect(took.state.responses[0]).toMatchObject({ committed: true, signature: "by 0" })
    expect(took.effects).toMatchObject([{ _tag: "SetTimer" }])
    const second = runClient([submit, alone(0), alone(1), response(2)], response(0))
    expect(second.took.effects).toEqual([])
    expect(runClient([submit, response(0)], alone(0)).took.action).toBe("Ignore:OldResponse")
    const shown = runClient([...spoken, response(0)], waited).took
    expect(shown.action).toBe("ClientCommit")
    expect(shown.effects[0]).toMatchObject({
      message: { certificate: { signers: [{ signature: "by 0" }, {}, {}] } },
    })
  })

  it("a certificate goes to those whose answers are in it, and later to everyone", () => {
    const config = { ...clientConfigOf(0), preferredQuorums: true }
    const { state } = runClient(
      [submit, alone(0, { result: "s" }), response(1), response(2)],
      response(3),
    ).took
    const { effects, state: next } = stepClient(config, state, waited)
    expect(effects).toMatchObject([{ replicas: [1, 2, 3], message: { _tag: "Commit" } }, {}])
    const [again] = stepClient(config, next, waited).effects
    expect(again).toMatchObject({ replicas: [0, 1, 2, 3], message: { _tag: "Commit" } })
    expect(stepClient(clientConfigOf(0), state, waited).effects[0]).toMatchObject({
      replicas: [0, 1, 2, 3],
    })
  })
})

describe("a request that only reads is answered without an order", () => {
  const reader = configOf(1, { readOnly: true })
  const read: Input = receive({ _tag: "Read", ...signed(1, 1) })
  const done: Input = { _tag: "ReadDone", client: 1, timestamp: 1, result: "v" }
  const asks = { _tag: "ReadState", client: 1, timestamp: 1 }
  const first = order(1, [signed(0, 1)], "")

  it("goes to every replica, which reads at once", () => {
    const { took } = runClient([], submitRead)
    expect(took.effects[0]).toMatchObject({ replicas: [0, 1, 2, 3], message: { _tag: "Read" } })
    const asked = step(reader, after(reader, []), read)
    expect(asked.effects).toMatchObject([asks])
  })

  it("a replica reads when it has executed what it had ordered; before anything else", () => {
    const state = after(reader, [first, read])
    expect(state.pendingReads).toMatchObject([{ after: 1 }])
    expect(step(reader, after(reader, [first]), read).effects).toEqual([])
    const second = order(2, [signed(0, 2)], d1)
    const ran = step(reader, after(reader, [first, read, second]), executed(1, ["r"]))
    const tags = ran.effects.map((e) => e._tag)
    expect(tags.slice(-2)).toEqual(["ReadState", "Execute"])
  })

  it("the answer names the history, and says whether that is committed", () => {
    const inputs = [first, executed(1, ["r"]), read]
    const [answer] = step(reader, after(reader, inputs), done).effects
    expect(answer).toMatchObject({
      client: 1,
      message: { _tag: "ReadResponse", seq: 1, history: d1, result: "v" },
    })
    expect(answer).not.toHaveProperty("message.committed")
    const certified = after(reader, [...inputs, commit(0, certificate(1, d1))])
    expect(step(reader, certified, done).effects[0]).toHaveProperty("message.committed", true)
    const nothing = step(reader, after(reader, [read]), done)
    expect(nothing.effects[0]).toHaveProperty("message.committed", true)
  })

  it("what the service does not take for a read is not answered", () => {
    const took = step(reader, after(reader, [read]), { ...done, result: undefined } as Input)
    expect(took.state.pendingReads).toEqual([])
    expect(took.effects).toEqual([])
  })

  it("no read waits beyond its view", () => {
    expect(after(reader, [first, read, accusation(2), accusation(3)]).pendingReads).toEqual([])
  })

  it("3f + 1 equal answers are enough, or 2f + 1 that are committed", () => {
    const three = [submitRead, readResponse(0), readResponse(1), readResponse(2)]
    expect(runClient(three.slice(0, 3), readResponse(2)).took.state.operation).toBe("a")
    const { took } = runClient(three, readResponse(3))
    expect(took.action).toBe("ClientRecvReadResponse")
    expect(took.state.result).toBe("r")
    const stays = (replica: number): ClientInput => readResponse(replica, { committed: true })
    expect(runClient([submitRead, stays(0), stays(1)], stays(2)).took.state.result).toBe("r")
    expect(runClient([submitRead, stays(0), stays(1)], readResponse(2)).took.state.operation).toBe(
      "a",
    )
  })

  it("answers of two histories, views or results are not equal", () => {
    const three = [submitRead, readResponse(0), readResponse(1), readResponse(2)]
    for (const changed of [{ view: 1 }, { history: "x" }, { seq: 2 }, { result: "s" }]) {
      expect(runClient(three, readResponse(3, changed)).took.state.operation).toBe("a")
    }
  })

  it("without enough of them it is ordered; what was read makes no certificate", () => {
    const three = [submitRead, readResponse(0), readResponse(1), readResponse(2)]
    const { took } = runClient(three, waited)
    expect(took.action).toBe("ClientTimeout")
    expect(took.effects[0]).toMatchObject({ message: { _tag: "Request" } })
    expect(took.state).toMatchObject({ readOnly: false, toAll: true })
    expect(took.state.responses.every((r) => r === undefined)).toBe(true)
  })
})
