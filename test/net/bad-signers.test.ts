/** A client of seven replicas, one of which answers alike and signs badly. */
import { describe, expect, it } from "vitest"
import { groupOf } from "../../src/core/quorum.ts"
import {
  type ClientConfig,
  type ClientInput,
  type ClientState,
  initClient,
  stepClient,
} from "../../src/core/zyzzyva/client.ts"
import type { Authentic, ClientMessage, Commit } from "../../src/core/zyzzyva/message.ts"
import { needsOf } from "../../src/core/zyzzyva/needs.ts"
import { BadSigners } from "../../src/net/bad-signers.ts"
import { clientConfigOf } from "../support/zyzzyva.ts"

const group = groupOf(7)
const config: ClientConfig = { ...clientConfigOf(0), group, needs: needsOf(group) }
const isSigned = ({ signature }: { readonly signature: string }): boolean => signature === "good"

/** Asks, has the answers of six, the second of them signed so, and shows what it has. */
const asks = (signers: BadSigners, before: ClientState, signature: string) => {
  const step = (state: ClientState, input: ClientInput): ClientState =>
    stepClient(config, state, input).state
  const asked = step(before, { _tag: "Submit", operation: "op" })
  const answered = [0, 1, 2, 3, 4, 5].reduce((state, replica) => {
    const message = {
      _tag: "SpecResponse",
      view: 0,
      seq: asked.timestamp,
      history: "h",
      signature: replica === 1 ? signature : "good",
      order: "good",
      client: 0,
      timestamp: asked.timestamp,
      result: "r",
      replica,
    } as Authentic<ClientMessage>
    return step(state, { _tag: "Receive", message: signers.heard(message) })
  }, asked)
  const took = stepClient(config, answered, { _tag: "Timeout", waitedMs: 5 })
  const [first] = took.effects
  const commit = (first?._tag === "SendToReplicas" ? first.message : undefined) as Commit
  expect(took.action).toBe("ClientCommit")
  const shown = signers.canBeShown(commit)
  const who = commit.certificate.signers.map((s) => s.replica)
  const done = [0, 2, 3, 4, 5].reduce((state, replica) => {
    const place = { view: 0, seq: asked.timestamp, history: "h", client: 0, replica }
    const message = { _tag: "LocalCommit", ...place } as Authentic<ClientMessage>
    return step(state, { _tag: "Receive", message })
  }, took.state)
  expect(done.operation).toBeUndefined()
  return { shown, who, state: done }
}

describe("of seven replicas one that answers alike and signs badly", () => {
  it("spoils one certificate, and the next is made of the others' answers", () => {
    const signers = new BadSigners(group, { isSigned })
    const first = asks(signers, initClient(config), "bad")
    expect([first.shown, first.who]).toEqual([false, [0, 1, 2, 3, 4, 5]])
    const second = asks(signers, first.state, "bad")
    expect([second.shown, second.who]).toEqual([true, [0, 2, 3, 4, 5]])
  })

  it("that signs well again is shown again", () => {
    const signers = new BadSigners(group, { isSigned })
    const first = asks(signers, initClient(config), "bad")
    const second = asks(signers, first.state, "good")
    expect([second.shown, second.who]).toEqual([true, [0, 1, 2, 3, 4, 5]])
  })
})
