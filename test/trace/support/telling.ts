/** Now and then a replica of a recorded run tells somebody what it executed. */
import type { Input, State } from "../../../src/core/pbft/state.ts"
import type { RunOptions } from "./run-options.ts"

export const tellInput = (
  { told }: State,
  { telling = 0, n = 4 }: RunOptions,
  random: () => number,
): Input | undefined => {
  if (told.own.length === 0 || random() >= telling) return undefined
  const { seq = 0 } = told.own[Math.floor(random() * told.own.length)] ?? {}
  return { _tag: "Tell", seq, replica: Math.floor(random() * n) }
}

/** What the header and the configurations say of it. */
export const tellingOf = ({ telling }: Pick<RunOptions, "telling">) =>
  telling === undefined ? {} : { tellCommitted: true }
