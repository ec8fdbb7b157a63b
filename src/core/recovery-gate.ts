/**
 * How often a replica may ask to be taken back (TOCS section 5.2): a liar could fill the order with
 * such requests. Each other replica judges by its own clock, so the verdict is an input, like that
 * on an authenticator; a batch with a request that came too soon is held until f + 1 vouch for it.
 */

/** The last request of a replica that was let in. */
export interface LetIn {
  readonly incarnation: number
  /** By the judge's clock, in milliseconds. */
  readonly at: number
}

/** Whether a request may be let in: the last one again, or a later one half a period after it. */
export const mayReturn = (last: LetIn | undefined, now: LetIn, periodMs: number): boolean => {
  if (last === undefined || now.incarnation === last.incarnation) return true
  return now.incarnation > last.incarnation && now.at - last.at >= periodMs / 2
}
