/** What a client keeps of the answers of one replica. */
import { describe, expect, it } from "vitest"
import { response, runClient, submit } from "../../support/zyzzyva-client.ts"

const other = { seq: 2, history: "another one" } as const

describe("of two answers of one replica in one view", () => {
  it("the later one counts where it is of another history", () => {
    const heard = [submit, response(3, other), response(0), response(1), response(2)]
    expect(runClient(heard, response(3)).took.state.result).toBe("r")
  })

  it("one of another history takes away what made them enough", () => {
    const heard = [submit, response(0), response(1), response(2), response(2, other)]
    expect(runClient(heard, response(3)).took.state.operation).toBe("a")
  })

  it("one of an earlier view does not count", () => {
    const later = { view: 1, ...other } as const
    const heard = [submit, response(3, later), response(0), response(1), response(2)]
    expect(runClient(heard, response(3)).took.action).toBe("Ignore:OldResponse")
  })
})
