/**
 * What Byzantine replicas do in a change of views. A replica signs its VIEW-CHANGE itself, whatever
 * that says; nobody makes another's, so a NEW-VIEW shows what others have said or leaves it out.
 */
import { assert } from "../core/assert.ts"
import { decisions } from "../core/pbft/decision.ts"
import type { Numbered, NewView, ViewChange } from "../core/pbft/message.ts"
import { decisionConfig } from "../core/pbft/view-change.ts"
import type { Setting } from "./behaviours.ts"
import { unknownDigest } from "./host.ts"
import type { WireMessage } from "./messages.ts"
import type { BadNewView, FalseViewChange, NodeName } from "./scenario.ts"
import type { Outgoing, Wrapper } from "./wrapper.ts"

/** How many sequence numbers a lie is about. */
const lies = 3

const isMeant = (to: ReadonlyArray<NodeName>, out: Outgoing<WireMessage>): boolean =>
  to.length === 0 || to.includes(out.to)

const falsehood = (
  { config, hashing }: Setting,
  story: FalseViewChange["story"],
  m: ViewChange,
): ViewChange => {
  const { low, view } = m
  const digest = unknownDigest(hashing, `view ${view}`)
  switch (story) {
    case "forgotten":
      return { ...m, prepared: [], prePrepared: [] }
    case "invented": {
      const seqs = Array.from({ length: lies }, (_, k) => low + 1 + k)
      const entries = seqs
        .filter((seq) => seq <= low + config.logSize && Number.isSafeInteger(seq))
        .map((seq) => ({ seq, digest, view: Math.max(0, view - 1) }))
      return { ...m, prepared: entries, prePrepared: entries }
    }
    case "checkpoint": {
      // What it says of its low watermark may be the last number that a message can bear.
      const seq = Math.min(low + config.logSize, Number.MAX_SAFE_INTEGER)
      const checkpoints = [...m.checkpoints.filter((c) => c.seq < seq), { seq, digest }]
      return { ...m, checkpoints }
    }
    case "copied":
    case "hoarded":
      assert(false, "reading a scenario of PBFT refuses behaviours of Zyzzyva")
  }
}

/** Claims in its VIEW-CHANGE what it never prepared, or nothing, or a checkpoint of nobody. */
export const falseViewChange = (
  { to, story }: FalseViewChange,
  setting: Setting,
): Wrapper<WireMessage> => ({
  send: (out) => {
    const { message } = out
    if (message._tag !== "ViewChange" || !isMeant(to, out)) return [out]
    return [{ ...out, message: falsehood(setting, story, message) }]
  },
})

type Changes = ReadonlyArray<ViewChange>

// Another choice of VIEW-CHANGEs, if possible with another decision.
const otherChoice = ({ config }: Setting, m: NewView, known: Changes): NewView => {
  const { quorum } = config.group
  const all = [
    ...m.changes,
    ...known.filter((x) => m.changes.every((c) => c.replica !== x.replica)),
  ]
  const sorted = all.sort((a, b) => a.replica - b.replica)
  const choices = sorted.length > quorum ? sorted.map((x) => sorted.filter((y) => y !== x)) : []
  const others = [...choices, sorted].flatMap((changes) =>
    decisions(decisionConfig(config), changes).map((d) => ({ ...m, ...d, changes })),
  )
  const text = JSON.stringify(m.chosen)
  return others.find(({ chosen }) => JSON.stringify(chosen) !== text) ?? others[0] ?? m
}

const badly = (setting: Setting, story: BadNewView["story"], m: NewView): NewView => {
  const seq = m.start.seq + 1
  const first = (digest: string): ReadonlyArray<Numbered> => [
    { seq, digest },
    ...m.chosen.filter((c) => c.seq > seq),
  ]
  switch (story) {
    case "empty":
      return { ...m, chosen: [] }
    case "null":
      return { ...m, chosen: first(setting.config.batchDigest([])) }
    case "invented":
      return { ...m, chosen: first(unknownDigest(setting.hashing, `view ${m.view}`)) }
    default:
      return m
  }
}

/** As the primary of a new view shows another choice to some, or decides what is not allowed. */
export const badNewView = ({ to, story }: BadNewView, setting: Setting): Wrapper<WireMessage> => {
  const heard = new Map<string, ViewChange>()
  return {
    hear: (_, message) => {
      if (message._tag === "ViewChange") heard.set(`${message.view} ${message.replica}`, message)
      return []
    },
    send: (out) => {
      const { message } = out
      // Another's is signed.
      const isOwn = message._tag === "NewView" && message.replica === setting.config.id
      if (!isOwn || !isMeant(to, out)) return [out]
      // order-free: sorted by replica
      const known = [...heard.values()].filter(({ view }) => view === message.view)
      const other =
        story === "choice" ? otherChoice(setting, message, known) : badly(setting, story, message)
      return [{ ...out, message: other }]
    },
  }
}
