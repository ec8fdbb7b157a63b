/** Rules of the checkers of histories, each left out, and the test that must see it. */
import type { CodeMutant } from "./code-run.ts"

const byCase = (check: string) => ({ check, where: "test/consistency/corner-cases.test.ts" })

const values: ReadonlyArray<CodeMutant> = [
  {
    name: "a fast read may be older than reads that were over before it",
    file: "src/consistency/cluster.ts",
    find: "this.firstEnd < other.ordered || this.firstSeen < other.latestFast",
    replace: "this.firstEnd < other.ordered",
    killedBy: byCase("4: while replicated reads are under way a fast one may return old or new"),
  },
  {
    name: "a fast read may see what began after it",
    file: "src/consistency/cluster.ts",
    find: "    this.firstEnd = Math.min(this.firstEnd, line)\n",
    replace: '    if (kind === "replicated") this.firstEnd = Math.min(this.firstEnd, line)\n',
    killedBy: byCase("7: nothing from the future"),
  },
  {
    name: "a source may begin after the fast read ended",
    file: "src/consistency/by-value.ts",
    find: "      if (source >= need) continue\n",
    replace: "      if (source === Infinity) continue\n",
    killedBy: byCase("9: open reads may be sources, each once; they hold nobody to anything"),
  },
  {
    name: "a fast read needs no source",
    file: "src/consistency/by-value.ts",
    find: "if (changed?.needsSourceBefore !== undefined) this.#needy.add(changed)",
    replace: "",
    killedBy: byCase(
      "1: the first read of a key is replicated, even of null; an untold one may be",
    ),
  },
  {
    name: "one open read is the source of two values",
    file: "src/consistency/by-value.ts",
    find: "open.filter((line) => line !== source)",
    replace: "open",
    killedBy: byCase("9: open reads may be sources, each once; they hold nobody to anything"),
  },
  {
    name: "a write that failed may have been read",
    file: "src/consistency/by-value.ts",
    find: 'if (unseen !== completion.call) return "violation"',
    replace: "",
    killedBy: byCase("8: writes that are not over may have been seen, at one position"),
  },
  {
    name: "two equal values that can both be read are one",
    file: "src/consistency/by-value.ts",
    find: "if (this.#clusters.has(written) || this.#unseen.has(written))",
    replace: "if (this.#unseen.has(written))",
    killedBy: byCase("10: positions count, not values"),
  },
]

const search: ReadonlyArray<CodeMutant> = [
  {
    name: "a read that begins cannot sample what is there",
    file: "src/consistency/possibility.ts",
    find: "sketch === undefined ? [] : [sketch.result]",
    replace: "sketch === undefined ? [] : []",
    killedBy: byCase("4: while replicated reads are under way a fast one may return old or new"),
  },
  {
    name: "an earlier sketch takes the place of a later one",
    file: "src/consistency/possibility.ts",
    find: "present !== undefined && present.position >= sketch.position",
    replace: "present !== undefined && false",
    killedBy: byCase(
      "5: of two overlapping replicated reads before it, it takes the later one in the order",
    ),
  },
  {
    name: "what failed may have happened",
    file: "src/consistency/search.ts",
    find: 'this.#possible.filter((p) => progressOf(p, call) === "none")',
    replace: "this.#possible",
    killedBy: byCase("8: writes that are not over may have been seen, at one position"),
  },
  {
    name: "sketches of reads under way are never sampled",
    file: "src/consistency/search.ts",
    find: "c !== other && c.isRead && c.request === other.request && isUntouched(p, c)",
    replace: "c === undefined",
    killedBy: byCase("4: while replicated reads are under way a fast one may return old or new"),
  },
  {
    name: "an untold read is a fast one",
    file: "src/consistency/search.ts",
    find: 'this.#pathOf(completion) === "fast"',
    replace: 'this.#pathOf(completion) !== "replicated"',
    killedBy: byCase("11: an untold read is taken as what explains more"),
  },
]

const rest: ReadonlyArray<CodeMutant> = [
  {
    name: "each request is an object of its own",
    file: "src/consistency/checker.ts",
    find: '"begun" in event ? event.begun : event.ended.call\n',
    replace: '{ object: ("begun" in event ? event.begun : event.ended.call).request }\n',
    killedBy: {
      check: "the colleague may be shown his old page, or be refused; never the photos",
      where: "test/consistency/album.test.ts",
    },
  },
  {
    name: "values are forgotten while they can still be read",
    file: "src/consistency/by-value.ts",
    find: "return !hasSource || (seen < oldest && seen !== Infinity)",
    replace: "return true",
    killedBy: {
      check: "of an ideal sketcher is delay-once, and of a store without one linearizable",
      where: "test/consistency/random-histories.test.ts",
    },
  },
]

export const consistencyMutants: ReadonlyArray<CodeMutant> = [...values, ...search, ...rest]
