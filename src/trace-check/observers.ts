import type { Observer } from "./check.ts"

/** Each of them sees the run go by. */
export const together = (all: ReadonlyArray<Observer>): Observer => ({
  before: (index, event, state) => all.forEach((each) => each.before(index, event, state)),
  zyzzyva: (index, event, state) => all.forEach((each) => each.zyzzyva?.(index, event, state)),
  gap: () => all.forEach((each) => each.gap()),
  sketcher: (event, run) => all.forEach((each) => each.sketcher?.(event, run)),
  end: () => all.forEach((each) => each.end?.()),
  dClient: (event, run) => all.forEach((each) => each.dClient?.(event, run)),
})
