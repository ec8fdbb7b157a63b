import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { InvariantBroken } from "../../src/core/assert.ts"
import * as Window from "../../src/core/window.ts"
import { deepFreeze } from "../support/deep-freeze.ts"
import { runs } from "../support/runs.ts"

const none = "-"

/** The window as a plain array: entry k is that of sequence number low + 1 + k. */
interface Plain {
  readonly low: number
  readonly entries: ReadonlyArray<string>
}

/** Every version of a window so far with its plain twin; the last is the current one. */
interface Versions {
  readonly all: Array<{ readonly window: Window.Window<string>; readonly plain: Plain }>
}

const last = (versions: Versions) => versions.all.at(-1) as Versions["all"][number]

const seqs = ({ low, entries }: Plain): ReadonlyArray<number> => entries.map((_, k) => low + 1 + k)

const read = (window: Window.Window<string>): Plain => ({
  low: window.low,
  entries: Array.from({ length: window.length }, (_, k) => Window.get(window, window.low + 1 + k)),
})

const changed = (before: Plain, after: Plain): ReadonlyArray<number> =>
  seqs(after).filter((seq, k) => {
    const at = seq - before.low - 1
    return after.entries[k] !== (before.entries[at] ?? none)
  })

class Write implements fc.Command<Versions, Versions> {
  readonly offset: number
  readonly value: string
  constructor(offset: number, value: string) {
    this.offset = offset
    this.value = value
  }
  check = () => true
  run(versions: Versions) {
    const { window, plain } = last(versions)
    const k = this.offset % window.length
    const after = Window.set(window, window.low + 1 + k, this.value)
    versions.all.push({
      window: deepFreeze(after),
      plain: { ...plain, entries: plain.entries.with(k, this.value) },
    })
  }
  toString = () => `write ${this.offset} ${this.value}`
}

class Advance implements fc.Command<Versions, Versions> {
  readonly by: number
  constructor(by: number) {
    this.by = by
  }
  check = () => true
  run(versions: Versions) {
    const { window, plain } = last(versions)
    const { low, entries } = plain
    const moved = entries.map((_, k) => entries[k + this.by] ?? none)
    versions.all.push({
      window: deepFreeze(Window.advance(window, low + this.by)),
      plain: { low: low + this.by, entries: moved },
    })
  }
  toString = () => `advance ${this.by}`
}

class Compare implements fc.Command<Versions, Versions> {
  readonly back: number
  constructor(back: number) {
    this.back = back
  }
  check = () => true
  run(versions: Versions) {
    const now = last(versions)
    const then = versions.all[this.back % versions.all.length] as Versions["all"][number]
    expect(read(now.window)).toEqual(now.plain)
    expect(Window.changed(then.window, now.window)).toEqual(changed(then.plain, now.plain))
    const occupied = seqs(now.plain).filter((_, k) => now.plain.entries[k] !== none)
    expect(Window.occupied(now.window)).toEqual(occupied)
  }
  toString = () => `compare ${this.back}`
}

const start = (length: number, low: number): Versions => ({
  all: [
    {
      window: deepFreeze(Window.make(none, length, low)),
      plain: { low, entries: new Array<string>(length).fill(none) },
    },
  ],
})

describe("a window", () => {
  it("behaves as a plain array of its entries, whatever is done to it", () => {
    const commands = fc.commands(
      [
        fc.tuple(fc.nat(300), fc.constantFrom("x", "y", none)).map(([k, v]) => new Write(k, v)),
        fc.nat(90).map((by) => new Advance(by)),
        fc.nat(20).map((back) => new Compare(back)),
      ],
      { size: "+1" },
    )
    const law = fc.property(
      fc.integer({ min: 1, max: 40 }),
      fc.nat(1000),
      commands,
      (length, low, cmds) => {
        const versions = start(length, low)
        fc.modelRun(() => ({ model: versions, real: versions }), cmds)
        // Writing made new versions and left the old ones alone.
        for (const { window, plain } of versions.all) expect(read(window)).toEqual(plain)
      },
    )
    fc.assert(law, runs(300))
  })

  it("covers what lies above the low watermark, up to its length", () => {
    const window = Window.make(none, 4, 8)
    const covered = Array.from({ length: 20 }, (_, seq) => seq).filter((seq) =>
      Window.covers(window, seq),
    )
    expect(covered).toEqual([9, 10, 11, 12])
  })

  it("is not read, written or moved where it has no place", () => {
    const window = Window.make(none, 4, 8)
    for (const seq of [8, 13, -1]) {
      expect(() => Window.get(window, seq)).toThrow(InvariantBroken)
      expect(() => Window.set(window, seq, "x")).toThrow(InvariantBroken)
    }
    expect(() => Window.advance(window, 7)).toThrow(InvariantBroken)
  })

  it("copies two short arrays on a write and shares the rest", () => {
    const before = Window.make(none, 256, 0)
    const after = Window.set(before, 100, "x")
    const shared = after.chunks.filter((chunk, k) => chunk === before.chunks[k])
    expect(before.chunks).toHaveLength(16)
    expect(shared).toHaveLength(15)
  })
})
