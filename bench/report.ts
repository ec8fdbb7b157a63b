/** Measurements as text for people. */
import type { Measurement } from "./measure.ts"
import type { HotFunction } from "./profile.ts"

const number = (value: number | undefined, digits = 0): string =>
  value === undefined
    ? "-"
    : value.toLocaleString("en-US", {
        minimumFractionDigits: digits,
        maximumFractionDigits: digits,
      })

type Column = readonly [title: string, of: (m: Measurement) => string]

const columns: ReadonlyArray<Column> = [
  ["clients", (m) => number(m.setting.clients)],
  ["bytes", (m) => number(m.setting.payload)],
  ["traces", (m) => (m.setting.traces ? "on" : "off")],
  ["ops/s", (m) => number(m.operationsPerSecond)],
  ["p50 ms", (m) => number(m.p50Ms, 2)],
  ["p99 ms", (m) => number(m.p99Ms, 2)],
  ["batch", (m) => number(m.meanBatch, 1)],
  ["CPU us/op", (m) => number(m.cpuMicrosPerOperation, 1)],
  [
    "cores",
    (m) =>
      number(
        m.processes.reduce((all, p) => all + p.cpu, 0),
        2,
      ),
  ],
  ["sync ms", (m) => number(m.syncMs, 2)],
]

/** A line for each measurement. */
export const table = (all: ReadonlyArray<Measurement>): string => {
  const rows = [columns.map(([title]) => title), ...all.map((m) => columns.map(([, of]) => of(m)))]
  const widths = columns.map((_, k) => Math.max(...rows.map((row) => (row[k] ?? "").length)))
  return rows
    .map((row) => row.map((cell, k) => cell.padStart(widths[k] ?? 0)).join("  "))
    .join("\n")
}

/** Who used the cores, and what a replica did with its time. */
export const details = (m: Measurement): string => {
  const lines = m.processes.map(({ name, cpu, system, waited }) => {
    const core = `${number(cpu, 2)} of a core (${number(system, 2)} in the system)`
    return `  ${name.padEnd(20)} ${core}, waited ${number(waited, 2)} for one`
  })
  const { receive, step, store, send } = m.phases
  const phases =
    `receive ${number(receive, 2)}, step ${number(step, 2)}, ` +
    `store ${number(store, 2)}, send ${number(send, 2)}`
  return [
    ...lines,
    `  a replica, us/op:    ${phases}`,
    `  groups on disk:      ${number(m.groupsPerSecond)} a second, ${number(m.syncMs, 2)} ms each`,
    ...(m.droppedLines > 0 ? [`  trace lines dropped: ${number(m.droppedLines)}`] : []),
  ].join("\n")
}

/** The functions with most time, of each replica. */
export const profileText = (
  profiles: ReadonlyArray<ReadonlyArray<HotFunction>>,
  lines: number,
): string =>
  profiles
    .map((functions, replica) =>
      [
        `replica ${replica}, share of its busy time:`,
        ...functions
          .slice(0, lines)
          .map(({ name, share }) => `  ${number(share * 100, 1).padStart(5)} %  ${name}`),
      ].join("\n"),
    )
    .join("\n\n")
