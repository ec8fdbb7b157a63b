import { expect, it } from "vitest"
import { onceATurn } from "../../src/net/once-a-turn.ts"

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

it("acts once a turn, and again in the next one that asks for it", async () => {
  let acted = 0
  const act = onceATurn(() => void acted++)
  act()
  act()
  expect(acted).toBe(0)
  await turn()
  expect(acted).toBe(1)
  await turn()
  expect(acted).toBe(1)
  act()
  await turn()
  expect(acted).toBe(2)
})
