/**
 * Origins that change one after the other, without any agreement on it, behind the real sketcher
 * and the real order of questions, in random schedules with a lying replica: nobody who asks after
 * another has been answered is shown an older page. Each rule that this rests on is left out once,
 * and must be missed.
 */
import { requestIn } from "../../src/core/prophecy/lane-client.ts"
import { describe, expect, it } from "vitest"
import { randomFrom } from "../../bench/ideal-sketcher.ts"
import type { Authentic, Reply } from "../../src/core/pbft/message.ts"
import type { FastReply } from "../../src/core/prophecy/message.ts"
import { decodePlaced, nowhere } from "../../src/core/prophecy/position.ts"
import { initSketcher, stepSketcher } from "../../src/core/prophecy/sketcher.ts"
import type { SketcherConfig, SketcherInput } from "../../src/core/prophecy/sketcher-state.ts"
import { OriginAnswers } from "../../src/net/origin-answers.ts"
import { sketcherConfig } from "../support/prophecy.ts"
import { runs } from "../support/runs.ts"

const replicas = [0, 1, 2, 3]
const liar = 3
const page = "page"

interface Rules {
  /** Equal answers that are enough. */
  readonly replyQuorum: number
  /** Whether a replica's questions wait for each other. */
  readonly inOrder: boolean
}

interface Ordered {
  readonly seq: number
  readonly client: number
  readonly timestamp: number
}

/** A replica, its origin, and the questions that are open; the origin answers when it is told. */
class Replica {
  version = 0
  applied = 0
  readonly open: Array<() => void> = []
  readonly #answers: OriginAnswers
  readonly #inOrder: boolean

  constructor(inOrder: boolean) {
    this.#inOrder = inOrder
    this.#answers = this.#fresh()
  }

  #fresh(): OriginAnswers {
    return new OriginAnswers({
      execute: () =>
        new Promise((resolve) =>
          this.open.push(() => resolve({ response: `${this.version}`, isOrigins: true })),
        ),
    })
  }

  execute({ seq, client, timestamp }: Ordered, done: (result: string) => void): void {
    // Without the order each request has answers of its own.
    const answers = this.#inOrder ? this.#answers : this.#fresh()
    answers.executing({ seq, requests: [{ client, timestamp, operation: page }] })
    const reply = { _tag: "Reply", view: 0, client, timestamp, replica: 0, result: "" } as const
    answers.complete(reply, ({ result }) => done(result))
  }

  read(done: (result: string) => void): void {
    void this.#answers.read(page).then(done)
  }
}

interface Call {
  /** The newest page that was shown before it was asked. */
  readonly floor: number
}

class Run {
  readonly #pick: (n: number) => number
  readonly #config: SketcherConfig
  readonly #group: ReadonlyArray<Replica>
  readonly #log: Array<Ordered> = []
  readonly #asked: Array<Omit<Ordered, "seq">> = []
  readonly #arriving: Array<SketcherInput> = []
  readonly #calls = new Map<number, Call>()
  #state: ReturnType<typeof initSketcher>
  #nextCall = 1
  #shown = 0
  answered = 0
  /** What was shown although a newer page had been. */
  wentBack: string | undefined

  constructor(seed: number, { replyQuorum, inOrder }: Rules) {
    this.#pick = randomFrom(seed)
    this.#config = sketcherConfig({ replyQuorum, maxStrikes: 0, lanes: 3 })
    this.#state = initSketcher(this.#config)
    this.#group = replicas.map(() => new Replica(inOrder))
  }

  #step(input: SketcherInput): void {
    const took = stepSketcher(this.#config, this.#state, input)
    this.#state = took.state
    for (const effect of took.effects) {
      if (effect._tag === "SendToReplicas") {
        const request = requestIn(effect.message)
        if (request !== undefined) this.#asked.push(request)
      } else if (effect._tag === "SendFastRead") {
        const { replica, message } = effect
        this.#said(replica, (result) => this.#fastReply(message.id, replica, result))
      } else if (effect._tag === "Respond") this.#answer(effect.id, Number(effect.result))
    }
  }

  /** A page that is, or was not long ago. */
  #lie(): string {
    const newest = Math.max(...this.#group.map(({ version }) => version))
    return `${Math.max(0, newest - this.#pick(3))}`
  }

  // The liar says any page at once; the others ask their origin.
  #said(replica: number, done: (result: string) => void): void {
    if (replica === liar) done(this.#lie())
    else this.#group[replica]?.read(done)
  }

  #fastReply(id: number, replica: number, result: string): void {
    const message = { _tag: "FastReply", sketcher: 0, id, replica, result } as Authentic<FastReply>
    this.#arriving.push({ _tag: "FastReply", message, digest: `#${result}` })
  }

  #reply({ client, timestamp }: Ordered, replica: number, result: string): void {
    const message = { _tag: "Reply", view: 0, client, timestamp, replica, result }
    const digest = `#${decodePlaced(result).result}`
    this.#arriving.push({ _tag: "Reply", message: message as Authentic<Reply>, digest })
  }

  #answer(id: number, version: number): void {
    const call = this.#calls.get(id)
    this.#calls.delete(id)
    this.answered++
    if (call !== undefined && version < call.floor) {
      this.wentBack ??= `call ${id} was shown ${version} after ${call.floor}`
    }
    this.#shown = Math.max(this.#shown, version)
  }

  #ask(): void {
    if (this.#calls.size >= 3) return
    const id = this.#nextCall++
    this.#calls.set(id, { floor: this.#shown })
    const request = { key: page, operation: page, fresh: this.#pick(2) === 0, after: nowhere }
    this.#step({ _tag: "Read", id, ...request, replica: this.#pick(replicas.length) })
  }

  #order(): void {
    const [request] = this.#asked.splice(this.#pick(Math.max(1, this.#asked.length)), 1)
    if (request !== undefined) this.#log.push({ seq: this.#log.length + 1, ...request })
  }

  #apply(): void {
    const id = this.#pick(replicas.length)
    const replica = this.#group[id] as Replica
    const next = this.#log[replica.applied]
    if (next === undefined) return
    replica.applied++
    if (id === liar) this.#reply(next, id, `${next.seq}.0:${this.#lie()}`)
    else replica.execute(next, (result) => this.#reply(next, id, result))
  }

  #originAnswers(): void {
    const { open } = this.#group[this.#pick(replicas.length)] as Replica
    open.splice(this.#pick(Math.max(1, open.length)), 1)[0]?.()
  }

  #originChanges(): void {
    const replica = this.#group[this.#pick(replicas.length)] as Replica
    // No origin is far ahead of all others: the next change begins when the last is everywhere.
    const slowest = Math.min(...this.#group.map(({ version }) => version))
    if (replica.version === slowest) replica.version++
  }

  #deliver(): void {
    const [input] = this.#arriving.splice(this.#pick(Math.max(1, this.#arriving.length)), 1)
    if (input !== undefined) this.#step(input)
  }

  // What differs too much is given up, as are calls that only take long.
  #giveUp(): void {
    const ids = [...this.#calls.keys()]
    const id = ids[this.#pick(Math.max(1, ids.length))]
    if (id === undefined) return
    this.#calls.delete(id)
    this.#step({ _tag: "GiveUp", id })
  }

  async go(steps: number): Promise<this> {
    const actions = [this.#ask, this.#order, this.#apply, this.#originAnswers, this.#deliver]
    const weighted = [...actions, this.#apply, this.#originAnswers, this.#deliver, this.#deliver]
    for (let k = 0; k < steps && this.wentBack === undefined; k++) {
      const rare = this.#pick(60)
      if (rare < 2) this.#originChanges()
      else if (rare === 2) this.#giveUp()
      else weighted[this.#pick(weighted.length)]?.call(this)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return this
  }
}

const steps = 3_000
const ruled: Rules = { replyQuorum: 3, inOrder: true }

/** The first seed of so many in which somebody was shown an older page. */
const search = async (rules: Rules, seeds: number) => {
  let answered = 0
  for (let seed = 1; seed <= seeds; seed++) {
    const run = await new Run(seed, rules).go(steps)
    answered += run.answered
    if (run.wentBack !== undefined) return { found: `seed ${seed}: ${run.wentBack}`, answered }
  }
  return { found: undefined, answered }
}

describe("pages of origins that change one after the other", () => {
  it("never go back, whatever the schedule and a lying replica do", async () => {
    const { found, answered } = await search(ruled, runs(100).numRuns)
    expect(found).toBeUndefined()
    expect(answered).toBeGreaterThan(1_000)
  })

  it("go back where f + 1 answers are enough", async () => {
    expect((await search({ ...ruled, replyQuorum: 2 }, 150)).found).toMatch(/^seed \d+: call/)
  })

  it("go back where a replica's questions do not wait for each other", async () => {
    expect((await search({ ...ruled, inOrder: false }, 400)).found).toMatch(/^seed \d+: call/)
  })
})
