/**
 * Guards of digest replies, reads without an order, tentative execution and fetched decisions, each
 * taken away or weakened, in the code and in the specification.
 */
import type { CodeMutant } from "./code-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const execution = "src/core/pbft/execution.ts"
const answers = "src/core/pbft/answers.ts"
const client = "src/core/pbft/client.ts"
const reads = "src/core/pbft/reads.ts"
const decided = "src/core/pbft/decided.ts"
const spec = "spec/tla/Pbft.tla"
const graphOf = (where: string) => ({ check: "graph", where })

export const fastPathMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "a batch is executed on top of one that is not committed",
    file: execution,
    find: "if (undo !== undefined && seq > undo.executed + config.maxTentative) return undefined",
    replace: "",
    killedBy: { check: "TypeOK", where: "TentativeAlone" },
  },
  {
    name: "what was executed tentatively stays when the view is left",
    file: execution,
    find: "if (undo === undefined) return { state, effects: none }",
    replace: "if (undo !== null) return { state: { ...state, undo: undefined }, effects: none }",
    killedBy: { check: "ReadState asked exactly once", where: "TentativeAlone" },
  },
  {
    name: "a tentative answer is given as a committed one",
    file: execution,
    find: "answer(config, state, input, { tentative: true })",
    replace: "answer(config, state, input, {})",
    killedBy: graphOf("TentativeAlone"),
  },
  {
    name: "a tentative execution is settled before it is committed",
    file: execution,
    find: "committedAt(config, state, seq)?.digest !== Window.get(log, seq).digest) return false",
    replace: `Window.get(log, seq).phase === "empty") return false`,
    killedBy: graphOf("TentativeAlone"),
  },
  {
    name: "a read is answered from a tentative state",
    file: reads,
    find: "undo === undefined && executed >= after",
    replace: "undo !== null && executed >= after",
    killedBy: { check: "ReadState asked exactly once", where: "TentativeAlone" },
  },
  {
    name: "a request that was executed tentatively does not wait",
    file: "src/core/pbft/normal-case.ts",
    find: "const waits = !settled && !isKnown && !isPrimary(config, state)",
    replace: "const waits = false",
    killedBy: graphOf("TentativeAlone"),
  },
  {
    name: "a read does not wait for what was prepared",
    file: reads,
    find: "undo === undefined && executed >= after",
    replace: "undo === undefined && after >= 0",
    killedBy: graphOf("TentativeAlone"),
  },
  {
    name: "a read does not wait for what was prepared in a view that was left",
    file: reads,
    find: "Math.max(now ?? 0, ...state.pset.map(({ seq }) => seq))",
    replace: "now ?? 0",
    killedBy: graphOf("TentativeAlone"),
  },
  {
    name: "f + 1 answers are enough for a read",
    file: answers,
    find: "if (readOnly) return equal.length >= quorum",
    replace: "if (readOnly) return equal.length >= config.group.f + 1",
    killedBy: graphOf("ReaderAlone"),
  },
  {
    name: "tentative answers of different views add up",
    file: answers,
    find: "equal.filter((a) => a.tentative === tentative).length",
    replace: "equal.filter((a) => a.tentative !== undefined).length",
    killedBy: graphOf("ReaderAlone"),
  },
  {
    name: "tentative answers count as committed ones",
    file: answers,
    find: "equal.filter((a) => a.tentative === undefined).length",
    replace: "equal.length",
    killedBy: graphOf("ReaderAlone"),
  },
  {
    name: "answers to a read count for the ordered request",
    file: client,
    find: `if ((m.readOnly === true) !== state.readOnly) return ignore(state, "AnotherKind")`,
    replace: "",
    killedBy: graphOf("ReaderAlone"),
  },
  {
    name: "a decision needs f + 1 commits",
    file: decided,
    find: "Votes.count(slot.commits, d) >= quorum",
    replace: "Votes.count(slot.commits, d) >= quorum - 1",
    killedBy: graphOf("DecidedAlone"),
  },
]

export const fastPathSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "a batch is executed on top of one that is not committed",
    file: spec,
    find: String.raw`LowerCommitted(i, n) == \A u \in undo[i] : n <= u.executed + MaxTentative`,
    replace: "LowerCommitted(i, n) == TRUE",
    killedBy: { check: "TypeOK", where: "TentativeAlone" },
  },
  {
    name: "what was executed tentatively stays when the view is left",
    file: spec,
    find: "executed' = [executed EXCEPT ![i] = Settled(i).executed]",
    replace: "executed' = executed",
    killedBy: graphOf("TentativeAlone"),
  },
  {
    name: "a tentative answer is given as a committed one",
    file: spec,
    find: String.raw`{Tentative(m) : m \in Answers(i, batch, after.done)}`,
    replace: "Answers(i, batch, after.done)",
    killedBy: graphOf("TentativeAlone"),
  },
  {
    name: "a read is answered from a tentative state",
    file: spec,
    find: String.raw`/\ undo[i] = {} /\ executed[i] >= r.after`,
    replace: String.raw`/\ executed[i] >= r.after`,
    killedBy: graphOf("TentativeAlone"),
  },
  {
    name: "a read does not wait for what was prepared",
    file: spec,
    find: String.raw`/\ undo[i] = {} /\ executed[i] >= r.after`,
    replace: String.raw`/\ undo[i] = {}`,
    killedBy: graphOf("TentativeAlone"),
  },
  {
    name: "the client says what is a read, not the service",
    file: spec,
    find: String.raw`msgs' = IF IsRead(r.op) THEN`,
    replace: "msgs' = IF TRUE THEN",
    killedBy: graphOf("TentativeAlone"),
  },
  {
    name: "f + 1 answers are enough for a read",
    file: spec,
    find: "IF read THEN Cardinality(same) >= Quorum",
    replace: "IF read THEN Cardinality(same) >= F + 1",
    killedBy: graphOf("ReaderAlone"),
  },
  {
    name: "tentative answers of different views add up",
    file: spec,
    find: String.raw`answers[r].tentative \subseteq {v}`,
    replace: "TRUE",
    killedBy: graphOf("ReaderAlone"),
  },
  {
    name: "a decision needs f + 1 commits",
    file: spec,
    find: String.raw`\ {NoDigest} : Votes(s.commits, d) >= Quorum}`,
    replace: String.raw`\ {NoDigest} : Votes(s.commits, d) >= F + 1}`,
    killedBy: graphOf("DecidedAlone"),
  },
]
