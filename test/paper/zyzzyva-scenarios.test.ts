/** The table of Zyzzyva's scenarios names what is there: runs, tests and models, each of them. */
import { expect, test } from "vitest"
import { zyzzyvaFiles } from "../sim/runs.ts"
import { rowsOf, tableIn, unshown } from "./scenario-table.ts"

const table = tableIn("zyzzyva.md")

test("each of the twenty-one scenarios is there, and is shown by something", () => {
  const rows = rowsOf(table)
  const numbers = rows.map(({ number }) => number).filter((number) => number > 0)
  expect([...new Set(numbers)]).toEqual(Array.from({ length: 21 }, (_, k) => 36 + k))
  expect(unshown(rows)).toEqual([])
  const runs = rows.filter(({ name }) => name === undefined).map(({ file }) => file)
  expect(runs.toSorted()).toEqual(zyzzyvaFiles.map((file) => `test/scenarios/${file}`).toSorted())
})

test("a run that is no file, and a title that is no test's, are noticed", () => {
  const wrong = table.replace("hole.json", "whole.json").replace("(violation 2)", "(violation 3)")
  expect(unshown(rowsOf(wrong))).toMatchObject([{ number: 39 }, { number: 43 }])
})
