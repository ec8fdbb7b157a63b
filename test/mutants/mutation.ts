/** A change of one place in one file: a guard that is not there any more, a quorum off by one. */
export interface Mutation {
  /** What is wrong in the mutant, in a few words. */
  readonly name: string
  /** The changed file, from the root of the checkout. */
  readonly file: string
  /** Text that stands in the file exactly once. */
  readonly find: string
  /** What stands in its place in the mutant. */
  readonly replace: string
}

/** Which check must see a mutant. */
export interface Killer {
  /**
   * An invariant; `graph`, where the reachable graph is another; what an expectation of the model
   * says when it is not met; what a broken assertion of the code says; the title of a test.
   */
  readonly check: string
  /** The model, or the test's file. */
  readonly where: string
}

/** A check that did not pass, and what it said. */
export interface Kill extends Killer {
  readonly why: string
}

/** What became of a mutant; `problem` says why it does not count as killed. */
export interface Outcome {
  readonly name: string
  readonly file: string
  readonly killedBy: Killer
  readonly kills: ReadonlyArray<Kill>
  readonly seconds: number
  readonly problem: string | undefined
}

/** The text that a mutation replaces is not there, or not once: the mutation proves nothing. */
export class DoesNotApply extends Error {
  override readonly name = "DoesNotApply"
}

/** The text of the file with the mutation in it. */
export const mutatedText = (text: string, { file, find, replace, name }: Mutation): string => {
  const count = text.split(find).length - 1
  if (count !== 1) {
    const must = `it must stand there once: adapt the mutant "${name}" to the file`
    throw new DoesNotApply(`${file} holds this text ${count} times, ${must}\n${find}`)
  }
  const at = text.indexOf(find)
  return text.slice(0, at) + replace + text.slice(at + find.length)
}

/** Why a mutant with these kills does not count as killed by its killer; undefined if it does. */
export const problemOf = (
  { check, where }: Killer,
  kills: ReadonlyArray<Kill>,
): string | undefined => {
  if (kills.some((k) => k.check === check && k.where === where)) return undefined
  const found = kills.map((k) => `${k.check} in ${k.where} (${k.why})`).join("; ")
  return found === "" ? "survived" : `killed by another check: ${found}`
}
