/** Each rule of the delay-once machine, left out: the definition tells (ci/nightly.sh). */
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { withCopy } from "../mutants/copy.ts"
import { brokenBy, holdsIn } from "./support/consistency-models.ts"

const minutes = 60_000
const file = "spec/tla/DelayOnce.tla"

const broken = [
  {
    name: "an older sketch replaces a newer one",
    find: "[table EXCEPT ![call[p].op] = Max(@, k)]",
    replace: "[table EXCEPT ![call[p].op] = k]",
  },
  {
    name: "a replicated read sees a state from before an answer that it followed",
    find: String.raw`/\ k \in call[p].floor .. Len(log)`,
    replace: String.raw`/\ k \in Positions`,
  },
  {
    name: "what a replicated read saw binds nobody after it",
    find: String.raw`  /\ done' = Max(done, k)`,
    replace: String.raw`  /\ UNCHANGED done`,
  },
  {
    name: "a fast read needs no sketch",
    find: String.raw`{Nowhere} \cup (IF op \in Reads THEN {table[op]} ELSE {})`,
    replace: String.raw`{Nowhere} \cup (IF op \in Reads THEN Positions ELSE {})`,
  },
]

describe("the delay-once machine", () => {
  it("makes delay-once histories only, with four calls too", { timeout: 5 * minutes }, async () => {
    expect(await holdsIn("MCDelayOnce-Four")).toBeGreaterThan(100_000)
  })

  it.each(broken)("is another where $name", { timeout: 5 * minutes }, (rule) =>
    withCopy(["spec/tla"], { ...rule, file }, async (root) => {
      const { name } = await brokenBy("MCDelayOnce-Four", join(root, "spec/tla"))
      expect(name).toBe("IsDelayOnce")
    }),
  )
})
