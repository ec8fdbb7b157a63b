/** How many times as many runs as usual a property gets: RUNS_TIMES (ci/nightly.sh), or once. */
export const runsTimes = Number(process.env["RUNS_TIMES"] ?? 1)

/** How many runs a property gets: `count`, or RUNS_TIMES as many. */
export const runs = (count: number): { readonly numRuns: number } => ({
  numRuns: count * runsTimes,
})
