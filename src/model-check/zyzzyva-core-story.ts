/**
 * A violation of the abstraction of Zyzzyva as a story: who does what, what a NEW-VIEW stands on
 * and what a liar puts into it, and when a client holds a certificate or takes a request for done.
 */
import type { Violation } from "./explore.ts"
import type { PathStep } from "./path.ts"
import { zyzzyvaWorld, type ZyzzyvaWorld } from "./zyzzyva-core-constants.ts"
import { logwiseBases, type Report } from "./zyzzyva-core-logwise.ts"
import { noLog } from "./zyzzyva-core-logs.ts"
import type { ZyzzyvaModelSpec } from "./zyzzyva-core-model-spec.ts"
import { type Past, type Quorum, quorums } from "./zyzzyva-core-past.ts"
import { type SlotDecision, slotwiseBases } from "./zyzzyva-core-slotwise.ts"
import { ZyzzyvaSpace } from "./zyzzyva-core-space.ts"

const listed = (names: ReadonlyArray<string | number>): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`

const reportLine = (w: ZyzzyvaWorld, r: Report): string => {
  const who = r.sender < 0 ? `replica ${w.byzantine[0]}, lying` : `replica ${r.sender}`
  const shows =
    r.of < 0 ? "no certificate" : `a certificate of view ${r.of} for ${w.logs.told(r.cert)}`
  return `${who}: log ${w.logs.told(r.log)} of view ${r.view}, ${shows}`
}

const decisionLine = (w: ZyzzyvaWorld, d: SlotDecision): string => {
  const name = d.pick < 0 ? "nothing" : w.logs.name(d.seq, d.pick)
  const votes = d.votes === 0 ? "no vote" : `${d.votes} of its votes`
  const help = d.helped ? ", and the liar's" : ""
  const lie = d.shown.view < 0 ? "" : `, the liar shows a certificate of view ${d.shown.view}`
  const counts = d.counts.view < 0 ? "no certificate" : `a certificate of view ${d.counts.view}`
  return `number ${d.seq + 1}: ${name}, by ${counts} and ${votes}${help}${lie}`
}

/** On which VIEW-CHANGEs `base` can stand, and why it follows from them: the first way found. */
const reasonFor = (past: Past, base: number): ReadonlyArray<string> => {
  const { world: w } = past
  const told = ({ senders, liars }: Quorum): string => {
    const liar = liars === 0 ? [] : [`the liar ${w.byzantine[0]}`]
    return `on the VIEW-CHANGEs of ${listed([...senders.map((r) => r.id), ...liar])}:`
  }
  let lines: ReadonlyArray<string> = []
  for (const quorum of quorums(past)) {
    const found = (log: number, why: ReadonlyArray<string>): void => {
      if (lines.length === 0 && log === base) lines = [told(quorum), ...why]
    }
    if (w.slotwise) {
      slotwiseBases(past, quorum, (log, all) =>
        found(
          log,
          all.map((d) => decisionLine(w, d)),
        ),
      )
    } else {
      logwiseBases(past, quorum, (log, all) =>
        found(
          log,
          all.map((r) => reportLine(w, r)),
        ),
      )
    }
  }
  return lines.map((line, k) => (k === 0 ? line : `  ${line}`))
}

const roleOf = (w: ZyzzyvaWorld, view: number): string => {
  const primary = w.primary(view)
  return `view ${view}, primary ${primary}${w.lies(primary) ? " (Byzantine)" : ""}`
}

/** What became true in a view by a step, told from the facts before and after it. */
const newFacts = (
  space: ZyzzyvaSpace,
  before: Int32Array,
  after: Int32Array,
): ReadonlyArray<string> => {
  const { logs, maxView, fastNeeds, localNeeds } = space.world
  const lines: Array<string> = []
  for (let view = 0; view <= maxView; view++) {
    const [was, is] = [space.facts(before, view), space.facts(after, view)]
    const tell = (bits: number, how: string): void => {
      for (const h of logs.heard) if ((bits & (1 << h)) !== 0) lines.push(`${logs.told(h)} ${how}`)
    }
    tell(
      is.certified & ~was.certified,
      `can be certified: a client, or the liar, holds the answers`,
    )
    tell(is.fast & ~was.fast, `is COMPLETE: ${fastNeeds} equal answers`)
    tell(is.slow & ~was.slow & ~was.fast, `is COMPLETE: ${localNeeds} acknowledgements`)
  }
  return lines.map((line) => `   => ${line}`)
}

const sentence = (
  space: ZyzzyvaSpace,
  row: Int32Array,
  step: PathStep,
  next: Int32Array,
): ReadonlyArray<string> => {
  const { world: w } = space
  const k = w.correct.findIndex((id) => `replica ${id}` === step.process)
  const r = space.replica(next, k)
  const log = r.log[r.view] ?? noLog
  switch (step.action) {
    case "Order": {
      const seq = w.logs.length(log) - 1
      const name = w.logs.name(seq, w.logs.items(log)[seq] ?? 0)
      return [`${step.process} takes ${name} at ${seq + 1}, executes it and answers`]
    }
    case "Acknowledge":
    case "AcknowledgeLate":
      return [`${step.process} acknowledges a certificate: ${step.told}`]
    case "NewView": {
      const own = w.primary(r.view) === r.id
      const from = own ? "makes its NEW-VIEW log" : "adopts the NEW-VIEW log"
      const told = `${step.process} ${from} ${w.logs.told(log)}`
      const explained = own || w.lies(w.primary(r.view))
      return explained
        ? [`${told},`, ...reasonFor(space.past(row, r.view), log).map((line) => `     ${line}`)]
        : [told]
    }
    case "Confirm":
      return [`${step.process} has the VIEW-CONFIRMs that it waited for, and answers`]
    default:
      return [`${step.process} leaves its view: VIEW-CHANGE ${step.told}`]
  }
}

/** The story in lines: a heading for each view, the steps in it, and what they amount to. */
export const zyzzyvaStory = (
  spec: ZyzzyvaModelSpec,
  { property, why, path }: Violation,
): ReadonlyArray<string> => {
  const space = new ZyzzyvaSpace(zyzzyvaWorld(spec), false)
  const { world: w } = space
  const row = new Int32Array(space.width)
  space.start(row)
  const lines = [
    `${w.n} replicas, of which ${listed(w.byzantine)} is Byzantine; rule: ${w.viewChange}`,
    roleOf(w, 0),
  ]
  let view = 0
  for (const step of path) {
    const next = new Int32Array(space.width)
    let taken = false
    space.expand(row, (actor, { action, told }, to) => {
      if (taken || action !== step.action || told !== step.told) return
      if (space.actorName(actor) !== step.process) return
      next.set(to)
      taken = true
    })
    if (!taken) throw new Error(`the way that was found in ${spec.name} cannot be taken`)
    const now = Math.min(...w.correct.map((_, k) => space.replica(next, k).view))
    lines.push(...sentence(space, row, step, next).map((line) => `   ${line}`))
    lines.push(...newFacts(space, row, next))
    if (now > view) lines.push(roleOf(w, now))
    view = now
    row.set(next)
  }
  return [...lines, `${property} is broken: ${why}`]
}
