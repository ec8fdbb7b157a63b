import { afterEach, beforeEach, expect, it, vi } from "vitest"
import { OrderedTimers } from "../../src/net/ordered-timers.ts"

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }))
afterEach(() => void vi.useRealTimers())

const recording = () => {
  const fired: Array<string> = []
  const timers = new OrderedTimers<string>((timer) => void fired.push(timer))
  return { fired, timers }
}

it("fires each timer when its time is up, whatever its span, and once", () => {
  const { fired, timers } = recording()
  timers.set("a", 100)
  vi.advanceTimersByTime(40)
  timers.set("b", 100)
  timers.set("short", 20)
  vi.advanceTimersByTime(20)
  expect(fired).toEqual(["short"])
  vi.advanceTimersByTime(40)
  expect(fired).toEqual(["short", "a"])
  vi.advanceTimersByTime(40)
  expect(fired).toEqual(["short", "a", "b"])
  vi.advanceTimersByTime(1_000)
  expect(fired).toHaveLength(3)
})

it("starts a timer anew that is set again, and forgets one that is cancelled", () => {
  const { fired, timers } = recording()
  timers.set("again", 100)
  timers.set("never", 100)
  vi.advanceTimersByTime(60)
  timers.set("again", 100)
  timers.cancel("never")
  timers.cancel("unknown")
  vi.advanceTimersByTime(60)
  expect(fired).toEqual([])
  timers.set("late", 100)
  vi.advanceTimersByTime(50)
  expect(fired).toEqual(["again"])
  vi.advanceTimersByTime(50)
  expect(fired).toEqual(["again", "late"])
})

it("takes what a timer does that fires: it cancels others that are due, and sets new ones", () => {
  const fired: Array<string> = []
  const timers: OrderedTimers<string> = new OrderedTimers((timer) => {
    fired.push(timer)
    if (timer !== "first") return
    timers.cancel("second")
    timers.set("new", 100)
  })
  timers.set("first", 100)
  timers.set("second", 100)
  vi.advanceTimersByTime(30)
  timers.set("third", 100)
  vi.advanceTimersByTime(70)
  expect(fired).toEqual(["first"])
  vi.advanceTimersByTime(30)
  expect(fired).toEqual(["first", "third"])
  vi.advanceTimersByTime(70)
  expect(fired).toEqual(["first", "third", "new"])
})

it("fires nothing once it is closed", () => {
  const { fired, timers } = recording()
  timers.set("a", 100)
  timers.set("b", 200)
  timers.close()
  vi.advanceTimersByTime(1_000)
  expect([fired, vi.getTimerCount()]).toEqual([[], 0])
})
