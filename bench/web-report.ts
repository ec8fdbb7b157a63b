/** A comparison of web servers as text for people. */
import type { WebMeasurement } from "./web-compare.ts"

const number = (value: number | undefined, digits = 0): string =>
  value === undefined
    ? "-"
    : value.toLocaleString("en-US", {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      })

const total = ({ cpu }: WebMeasurement, kind: string): number =>
  Object.entries(cpu).reduce((sum, [name, share]) => (name.startsWith(kind) ? sum + share : sum), 0)

/** Of all processes but the one that puts the load: what a busy machine changes least. */
const microsARequest = (m: WebMeasurement): number =>
  ((total(m, "") - total(m, "wrk")) / m.requestsPerSecond) * 1e6

type Column = readonly [title: string, of: (m: WebMeasurement) => string]

const columns: ReadonlyArray<Column> = [
  ["", (m) => m.name],
  ["requests/s", (m) => number(m.requestsPerSecond)],
  ["p50 ms", (m) => number(m.p50Ms, 2)],
  ["p99 ms", (m) => number(m.p99Ms, 2)],
  ["errors", (m) => number(m.errors)],
  ["not as sketched %", (m) => number(m.mismatches, 1)],
  ["CPU us/request", (m) => number(microsARequest(m))],
  ["cores: wrk", (m) => number(total(m, "wrk"), 2)],
  ["proxy", (m) => number(total(m, "nginx") + total(m, "sketcher"), 2)],
  ["replicas", (m) => number(total(m, "replica"), 2)],
  ["Apaches", (m) => number(total(m, "apache"), 2)],
]

/** A line for each measurement. */
export const webTable = (all: ReadonlyArray<WebMeasurement>): string => {
  const rows = [columns.map(([title]) => title), ...all.map((m) => columns.map(([, of]) => of(m)))]
  const widths = columns.map((_, k) => Math.max(...rows.map((row) => (row[k] ?? "").length)))
  return rows
    .map((row) =>
      row
        .map((cell, k) => (k === 0 ? cell.padEnd(widths[k] ?? 0) : cell.padStart(widths[k] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n")
}

/** One measurement, with each process by itself. */
export const webDetails = (m: WebMeasurement): string => {
  const shares = Object.entries(m.cpu).map(([name, share]) => `${name} ${number(share, 2)}`)
  return `${m.name}: ${number(m.requestsPerSecond)} requests/s; cores: ${shares.join(", ")}`
}
