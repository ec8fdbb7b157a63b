/**
 * What a replica's own origin says to the requests that the group has ordered. The replica asks
 * when it executes one, and puts the answer into its reply when that leaves; agreement does not
 * wait for it, and what is agreed on does not depend on it (ADR 17).
 *
 * Of one request, answers are of the origin in the order in which the group has the requests: the
 * next question is put when the last one is answered. So a later position never has an earlier
 * state of a page, and a sketch of it never goes back. Requests that wait for the same question
 * share its answer: it is put after all of them were asked.
 *
 * Outside the specification: where results come from. There a replica's result is a function of the
 * log, as it is here as long as origins do not change.
 */
import type { Execute } from "../core/effect.ts"
import type { Bytes, ClientId, Seq, Timestamp } from "../core/ids.ts"
import type { Reply } from "../core/pbft/message.ts"
import { encodePlaced } from "../core/prophecy/position.ts"
import { type OriginAnswer, type OriginClient, originFailure } from "../web/origin.ts"
import type { Executor } from "./executor.ts"
import type { FastReader } from "./fast-read.ts"
import type { CompleteReply } from "./loop-options.ts"
import type { PbftKinds } from "./pbft-protocol.ts"

/** The answer to a client's last request. */
interface Kept {
  readonly timestamp: Timestamp
  readonly result: Promise<Bytes>
}

/** One request's questions to the origin: whether one is under way, and the one that waits. */
interface Questions {
  isUnderWay: boolean
  next: PromiseWithResolvers<OriginAnswer> | undefined
}

const notKept = originFailure(
  503,
  "AnswerNotKept",
  "The replicas no longer have their origins' answers to this request: send it again.",
)

export class OriginAnswers {
  readonly #client: Pick<OriginClient, "execute">
  readonly #kept = new Map<ClientId, Kept>()
  readonly #questions = new Map<Bytes, Questions>()
  /** What was executed up to here may have been answered before this process started. */
  #answeredTo: Seq = 0

  constructor(client: Pick<OriginClient, "execute">) {
    this.#client = client
  }

  /** This process comes after one that may have executed, and answered, all up to `seq`. */
  restarted(seq: Seq): void {
    this.#answeredTo = seq
  }

  /** The group has ordered these requests. */
  executing({ seq, requests }: Pick<Execute, "seq" | "requests">): void {
    if (seq <= this.#answeredTo) return
    for (const [place, { client, timestamp, operation }] of requests.entries()) {
      const result = this.#asked(operation).then(({ response, isOrigins }) =>
        // What the origin has not said is of no position: nobody may keep a sketch of it.
        isOrigins ? encodePlaced({ position: { seq, place }, result: response }) : response,
      )
      this.#kept.set(client, { timestamp, result })
    }
  }

  /** The origin's answer to a request of its own moment, for a fast read. */
  read(operation: Bytes): Promise<Bytes> {
    return this.#client.execute(operation).then(({ response }) => response)
  }

  /** A reply as it leaves, now or when the origin has answered. */
  complete(reply: Reply, done: (reply: Reply) => void): void {
    const kept = this.#kept.get(reply.client)
    // The client has asked for something else since: it waits for no older reply.
    if (kept !== undefined && kept.timestamp > reply.timestamp) return
    if (kept === undefined || kept.timestamp < reply.timestamp) {
      return done({ ...reply, result: notKept.response })
    }
    void kept.result.then((result) => done({ ...reply, result }))
  }

  #asked(operation: Bytes): Promise<OriginAnswer> {
    const known = this.#questions.get(operation)
    const questions: Questions = known ?? { isUnderWay: false, next: undefined }
    if (known === undefined) this.#questions.set(operation, questions)
    if (questions.next === undefined) {
      questions.next = Promise.withResolvers()
      // Put at the end of this turn of events: all who ask in it share the answer.
      if (!questions.isUnderWay) queueMicrotask(() => void this.#putNext(operation, questions))
    }
    return questions.next.promise
  }

  async #putNext(operation: Bytes, questions: Questions): Promise<void> {
    questions.isUnderWay = true
    for (let next = questions.next; next !== undefined; next = questions.next) {
      questions.next = undefined
      next.resolve(await this.#client.execute(operation))
    }
    this.#questions.delete(operation)
  }
}

/** The executor, with the origin asked whenever the group has ordered something. */
export const askingOrigin = (executor: Executor, origin: OriginAnswers): Executor => ({
  ...executor,
  execute: (effect) => {
    origin.executing(effect)
    return executor.execute(effect)
  },
})

/** Replies as they leave: with the origin's answers. `sent`: something waits to leave. */
export const completing =
  (origin: OriginAnswers, sent: () => void): CompleteReply<PbftKinds> =>
  (reply, send) =>
    origin.complete(reply, (whole) => {
      send(whole)
      sent()
    })

/** How fast reads are read: from the service, or where there is an origin from that. */
export const readerOf =
  (
    executor: Pick<Executor, "read">,
    origin: OriginAnswers | undefined,
    sent: () => void,
  ): FastReader["read"] =>
  (operation, done) => {
    const result = executor.read(operation)
    const answered = (said: Bytes | undefined): void => {
      done(said)
      sent()
    }
    if (origin === undefined || result === undefined) answered(result)
    else void origin.read(operation).then(answered)
  }
