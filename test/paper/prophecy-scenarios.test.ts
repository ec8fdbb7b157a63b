/** The table of Prophecy's scenarios names what is there: tests by title, and models by name. */
import { expect, test } from "vitest"
import { rowsOf, tableIn, unshown } from "./scenario-table.ts"

const table = tableIn("prophecy.md")

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
