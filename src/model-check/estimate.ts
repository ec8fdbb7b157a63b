/**
 * How many states an exploration will come to, guessed while it runs. The levels of a breadth-first
 * search grow and shrink like a bell: the logarithm of their width bends down by about the same
 * amount at each level. So the bend of the last levels is carried on until nothing is left.
 */

const levelsUsed = 6
const levelsAhead = 1000

/** States beyond those of `widths` (the sizes of the finished levels), or undefined: too early. */
export const remainingStates = (widths: ReadonlyArray<number>): number | undefined => {
  const logs = widths.slice(-levelsUsed).map((w) => Math.log(Math.max(1, w)))
  if (logs.length < levelsUsed) return undefined
  const slopes = logs.slice(1).map((l, k) => l - (logs[k] as number))
  const first = slopes[0] as number
  let slope = slopes.at(-1) as number
  const bend = (slope - first) / (slopes.length - 1)
  if (bend >= 0) return undefined
  let log = logs.at(-1) as number
  let total = 0
  for (let k = 0; k < levelsAhead; k++) {
    slope += bend
    log += slope
    if (log < 0) break
    total += Math.exp(log)
  }
  return Math.round(total)
}
