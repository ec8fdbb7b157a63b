/** The corner cases of the definition of delay-once, by its own words. */
import { describe, expect, test } from "vitest"
import { register } from "../../src/consistency/model.ts"
import { isDelayOnce, isLinearizable } from "./support/definition.ts"
import { firstBad, firstBadBySearch, short } from "./support/judged.ts"

/** Checked by both checkers, and by the definition as well. */
const checkDelayOnce = (text: string, expected: boolean): void => {
  const events = short(text)
  expect(isDelayOnce(register, events), `${text} by the definition`).toBe(expected)
  expect(firstBad(events, "delay-once") === 0, text).toBe(expected)
  expect(firstBadBySearch(events, "delay-once") === 0, `${text} by search`).toBe(expected)
}

const checkLinearizable = (text: string, expected: boolean): void => {
  const events = short(text)
  expect(isLinearizable(register, events), `${text} by the definition`).toBe(expected)
  expect(firstBad(events, "linearizable") === 0, text).toBe(expected)
}

const accepts = (...texts: ReadonlyArray<string>) =>
  texts.forEach((text) => checkDelayOnce(text, true))
const rejects = (...texts: ReadonlyArray<string>) =>
  texts.forEach((text) => checkDelayOnce(text, false))

describe("delay-once, case by case", () => {
  test("1: the first read of a key is replicated, even of null; an untold one may be", () => {
    rejects("1r 1=nullf", "1w5 1! 2r 2=5f")
    accepts("1r 1=nullr 2r 2=nullf", "1r 1=null", "1w5 1! 2r 2=5 3r 3=5f")
  })

  test("2: a replicated read of another key is no source", () => {
    rejects("y:1r 1=nullr 2r 2=nullf", "1w5 1! y:2w5 2! y:1r 1=5r 2r 2=5f")
    accepts("1w5 1! y:2w5 2! y:1r 1=5r y:2r 2=5f 3r 3=5r")
  })

  test("3: a fast read may overlap its source, and end before it; not end before it begins", () => {
    accepts("1r 2r 1=nullr 2=nullf", "1r 2r 2=nullf 1=nullr")
    rejects("2r 2=nullf 1r 1=nullr")
  })

  test("4: while replicated reads are under way a fast one may return old or new", () => {
    const old = "1r 1=nullr 2w5 2! 3r"
    accepts(`${old} 4r 4=nullf 3=5r`, `${old} 4r 4=5f 3=5r`, `${old} 4r 4=nullf 4r 4=5f 3=5r`)
    rejects(`${old} 3=5r 4r 4=nullf`, `${old} 4r 4=5f 4r 4=nullf 3=5r`)
  })

  test("5: of two overlapping replicated reads before it, it takes the later one in the order", () => {
    accepts("1w5 2r 3r 2=nullr 3=5r 1! 4r 4=5f")
    rejects("1w5 2r 3r 2=nullr 3=5r 1! 4r 4=nullf")
    // The earlier one ends last: what it saw is no sketch any more.
    accepts("1r 1=nullr 1w5 2r 3r 3=5r 4r 2=nullr 4=5f")
    rejects("1r 1=nullr 1w5 2r 3r 3=5r 4r 2=nullr 4=nullf")
    rejects("1r 1=nullr 1w5 2r 3r 3=5r 1! 2=nullr 4r 4=nullf")
    // Values allow either order here.
    accepts("1w1 2w2 3r 4r 3=1r 4=2r 1! 2! 5r 5=1f", "1w1 2w2 3r 4r 3=1r 4=2r 1! 2! 5r 5=2f")
  })

  test("6: new and then old from a source in flight is forbidden by D4 alone", () => {
    rejects(
      "1r 1=nullr 2w5 2! 3r 4r 4=5f 4r 4=nullf",
      "1r 1=nullr 2w5 2! 3r 4r 4=5f 5r 5=nullf 3=5r",
    )
    accepts("1r 1=nullr 2w5 2! 3r 4r 5r 4=5f 5=nullf 3=5r")
  })

  test("7: nothing from the future", () => {
    rejects("1r 2r 2=5f 3w5 3! 1=5r")
    // The order of the printed rules alone would let the source of 2 stay behind.
    rejects("1w1 1! 2w2 3r 4r 4=2f 5r 5=1r 3=2r 2!")
  })

  test("8: writes that are not over may have been seen, at one position", () => {
    accepts("1w5 1? 2r 2=5r 3r 3=5f", "1w5 2r 2=5r 3r 3=5f 1!", "1w2 1? 2r 2=2r 3w1 3! 2r 2=1r")
    rejects("1w2 1? 2r 2=2r 3w1 3! 2r 2=1r 2r 2=2r", "1w5 1x 2r 2=5r", "1w5 2r 2=5r 1x")
  })

  test("9: open reads may be sources, each once; they hold nobody to anything", () => {
    accepts("1w5 1! 2r 2? 3r 3=5f", "1w5 1! 2r 3r 3=5f", "1r 1=nullr 2w5 2! 3r 3? 4r 4=nullf")
    rejects("1w5 1! 2r 2x 3r 3=5f", "1w5 1! 3r 3=5f 2r 2?", "1w5 1! 2r 3r 3=5f 4r 2x")
    rejects("1w5 1! 2r 2? 3r 3=5f 1w6 1! 3r 3=6f")
    accepts("1w5 1! 2r 2? 4r 4? 3r 3=5f 1w6 1! 3r 3=6f")
  })

  test("10: positions count, not values", () => {
    accepts("1w1 1! 2r 2=1r 1w2 1! 1w1 1! 2r 2=1r 3r 3=1f", "1w1 1! 2r 2=1r 1w2 1! 1w1 1! 3r 3=1f")
    const back = "1w1 1! 2r 2=1r 1w2 1! 2r 2=2r 1w1 1!"
    rejects(`${back} 3r 3=1f`)
    accepts(`${back} 3r 3=2f`)
    checkLinearizable(`${back} 3r 3=1f`, true)
    checkLinearizable(`${back} 3r 3=2f`, false)
  })

  test("11: an untold read is taken as what explains more", () => {
    const base = "1r 1=nullr 2w5 2!"
    accepts(`${base} 3r 3=null`, `${base} 3r 3=5 4r 4=5f`, `${base} 3r 3=null 4r 4=5 5r 5=5f`)
    rejects(`${base} 3r 3=5 4r 4=null`, "2w5 2! 3r 3=null")
  })

  test("12: a table from before a restart shows as D3 or D4", () => {
    rejects("1r 1=nullr 2w5 2! 1r 1=5r 1r 1=nullf", "1r 1=nullr 2w5 2! 3r 1r 1=5f 1r 1=nullf")
    accepts("1r 1=nullr 2w5 2! 1r 1=5r 1r 1=5r 1r 1=5f")
  })

  test("13: two sketchers for one key: hopping between them", () => {
    rejects("1r 1=nullr 2r 2=nullr 3w5 3! 1r 1=5r 2r 2=nullf")
  })

  test("14: only the order of lines counts", () => {
    accepts("1r 1=nullr 2w5 2! 3r 3=nullf")
    checkLinearizable("1r 1=nullr 2w5 2! 3r 3=nullf", false)
    checkLinearizable("1r 1=nullr 2w5 3r 2! 3=nullf", true)
  })

  test("what follows: prefixes, keys, and reads of which no path is told", () => {
    const bad = short("1w5 1! 2r 2=5r 1w6 1! 2r 2=6r 3r 3=5f 3w7 3!")
    expect(firstBad(bad, "delay-once")).toBe(10)
    expect(firstBad(bad.slice(0, 9), "delay-once")).toBe(0)
    const keys = "1r 1=nullr y:2w1 2! y:2r 2=1f"
    rejects(keys)
    expect(firstBad(short(keys), "delay-once")).toBe(6)
    // Linearizable, and no source: not delay-once. Without paths it is.
    checkLinearizable("1w5 1! 2r 2=5f", true)
    rejects("1w5 1! 2r 2=5f")
    accepts("1w5 1! 2r 2=5")
  })
})
