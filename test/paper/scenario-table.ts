/** The tables of scenarios name what is there: runs by file, tests by title, models by name. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { repositoryRoot } from "../../ci/repository.ts"
import { scenarioFolder } from "../sim/runs.ts"

export interface Row {
  readonly number: number
  readonly file: string
  /** What is in the file; undefined for a run of the simulator, which is the whole file. */
  readonly name: string | undefined
}

export const tableIn = (name: string): string => readFileSync(join(scenarioFolder, name), "utf8")

export const rowsOf = (table: string): ReadonlyArray<Row> =>
  table.split("\n").flatMap((line): ReadonlyArray<Row> => {
    // A row without a number is of something that is ours.
    const run = /^\| (\d*) ?\|.*\| `([^`]+\.json)` \|$/.exec(line)
    if (run !== null) {
      return [{ number: Number(run[1]), file: `test/scenarios/${run[2]}`, name: undefined }]
    }
    const found = /^\| (\d+) \|.*\]\(\.\.\/\.\.\/([^)]+)\) `(.+)` \|$/.exec(line)
    const [, number, file = "", name = ""] = found ?? []
    return number === undefined ? [] : [{ number: Number(number), file, name }]
  })

const isThere = ({ file, name }: Row): boolean => {
  try {
    const text = readFileSync(join(repositoryRoot, file), "utf8")
    if (name === undefined) return true
    return text.includes(file.includes(".test.") ? `"${name}"` : name)
  } catch {
    return false
  }
}

/** Rows whose run, test or model is not in their file. */
export const unshown = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> =>
  rows.filter((row) => !isThere(row))
