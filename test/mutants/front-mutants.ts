/** Mutants of several sketchers behind one address, and of what watches a sketcher's trace. */
import type { NetMutant } from "./net-run.ts"

const ring = "test/web/ring.test.ts"
const front = "test/web/front.test.ts"
const relay = "test/web/relay.test.ts"
const trace = "test/trace/sketcher.test.ts"

export const frontMutants: ReadonlyArray<NetMutant> = [
  {
    name: "a page changes hands while something of it is under way",
    file: "src/web/ring.ts",
    find: "    if ([...this.#flights].some(({ page }) => isMoved(page, now, next))) return\n",
    replace: "",
    killedBy: {
      check: "lets a page change hands when nothing of it is under way, and others at once",
      where: ring,
    },
  },
  {
    name: "a page that comes back has the term that it had",
    file: "src/web/ownership.ts",
    find: "term: (history[since] as Members).term",
    replace: "term: 0 * since",
    killedBy: {
      check: "has it since the change with which it got it, and another start gets it anew",
      where: ring,
    },
  },
  {
    name: "a standby has the term of the one that died",
    file: "src/web/ring.ts",
    find: "      members.members.map((m) => (m.name === name ? { name, start: start + 1 } : m))\n",
    replace: "      members.members.map((m) => (m.name === name ? { name, start } : m))\n",
    killedBy: {
      check: "gives the pages of a dead one to a standby, once, and its sketches to nobody",
      where: ring,
    },
  },
  {
    name: "sketches are filed without the term",
    file: "src/web/front.ts",
    find: "    : { ...asked, key: `${term} ${asked.key}` }\n",
    replace: "    : asked\n",
    killedBy: {
      check: "files a read under the term of its page, and tells no replica of it",
      where: front,
    },
  },
  {
    name: "a client says the term of its page",
    file: "src/web/relay.ts",
    find: "ofConnection.has(name) || name === termField",
    replace: "ofConnection.has(name)",
    killedBy: {
      check: "passes requests and answers on as they come, with the term of the page",
      where: relay,
    },
  },
  {
    name: "an answer may be older than one that was told before",
    file: "src/trace-check/sketcher-monitor.ts",
    find: "position.seq > 0 && isBefore(position, least)",
    replace: "position.seq < 0 && isBefore(position, least)",
    killedBy: {
      check: "rejects what is older than an answer before the read began, and no other old one",
      where: trace,
    },
  },
  {
    name: "one replica may answer otherwise than the group did",
    file: "src/trace-check/sketcher-monitor.ts",
    find: "if (source?.digest === found) return",
    replace: "if (source !== undefined || source === found) return",
    killedBy: {
      check: "rejects what the group never said, and what it said otherwise",
      where: trace,
    },
  },
]
