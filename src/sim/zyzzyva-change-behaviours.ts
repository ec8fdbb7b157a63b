/**
 * What Byzantine replicas of Zyzzyva do in a change of views. A replica signs its VIEW-CHANGE
 * itself, whatever that says of its orders; certificates and checkpoints it can only have been
 * given. A NEW-VIEW shows what others have signed, or leaves it out.
 */
import type { NewView, ShownCertificate, ViewChange } from "../core/zyzzyva/message.ts"
import type { FalseViewChange, NodeName } from "./scenario.ts"
import type { Maker, Outgoing, Wrapper } from "./wrapper.ts"
import type { ZyzzyvaSetting } from "./zyzzyva-behaviours.ts"
import { unknownDigest } from "./host.ts"
import type { ZyzzyvaMessage } from "./zyzzyva-messages.ts"

/** How many sequence numbers a lie is about. */
const lies = 3

const isMeant = (to: ReadonlyArray<NodeName>, out: Outgoing<ZyzzyvaMessage>): boolean =>
  to.length === 0 || to.includes(out.to)

/** What a liar remembers for its VIEW-CHANGEs. */
interface Memory {
  /** By replica the last VIEW-CHANGE that it heard. */
  readonly heard: Map<number, ViewChange>
  /** Certificates that it had to show, the first of each number. */
  readonly hoard: Map<number, ShownCertificate>
}

const falsehood = (
  setting: ZyzzyvaSetting,
  story: FalseViewChange["story"],
  { m, memory }: { readonly m: ViewChange; readonly memory: Memory },
): ViewChange => {
  const { config, hashing } = setting
  const low = m.stable.seq
  switch (story) {
    case "forgotten":
      return { ...m, orders: [], certificates: [] }
    case "invented": {
      const history = unknownDigest(hashing, `view ${m.view}`)
      const digest = config.batchDigest([])
      const seqs = Array.from({ length: lies }, (_, k) => low + 1 + k)
      const orders = seqs
        .filter((seq) => seq <= low + config.logSize && Number.isSafeInteger(seq))
        .map((seq) => ({ view: Math.max(0, m.view - 1), seq, history, digest, batch: [] }))
      return { ...m, orders, certificates: [] }
    }
    case "copied": {
      // order-free: the first of them by replica that is of this change, and starts where it does
      const others = [...memory.heard.values()].sort((a, b) => a.replica - b.replica)
      const other = others.find((x) => x.view === m.view && x.stable.seq === low)
      return { ...m, orders: other?.orders ?? [], certificates: [] }
    }
    case "hoarded": {
      // order-free: sorted
      const certificates = [...memory.hoard.values()]
        .filter((c) => c.seq > low && c.seq <= low + config.logSize && c.view < m.view)
        .filter((c) => c.batches.length === c.seq - low)
        .sort((a, b) => a.seq - b.seq)
      return { ...m, orders: [], certificates }
    }
    case "checkpoint": {
      // Its low watermark may be the last number that a message can bear.
      const seq = Math.min(low + config.logSize, Number.MAX_SAFE_INTEGER)
      return { ...m, stable: { ...m.stable, seq, signers: [] } }
    }
  }
}

/** Claims in its VIEW-CHANGE what it never ordered, what another did, or what was long ago. */
export const falseViewChange: Maker<ZyzzyvaMessage, ZyzzyvaSetting, "FalseViewChange"> = (
  { to, story, view },
  setting,
): Wrapper<ZyzzyvaMessage> => {
  const memory: Memory = { heard: new Map(), hoard: new Map() }
  return {
    hear: (_, message) => {
      if (message._tag === "ViewChange") memory.heard.set(message.replica, message)
      return []
    },
    send: (out) => {
      const m = out.message
      if (m._tag !== "ViewChange") return [out]
      for (const c of m.certificates) if (!memory.hoard.has(c.seq)) memory.hoard.set(c.seq, c)
      if (!isMeant(to, out) || (view !== undefined && view !== m.view)) return [out]
      const { signature: _, ...content } = falsehood(setting, story, { m, memory })
      return [{ ...out, message: { ...content, signature: setting.config.sign(content) } }]
    },
  }
}

// Another choice of VIEW-CHANGEs, where there is one.
const otherChoice = (m: NewView, known: ReadonlyArray<ViewChange>): ReadonlyArray<ViewChange> => {
  const more = known.filter((x) => m.changes.every((c) => c.replica !== x.replica))
  return [...m.changes.slice(more.length), ...more].sort((a, b) => a.replica - b.replica)
}

/** As the primary of a new view shows another choice to some, or too little. */
export const badNewView: Maker<ZyzzyvaMessage, ZyzzyvaSetting, "BadNewView"> = (
  { to, story },
  { config },
) => {
  const heard = new Map<string, ViewChange>()
  return {
    hear: (_, message) => {
      if (message._tag === "ViewChange") heard.set(`${message.view} ${message.replica}`, message)
      return []
    },
    send: (out) => {
      const m = out.message
      const isOwn = m._tag === "NewView" && m.view % config.group.n === config.id
      if (!isOwn || !isMeant(to, out)) return [out]
      // order-free: sorted by replica
      const known = [...heard.values()].filter(({ view }) => view === m.view)
      const changes = story === "choice" ? otherChoice(m, known) : m.changes.slice(1)
      const content = { _tag: "NewView" as const, view: m.view, changes }
      return [{ ...out, message: { ...content, signature: config.sign(content) } }]
    },
  }
}
