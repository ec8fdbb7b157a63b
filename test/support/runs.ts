/** How many runs a property gets: `count`, or RUNS_TIMES as many (ci/nightly.sh). */
export const runs = (count: number): { readonly numRuns: number } => ({
  numRuns: count * Number(process.env["RUNS_TIMES"] ?? 1),
})
