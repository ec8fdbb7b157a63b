/** What vitest's JSON report says, in short. */
import { readFileSync } from "node:fs"

/** The parts of vitest's report that are read here. Times are in milliseconds. */
export interface TestReport {
  readonly numTotalTests: number
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly numTodoTests: number
  readonly numFailedTestSuites: number
  readonly success: boolean
  readonly testResults: ReadonlyArray<{
    readonly name: string
    readonly status: string
    readonly startTime: number
    readonly endTime: number
  }>
}

const sum = (a: TestReport, b: TestReport, field: keyof Counts): number => a[field] + b[field]

type Counts = Pick<
  TestReport,
  | "numTotalTests"
  | "numPassedTests"
  | "numFailedTests"
  | "numPendingTests"
  | "numTodoTests"
  | "numFailedTestSuites"
>

/** The report of two runs as that of one. */
export const both = (a: TestReport, b: TestReport): TestReport => ({
  numTotalTests: sum(a, b, "numTotalTests"),
  numPassedTests: sum(a, b, "numPassedTests"),
  numFailedTests: sum(a, b, "numFailedTests"),
  numPendingTests: sum(a, b, "numPendingTests"),
  numTodoTests: sum(a, b, "numTodoTests"),
  numFailedTestSuites: sum(a, b, "numFailedTestSuites"),
  success: a.success && b.success,
  testResults: [...a.testResults, ...b.testResults],
})

/** `12 passed, 0 failed`: a file that could not be loaded counts as one failure. */
export const counted = (report: TestReport): string =>
  `${report.numPassedTests} passed, ${failures(report)} failed`

const failures = (report: TestReport): number => {
  const broken = report.testResults.filter(({ status }) => status === "failed").length
  return report.numFailedTests > 0 ? report.numFailedTests : broken
}

/** Why the tests did not pass, or undefined. A run without a single passed test did not. */
export const unsuccessful = (report: TestReport): string | undefined => {
  if (failures(report) > 0) return counted(report)
  if (report.numPassedTests === 0) return "no test ran"
  return report.success ? undefined : `${counted(report)}, and yet vitest reports a failure`
}

/** The files that took longest: seconds and name, longest first. */
export const slowest = (
  report: TestReport,
  count: number,
): ReadonlyArray<{ readonly name: string; readonly seconds: number }> =>
  report.testResults
    .map(({ name, startTime, endTime }) => ({ name, seconds: (endTime - startTime) / 1000 }))
    .sort((a, b) => b.seconds - a.seconds)
    .slice(0, count)

if (import.meta.main) {
  const [file = "coverage/tests.json"] = process.argv.slice(2)
  console.log(counted(JSON.parse(readFileSync(file, "utf8")) as TestReport))
}
