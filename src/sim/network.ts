/**
 * What becomes of a message under way. What is drawn depends on the seed, the link, the message's
 * name and its number, and on nothing else: a scenario with a fault less draws the same for
 * everything else, which is what makes it possible to shrink one.
 */
import { isAmong } from "./message-name.ts"
import { Random } from "./random.ts"
import type { Cut, Fate, NodeName, Scenario } from "./scenario.ts"

/** Microseconds: the unit of the simulator's clock. */
export const microseconds = (ms: number): number => Math.round(ms * 1000)

interface ActiveCut {
  readonly from: ReadonlySet<NodeName>
  readonly to: ReadonlySet<NodeName>
  readonly messages: ReadonlyArray<string>
  readonly start: number
  readonly end: number
}

/** How often the network did what. */
export interface NetworkCounts {
  messages: number
  cut: number
  lost: number
  duplicated: number
  late: number
  fated: number
}

export class Network {
  readonly counts: NetworkCounts = {
    messages: 0,
    cut: 0,
    lost: 0,
    duplicated: 0,
    late: 0,
    fated: 0,
  }
  /** What the noise did to messages, as fates: the same run without noise and with these. */
  readonly noise: Array<Fate> = []
  readonly #scenario: Scenario
  readonly #calm: number
  readonly #least: number
  readonly #most: number
  readonly #cuts: ReadonlyArray<ActiveCut>
  readonly #fates: ReadonlyMap<string, ReadonlyArray<number>>
  readonly #sent = new Map<string, number>()

  constructor(scenario: Scenario) {
    this.#scenario = scenario
    this.#calm = microseconds(scenario.calmAtMs)
    const [least, most] = scenario.noise.delayMs
    this.#least = microseconds(least)
    this.#most = microseconds(most)
    this.#cuts = scenario.faults
      .filter((fault): fault is Cut => fault._tag === "Cut")
      .map(({ from, to, messages, startMs, endMs }) => ({
        from: new Set(from),
        to: new Set(to),
        messages,
        start: microseconds(startMs),
        end: Math.min(this.#calm, microseconds(endMs)),
      }))
    this.#fates = new Map(
      scenario.fates.map(({ from, to, message, nth, delaysMs }) => [
        `${from}>${to} ${message} ${nth}`,
        delaysMs.map(microseconds),
      ]),
    )
  }

  /** After how many microseconds each copy of the message arrives; none when it is lost. */
  delays(now: number, link: { from: NodeName; to: NodeName; name: string }): ReadonlyArray<number> {
    const { from, to, name } = link
    const path = `${from}>${to} ${name}`
    const nth = (this.#sent.get(path) ?? 0) + 1
    this.#sent.set(path, nth)
    this.counts.messages++
    if (this.#isCut(now, from, to, name)) {
      this.counts.cut++
      return []
    }
    const fate = this.#fates.get(`${path} ${nth}`)
    if (fate !== undefined) {
      this.counts.fated++
      return fate
    }
    const random = new Random(this.#scenario.seed, `${path} ${nth}`)
    const usual = random.between(this.#least, this.#most)
    if (now >= this.#calm) return [usual]
    const drawn = this.#drawn(random, usual)
    if (drawn === undefined) return [usual]
    this.noise.push({ from, to, message: name, nth, delaysMs: drawn.map((d) => d / 1000) })
    return drawn
  }

  // What the noise does; undefined when it leaves the message alone.
  #drawn(random: Random, usual: number): ReadonlyArray<number> | undefined {
    const { loss, duplicate, late, lateMs } = this.#scenario.noise
    if (random.chance(loss)) {
      this.counts.lost++
      return []
    }
    const isLate = random.chance(late)
    const isTwice = random.chance(duplicate)
    if (!isLate && !isTwice) return undefined
    const extra = random.between(0, microseconds(lateMs))
    const first = isLate ? usual + extra : usual
    if (isLate) this.counts.late++
    if (!isTwice) return [first]
    this.counts.duplicated++
    return [first, random.between(this.#least, this.#most + microseconds(lateMs))]
  }

  #isCut(now: number, from: NodeName, to: NodeName, name: string): boolean {
    return this.#cuts.some(
      (cut) =>
        now >= cut.start &&
        now < cut.end &&
        cut.from.has(from) &&
        cut.to.has(to) &&
        isAmong(name, cut.messages),
    )
  }
}
