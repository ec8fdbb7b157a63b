/**
 * When replicas' answers are enough: TOCS sections 4.1 and 5.1; spec/tla/Pbft.tla `Enough`. An
 * answer is a result or its digest; of a committed batch, or of one that was only prepared.
 */
import type { Bytes, Digest, View } from "../ids.ts"
import type { ClientConfig } from "./client.ts"
import type { Reply } from "./message.ts"

/** What a client keeps of a reply. */
export interface Answer {
  /** The result, or with `digest` its digest. */
  readonly result: Bytes
  readonly digest: boolean
  /** The view of a tentative answer; undefined for one of a committed batch. */
  readonly tentative: View | undefined
}

export const answerOf = ({ result, digest, tentative, view }: Reply): Answer => ({
  result,
  digest: digest === true,
  tentative: tentative === true ? view : undefined,
})

const same = (a: Answer, b: Answer): boolean =>
  a.result === b.result && a.digest === b.digest && a.tentative === b.tentative

/** Whether an answer counts after another one of the same replica: only if it may say more. */
export const replaces = (old: Answer | undefined, answer: Answer): boolean =>
  old === undefined ||
  (!same(old, answer) && (old.tentative !== undefined || (old.digest && !answer.digest)))

type Enough = Pick<ClientConfig, "group" | "replyQuorum">

/**
 * Whether these equal answers are enough. What was read needs a strong quorum; and so does what
 * was executed tentatively, all in one view: f + 1 correct replicas prepared it there, so that it
 * stays.
 */
const areEnough = (config: Enough, equal: ReadonlyArray<Answer>, readOnly: boolean): boolean => {
  const { quorum } = config.group
  if (readOnly) return equal.length >= quorum
  const committed = equal.filter((a) => a.tentative === undefined).length
  if (committed >= config.replyQuorum) return true
  return equal.some(({ tentative }) => {
    if (tentative === undefined) return false
    const inView = equal.filter((a) => a.tentative === tentative).length
    return committed + inView >= quorum
  })
}

/** The result that the answers establish now that `answer` is among them, or undefined. */
export const resultOf = (
  config: Enough & Pick<ClientConfig, "resultDigest">,
  answers: ReadonlyArray<Answer | undefined>,
  { answer, readOnly }: { readonly answer: Answer; readonly readOnly: boolean },
): Bytes | undefined => {
  const digestOf = (a: Answer): Digest => (a.digest ? a.result : config.resultDigest(a.result))
  // Digests are computed only where somebody sent one.
  const agree = (a: Answer): boolean =>
    a.digest || answer.digest ? digestOf(a) === digestOf(answer) : a.result === answer.result
  const equal = answers.filter((a) => a !== undefined && agree(a)) as ReadonlyArray<Answer>
  const whole = equal.find((a) => !a.digest)
  return whole !== undefined && areEnough(config, equal, readOnly) ? whole.result : undefined
}
