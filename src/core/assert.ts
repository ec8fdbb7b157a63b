/** Thrown when the code itself is wrong. The process stops: going on could break a promise. */
export class InvariantBroken extends Error {
  override readonly name = "InvariantBroken"
}

/** Stops at once when `condition` does not hold; `what` names the broken invariant. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new InvariantBroken(what)
}
