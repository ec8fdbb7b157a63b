import { expect, test } from "vitest"
import { hiding, hidingOf } from "../../src/net/hidden-messages.ts"
import { behaviourOf, Misbehaviour } from "../../src/net/misbehave.ts"

test("a stale replica says what the group said last, and the truth where it heard nothing", () => {
  const liar = new Misbehaviour()
  liar.executed("read a", "before it lied")
  liar.behaviour = "stale"
  expect(liar.answer("read a", "1")).toBe("1")
  liar.executed("read a", "1")
  expect(liar.answer("read a", "2")).toBe("1")
  liar.executed("read a", "2")
  expect(liar.answer("read a", "3")).toBe("2")
  liar.behaviour = "honest"
  expect(liar.answer("read a", "3")).toBe("3")
})

test("what it remembers is bounded, and what it heard last stays", () => {
  const liar = new Misbehaviour()
  liar.behaviour = "stale"
  for (let k = 0; k < 1_500; k++) liar.executed(`read ${k}`, "old")
  expect(liar.answer("read 0", "new")).toBe("new")
  expect(liar.answer("read 1499", "new")).toBe("old")
})

test("an old one says what it said first; garbage differs each time; a mute one says nothing", () => {
  const liar = new Misbehaviour()
  liar.answer("read", "first")
  liar.behaviour = "old"
  expect(liar.answer("read", "second")).toBe("first")
  liar.behaviour = "garbage"
  const said = [1, 2].map(() => liar.answer("read", "second"))
  expect(new Set([...said, "second"]).size).toBe(3)
  liar.behaviour = "mute"
  expect(liar.answer("read", "second")).toBeUndefined()
})

test("one that says another thing now and then does so in about so many of a hundred answers", () => {
  const liar = new Misbehaviour()
  const others = (behaviour: string): number => {
    liar.behaviour = behaviourOf(behaviour) ?? "mute"
    const said = Array.from({ length: 2_000 }, () => liar.answer("read", "right"))
    return said.filter((result) => result !== "right").length / 20
  }
  expect(others("another 0")).toBe(0)
  expect(others("another 100")).toBe(100)
  // Ten standard deviations.
  expect(Math.abs(others("another 15") - 15)).toBeLessThan(8)
  expect(["another 101", "another", "another 1.5", "kind"].map(behaviourOf)).toEqual(
    Array.from({ length: 4 }),
  )
  expect(["old", "another 7"].map(behaviourOf)).toEqual(["old", "another 7"])
})

test("one that hides messages says nothing of these kinds to those, and answers honestly", () => {
  const liar = new Misbehaviour()
  const sent: Array<string> = []
  const noted = (to: string) => (message: { readonly _tag: string }) =>
    void sent.push(`${message._tag} to ${to}`)
  const peers = {
    broadcast: noted("all"),
    toReplica: (replica: number, message: { readonly _tag: string }) =>
      noted(`${replica}`)(message),
  }
  const hidden = hiding(peers as never, { n: 4, id: 0, misbehaviour: liar })
  const say = (behaviour: string): ReadonlyArray<string> => {
    liar.behaviour = behaviourOf(behaviour) ?? "mute"
    for (const _tag of ["PrePrepare", "Prepare", "Commit"]) hidden.broadcast({ _tag } as never)
    hidden.toReplica(3, { _tag: "Commit" } as never)
    return sent.splice(0)
  }
  const all = (tag: string, to = [1, 2, 3]) => to.map((replica) => `${tag} to ${replica}`)
  expect(say("hides Commit")).toEqual([...all("PrePrepare"), ...all("Prepare")])
  expect(say("hides PrePrepare,Commit from 1,3")).toEqual([
    ...all("PrePrepare", [2]),
    ...all("Prepare"),
    ...all("Commit", [2]),
  ])
  expect(liar.answer("read", "right")).toBe("right")
  expect(say("honest")).toEqual([
    ...["PrePrepare", "Prepare", "Commit"].map((t) => `${t} to all`),
    "Commit to 3",
  ])
  expect(["hides", "hides Commit from", "hides 3"].map(hidingOf)).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})
