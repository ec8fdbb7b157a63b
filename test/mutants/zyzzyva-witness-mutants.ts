/** Guards of execution apart from agreement in Zyzzyva, and the check that must see each gone. */
import type { CodeMutant } from "./code-run.ts"
import type { NetMutant } from "./net-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const core = "src/core/zyzzyva"
const execution = "test/paper/zyzzyva-tocs09-execution.test.ts"
const graphOf = (where: string) => ({ check: "graph", where: `Zyzzyva/${where}` }) as const

export const zyzzyvaWitnessMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "Zyzzyva: a witness of one history counts for another",
    file: `${core}/answers.ts`,
    find: "(r.witness && isSamePlace(r, response))",
    replace: "r.witness",
    killedBy: graphOf("WitnessClientAlone"),
  },
  {
    name: "Zyzzyva: what a witness says is taken for a result",
    file: `${core}/answers.ts`,
    find: "same(r) && !r.digest && !r.witness",
    replace: "same(r) && !r.digest",
    killedBy: graphOf("WitnessClientAlone"),
  },
  {
    name: "Zyzzyva: a witness that answers last completes nothing",
    file: `${core}/answers.ts`,
    find: "  if (!response.witness) return own\n",
    replace: "  if (own.replicas.length > 0) return own\n",
    killedBy: graphOf("WitnessClientAlone"),
  },
  {
    name: "Zyzzyva: a witness vouches for what one replica says",
    file: `${core}/checkpointing.ts`,
    find: "(t) => t?.digest === s.digest).length > group.f)",
    replace: "(t) => t?.digest === s.digest).length > 0)",
    killedBy: graphOf("WitnessAlone"),
  },
  {
    name: "Zyzzyva: a witness forgets what it vouched for",
    file: `${core}/checkpointing.ts`,
    find: "(c.seq === seq ? due.own : c)",
    replace: "(c.seq === -seq ? due.own : c)",
    killedBy: graphOf("WitnessAlone"),
  },
  {
    name: "Zyzzyva: what a witness vouches for is not durable",
    file: `${core}/checkpointing.ts`,
    find: 'before: [{ _tag: "Persist", record }] }',
    replace: "before: record.seq < 0 ? [] : none }",
    killedBy: {
      check: "vouches for the state for which f + 1 do, once it is certified, and durably",
      where: execution,
    },
  },
  {
    name: "Zyzzyva: a witness keeps the results of a state that it takes",
    file: `${core}/state-transfer.ts`,
    find: 'm.table.map((e) => ({ ...e, result: "" }))',
    replace: "m.table.map((e) => e)",
    killedBy: { check: "Reproducible", where: "Zyzzyva/WitnessFetcher" },
  },
  {
    name: "Zyzzyva: a witness gives a state that it does not have",
    file: `${core}/state-transfer.ts`,
    find: '  if (config.witness) return ignore(state, "HoldsNoState")\n',
    replace: "",
    killedBy: graphOf("WitnessAlone"),
  },
  {
    name: "Zyzzyva: a witness believes results of its driver",
    file: `${core}/execution.ts`,
    find: 'witness ? results.map(() => "") : results',
    replace: "witness ? results : results",
    killedBy: {
      check: "answers with its history and no result, in full or not",
      where: execution,
    },
  },
  {
    name: "Zyzzyva: a witness answers with the digest of nothing",
    file: `${core}/answering.ts`,
    find: "const isWhole = config.witness || replier",
    replace: "const isWhole = replier",
    killedBy: graphOf("WitnessDigest"),
  },
  {
    name: "Zyzzyva: a witness that is asked again says nothing of it",
    file: `${core}/agreement.ts`,
    find: "result, ...witnessMark(config), replica: config.id }",
    replace: 'result, ...witnessMark({ ...config, witness: result === "x" }), replica: config.id }',
    killedBy: graphOf("WitnessFirst"),
  },
  {
    name: "Zyzzyva: a witness answers reads of a state that it does not have",
    file: `${core}/reads.ts`,
    find: 'result: config.witness ? "" : result',
    replace: "result",
    killedBy: graphOf("WitnessReader"),
  },
]

const file = "spec/tla/Zyzzyva.tla"

export const zyzzyvaWitnessSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "Zyzzyva's witnesses vouch for what one replica says",
    file,
    find: String.raw`Cardinality(Votes(votes, d)) >= F + 1}`,
    replace: String.raw`Cardinality(Votes(votes, d)) >= 1}`,
    killedBy: graphOf("WitnessAlone"),
  },
  {
    name: "Zyzzyva's witnesses of one history count for another",
    file,
    find: String.raw`IsWitnessed(responses[r]) /\ SamePlace(responses[r], x)}`,
    replace: String.raw`IsWitnessed(responses[r])}`,
    killedBy: graphOf("WitnessClientAlone"),
  },
  {
    name: "Zyzzyva's witnesses have a result",
    file,
    find: String.raw`{r \in S : IsWhole(responses[r]) /\ ~IsWitnessed(responses[r])}}`,
    replace: String.raw`{r \in S : IsWhole(responses[r])}}`,
    killedBy: graphOf("WitnessClientAlone"),
  },
  {
    name: "Zyzzyva's witnesses keep the results of a state that they take",
    file,
    find: String.raw`!.value = InitialValue, !.table = Forgotten(@)],`,
    replace: String.raw`!.value = InitialValue],`,
    killedBy: { check: "Reproducible", where: "Zyzzyva/WitnessFetcher" },
  },
  {
    name: "Zyzzyva's witnesses give a state that they do not have",
    file,
    find: String.raw`  /\ i \in Executors
  /\ m.seq < Low(i)`,
    replace: String.raw`  /\ m.seq < Low(i)`,
    killedBy: graphOf("WitnessAlone"),
  },
]

const byExecutor = (check: string) => ({ check, where: "test/net/witness-executor.test.ts" })
const byLimits = (check: string) => ({ check, where: "test/net/zyzzyva-limits.test.ts" })

/** What a running witness has in the place of the service. */
export const witnessNetMutants: ReadonlyArray<NetMutant> = [
  {
    name: "a witness executes what it orders",
    file: "src/net/witness-executor.ts",
    find: 'results: requests.map(() => ""), service: digest',
    replace: "results: requests.map((r) => service.execute(r.operation)), service: digest",
    killedBy: byExecutor("answers as often as it is asked, with nothing, and changes no state"),
  },
  {
    name: "a witness takes a state that it is offered for its own",
    file: "src/net/witness-executor.ts",
    find: "offer: () => undefined,",
    replace: "offer: (_, snapshot) => void service.restore(snapshot),",
    killedBy: byExecutor("is in no other state after one was offered, and gives none away"),
  },
  {
    name: "a witness is asked for fast reads",
    file: "src/net/zyzzyva-limits.ts",
    find: 'given.separateExecution && given.service === "album"',
    replace: 'given.separateExecution && given.service === "none"',
    killedBy: byLimits("has all execute where a sketcher asks any of them"),
  },
]
