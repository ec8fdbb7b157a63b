/** How the events of processes come into one order, told apart from any protocol. */
import { describe, expect, it } from "vitest"
import { Rejection } from "../../src/trace-check/finding.ts"
import {
  Merge,
  type Mergeable,
  type MergedStep,
  type Missing,
  type Stream,
} from "../../src/trace-check/merge.ts"

/** A step of client 0 or 1: what it needs of the other, and what it sends. */
type Step = Extract<Mergeable, { readonly _tag: "ClientStep" }> & {
  readonly needs?: string
  readonly sends?: string
}
type Event = Step | Exclude<Mergeable, MergedStep>

const place = { file: "clients.ndjson", line: 1 }
const step = (client: number, more: Partial<Step>): Event => ({
  _tag: "ClientStep",
  place,
  n: 1,
  client,
  ...more,
})
const isStep = (event: Event): event is Step => event._tag === "ClientStep"

/** Merges the events of client 0 and of client 1. */
const merged = async (zero: ReadonlyArray<Event>, one: ReadonlyArray<Event>) => {
  const sent = new Set<string>()
  const open = new Set<string>()
  const streams = [zero, one].map((events, id): Stream<Event> => {
    const left = [...events]
    return {
      key: `client ${id}`,
      header: { node: { kind: "clients" } },
      next: () => left.shift() ?? "end",
      fill: () => Promise.resolve(),
    }
  })
  const causality = {
    missing: (event: Event): Missing | undefined => {
      if (!isStep(event) || event.needs === undefined) return undefined
      const { needs, client } = event
      const sender = `client ${1 - client}`
      if (sent.has(needs) || open.has(sender)) return undefined
      return { sender, field: "in", what: needs, isSent: () => sent.has(needs) }
    },
    deliver: (event: Event): void => {
      if (isStep(event) && event.sends !== undefined) sent.add(event.sends)
    },
    open: (node: string): void => void open.add(node),
  }
  const seen: Array<Event> = []
  try {
    await new Merge(streams, causality, (event) => void seen.push(event)).run()
  } catch (cause) {
    if (!(cause instanceof Rejection)) throw cause
    return cause.finding
  }
  return seen
}

const openEnd: Event = { _tag: "OpenEnd" }

describe("processes that all wait for each other", () => {
  const waits = step(0, { needs: "m" })
  const sends = step(0, { sends: "x" })
  const other = step(1, { needs: "x" })

  it("wait for what nobody has sent, or for what is sent too late", async () => {
    expect(await merged([waits, sends], [other])).toMatchObject({ rule: "NotSent", found: "m" })
    const late = [other, step(1, { sends: "m" })]
    expect(await merged([waits, sends], late)).toMatchObject({ rule: "SentLater" })
  })

  it("are not told that it was never sent by one whose last steps nobody saw", async () => {
    expect(await merged([waits, sends], [other, openEnd])).toMatchObject({ rule: "SentLater" })
  })

  it("go on where the one that was to send it ends with steps that nobody saw", async () => {
    expect(await merged([waits, sends], [openEnd])).toHaveLength(3)
  })
})
