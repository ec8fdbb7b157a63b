/** The table of Prophecy's scenarios names what is there: tests by title, and models by name. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { expect, test } from "vitest"
import { repositoryRoot } from "../../ci/repository.ts"

interface Row {
  readonly number: number
  readonly file: string
  readonly name: string
}

const rowsOf = (table: string): ReadonlyArray<Row> =>
  table.split("\n").flatMap((line) => {
    const found = /^\| (\d+) \|.*\]\(\.\.\/\.\.\/([^)]+)\) `(.+)` \|$/.exec(line)
    const [, number, file = "", name = ""] = found ?? []
    return number === undefined ? [] : [{ number: Number(number), file, name }]
  })

/** Rows whose test or model is not in their file. */
const unshown = (rows: ReadonlyArray<Row>): ReadonlyArray<Row> =>
  rows.filter(({ file, name }) => {
    const text = readFileSync(join(repositoryRoot, file), "utf8")
    return !text.includes(file.includes(".test.") ? `"${name}"` : name)
  })

const table = readFileSync(join(repositoryRoot, "test/scenarios/prophecy.md"), "utf8")

test("each of the twenty scenarios is there, and is shown by something", () => {
  const rows = rowsOf(table)
  expect([...new Set(rows.map(({ number }) => number))]).toEqual(
    Array.from({ length: 20 }, (_, k) => 57 + k),
  )
  expect(unshown(rows)).toEqual([])
})

test("a title that is no test's is noticed", () => {
  const rows = rowsOf(table.replace("(I1)", "(I9)"))
  expect(unshown(rows)).toMatchObject([{ number: 64 }])
})
