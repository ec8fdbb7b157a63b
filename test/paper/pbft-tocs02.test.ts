/**
 * Castro and Liskov, "Practical Byzantine Fault Tolerance and Proactive Recovery", TOCS 20(4) 2002:
 * what it adds to OSDI '99 in the normal case, in our words. Section 4.3: authenticators that
 * verify at some receivers only; section 2 and ours: replicas that come back from their disks.
 */
import { describe, expect, it } from "vitest"
import * as Window from "../../src/core/window.ts"
import { Group } from "../support/group.ts"
import {
  after,
  broadcasts,
  commit,
  configOf,
  lastStep,
  prePrepare,
  prepare,
  receive,
  receiveHalf,
  request,
  signed,
} from "../support/pbft.ts"

const backup = configOf(1)
const a1 = [signed(0, 1)]
const digest = "0:1:a"
const phase = (state: ReturnType<typeof after>, seq = 1): string => Window.get(state.log, seq).phase

describe("4.3 a backup never takes the primary's word for a request", () => {
  const forged = (at: string) => prePrepare(1, [{ ...signed(0, 1), authenticator: at }])

  it("a primary that invents a request gets no prepare, and nobody executes it", () => {
    const group = new Group()
    group.silent.add(0)
    group.forge(forged(""))
    group.forge(commit(0, 1, digest))
    group.settle()
    expect(group.messages("Prepare")).toEqual([])
    expect(group.replicas.slice(1).map(({ state }) => phase(state))).toEqual([
      "held",
      "held",
      "held",
    ])
    expect(group.histories()).toEqual([[], [], [], []])
  })

  it("a client whose authenticator holds at the primary only is executed nowhere", () => {
    const group = new Group()
    group.forge({ ...request(0, 1), authenticator: "0" })
    group.settle()
    expect(group.messages("PrePrepare")).toHaveLength(1)
    expect(group.messages("Prepare")).toEqual([])
    expect(group.histories()).toEqual([[], [], [], []])
  })

  it("with f + 1 vouchers, the primary among them, one verified the request: it is accepted", () => {
    const group = new Group()
    group.forge({ ...request(0, 1), authenticator: "0,1" })
    group.settle()
    expect(group.histories()).toEqual([["0:1:a"], ["0:1:a"], ["0:1:a"], ["0:1:a"]])
  })

  it("the voucher must vouch for this very batch, and need not come after the pre-prepare", () => {
    const held = [receiveHalf(prePrepare(1, a1), [0])]
    expect(phase(after(backup, held))).toBe("held")
    expect(phase(after(backup, [...held, receive(prepare(2, 1, "0:1:b"))]))).toBe("held")
    const vouched = lastStep(backup, [...held, receive(prepare(2, 1, digest))])
    expect(broadcasts(vouched.effects).map((m) => m._tag)).toEqual(["Prepare", "Commit"])
    const before = lastStep(backup, [receive(prepare(2, 1, digest)), ...held])
    expect(phase(before.state)).toBe("prepared")
  })

  it("with more faults to tolerate, more vouchers are needed", () => {
    const seven = configOf(1, { group: { n: 7, f: 2, quorum: 5 } })
    const held = [receiveHalf(prePrepare(1, a1), [0]), receive(prepare(2, 1, digest))]
    expect(phase(after(seven, held))).toBe("held")
    expect(phase(after(seven, [...held, receive(prepare(3, 1, digest))]))).toBe("prePrepared")
  })

  it("commits vouch for nothing here, and one bad request holds its whole batch", () => {
    const batch = [signed(0, 1), signed(1, 1)]
    const both = "0:1:a 1:1:a"
    const inputs = [
      receiveHalf(prePrepare(1, batch), [1]),
      ...[0, 2, 3].map((r) => receive(commit(r, 1, both))),
    ]
    expect(phase(after(backup, inputs))).toBe("held")
  })
})

describe("restarts", () => {
  it("a group whose replicas all restart goes on, and nobody executes twice", () => {
    const group = new Group()
    for (const operation of ["a", "b", "c"]) {
      group.submit(0, operation)
      group.settle()
    }
    for (const id of [0, 1, 2, 3]) group.restart(id)
    // Number 3 is above the last checkpoint: its votes come again, and it is executed again.
    expect(group.histories()).toEqual(new Array(4).fill(["0:1:a", "0:2:b"]))
    group.settle()
    group.submit(0, "d")
    group.settle()
    for (const history of group.histories()) {
      expect(history).toEqual(["0:1:a", "0:2:b", "0:3:c", "0:4:d"])
    }
    expect(group.clients[0]?.result).toBe("d@4")
  })
})
