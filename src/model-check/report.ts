import type { Violation } from "./explore.ts"
import type { PathStep } from "./path.ts"

/** The shortest way to a violation as a readable sequence: who does what, on which message. */
export const counterexampleLines = (violation: Violation): ReadonlyArray<string> => {
  const width = Math.max(0, ...violation.path.map((s) => s.process.length))
  const action = Math.max(0, ...violation.path.map((s) => s.action.length))
  return [
    `${violation.property} does not hold after ${violation.path.length} steps: ${violation.why}`,
    ...violation.path.map(
      (s, k) =>
        `${String(k + 1).padStart(4)}  ${s.process.padEnd(width)}  ${s.action.padEnd(action)}  ${s.told}`,
    ),
  ]
}

/** The steps in lines of a counterexample; the first line says what does not hold. */
export const stepsIn = (lines: ReadonlyArray<string>): ReadonlyArray<PathStep> =>
  lines.slice(1).map((line) => {
    const [, process, action, told] = line.trim().split(/ {2,}/)
    if (process === undefined || action === undefined) {
      throw new Error(`"${line}" is no step of a counterexample: number, process, action, what`)
    }
    return { process, action, told: told ?? "" }
  })
