/**
 * Guards of orders that others vouch for in Zyzzyva, and of answers that outdo others, and the
 * check that must see each gone.
 */
import type { CodeMutant } from "./code-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const core = "src/core/zyzzyva"
const graphOf = (where: string) => ({ check: "graph", where: `Zyzzyva/${where}` }) as const

export const zyzzyvaVouchMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "Zyzzyva: f others that vouch for an order are enough",
    file: `${core}/agreement.ts`,
    find: "length >= weakQuorum(config.group)",
    replace: "length >= config.group.f",
    killedBy: { check: "Validity", where: "Zyzzyva/Invents" },
  },
  {
    name: "Zyzzyva: whoever says any history vouches for an order",
    file: `${core}/agreement.ts`,
    find: "said.filter((s) => s?.digest === history)",
    replace: "said.filter((s) => s !== undefined)",
    killedBy: graphOf("VouchedAlone"),
  },
  {
    name: "Zyzzyva: who cannot verify an order asks for nothing",
    file: `${core}/agreement.ts`,
    find: 'if (!config.vouchOrders) return ignore(state, "BadRequest")\n',
    replace: 'return ignore(state, "BadRequest")\n',
    killedBy: { check: "ReachUnverified is never reached", where: "Zyzzyva/FailsAtOne" },
  },
  {
    name: "Zyzzyva: who cannot verify an order asks its primary alone",
    file: `${core}/agreement.ts`,
    find: "replicas: Array.from({ length: group.n }, (_, replica) => replica).filter((r) => r !== id),",
    replace: "replicas: [primaryOf(group, view)],",
    killedBy: {
      check: "asks everyone who has executed it for the signed part of the answer",
      where: "test/core/zyzzyva/vouching.test.ts",
    },
  },
  {
    name: "Zyzzyva: who has only ordered a batch vouches for it",
    file: `${core}/agreement.ts`,
    find: "seq > state.executed ? undefined : orderAt(state, seq)",
    replace: "orderAt(state, seq)",
    killedBy: graphOf("VouchedAlone"),
  },
  {
    name: "Zyzzyva: one question brings the histories of a whole log",
    file: `${core}/agreement.ts`,
    find: '  if (m.headers === true && m.from !== m.upTo) return ignore(state, "MoreThanOne")\n',
    replace: "",
    killedBy: {
      check: "gives none to who asks for more than one",
      where: "test/core/zyzzyva/vouching.test.ts",
    },
  },
  {
    name: "Zyzzyva: what a replica said first in a view counts",
    file: `${core}/answers.ts`,
    find: "  if (old.view === response.view && !isSamePlace(old, response)) return response\n",
    replace: "",
    killedBy: graphOf("ClientAlone"),
  },
]

const file = "spec/tla/Zyzzyva.tla"

export const zyzzyvaVouchSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "Zyzzyva's f others that vouch for an order are enough",
    file,
    find: String.raw`Cardinality(Votes(headers[i][m.seq], m.history)) >= F + 1`,
    replace: String.raw`Cardinality(Votes(headers[i][m.seq], m.history)) >= F`,
    killedBy: { check: "Validity", where: "Zyzzyva/Invents" },
  },
  {
    name: "Zyzzyva's replica vouches for what it has only ordered",
    file,
    find: String.raw`done == {n \in held : n <= executed[i]}`,
    replace: "done == held",
    killedBy: graphOf("VouchedAlone"),
  },
  {
    name: "Zyzzyva's replica gives the histories of a whole log",
    file,
    find: String.raw`  /\ "headers" \in DOMAIN m => m.from = m.upTo
`,
    replace: "",
    killedBy: graphOf("VouchedAlone"),
  },
  {
    name: "Zyzzyva's replica takes back who vouched when it leaves its view",
    file,
    find: String.raw`  /\ headers' = [headers EXCEPT ![i] = NoHeaders(Low(i))]
  /\ checkpointVotes'`,
    replace: String.raw`  /\ UNCHANGED headers
  /\ checkpointVotes'`,
    killedBy: graphOf("VouchedLater"),
  },
  {
    name: "Zyzzyva's client keeps what a replica said first in a view",
    file,
    find: String.raw`  ELSE IF old.view = new.view /\ ~SamePlace(old, new) THEN new
`,
    replace: "",
    killedBy: graphOf("ClientAlone"),
  },
]
