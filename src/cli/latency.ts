/** Latencies in short: quantiles by the nearest rank, in milliseconds. */

export interface LatencySummary {
  readonly p50: number
  readonly p99: number
  readonly max: number
}

/** Undefined when nothing was measured: there is no latency of no requests. */
export const summarize = (latencies: ReadonlyArray<number>): LatencySummary | undefined => {
  if (latencies.length === 0) return undefined
  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number): number => sorted[Math.ceil(share * sorted.length) - 1] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), max: at(1) }
}
