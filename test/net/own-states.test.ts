/** The states that a replica goes back to are kept in one place, and not for ever. */
import { expect, it } from "vitest"
import { keyValueService } from "../../src/core/service/key-value.ts"
import { init } from "../../src/core/zyzzyva/state.ts"
import { bytesDigest } from "../../src/net/digests.ts"
import { makeExecutor } from "../../src/net/executor.ts"
import { OwnStates } from "../../src/net/own-states.ts"
import type { ZyzzyvaKinds } from "../../src/net/zyzzyva-protocol.ts"
import { configOf } from "../trace/support/zyzzyva-run.ts"

it("a state that the service goes back to stays with nobody but these", () => {
  const executor = makeExecutor(keyValueService(bytesDigest))
  const own = new OwnStates<ZyzzyvaKinds>(executor)
  const first = init(configOf(1))
  own.started(first)
  for (let view = 0; view < 3; view++) own.restore(first)
  expect(own.size).toBe(1)
  expect(() => executor.takeSnapshot(0)).toThrow("was executed with a snapshot")
})
