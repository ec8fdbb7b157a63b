/** Guards of values that primaries propose, each taken away, in code and specification. */
import type { CodeMutant } from "./code-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const normalCase = "src/core/pbft/normal-case.ts"
const execution = "src/core/pbft/execution.ts"
const proposal = "src/core/pbft/proposal.ts"
const spec = "spec/tla/Pbft.tla"
const graphOf = (where: string) => ({ check: "graph", where })

export const proposalMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "a backup takes any value of its primary",
    file: normalCase,
    find: "!isSigned(r) || verdicts[k] === true",
    replace: "!isSigned(r) || r.client === config.clock || verdicts[k] === true",
    killedBy: { check: "ReachHeld is never reached", where: "JudgeAlone" },
  },
  {
    name: "a primary proposes a value again",
    file: proposal,
    find: "Math.max(state.assigned[clock] as number, ",
    replace: "Math.max(0, ",
    killedBy: graphOf("ProposerAlone"),
  },
  {
    name: "a primary forgets the values that took effect",
    file: proposal,
    find: ", ClientTable.get(state.table, clock).timestamp)",
    replace: ", 0)",
    killedBy: graphOf("ProposerAlone"),
  },
  {
    name: "anybody may ask in the name of the clock",
    file: proposal,
    find: "client >= 0 && client < clients && client !== clock",
    replace: "client >= 0 && client < clients",
    killedBy: graphOf("JudgeAlone"),
  },
  {
    name: "a batch need not begin with a value",
    file: normalCase,
    find: `if (!isNull && proposal?.client !== config.clock) return ignore(state, "BadProposal")
  if (!asked`,
    replace: "if (!asked",
    killedBy: graphOf("JudgeAlone"),
  },
  {
    name: "who proposes is answered like a client",
    file: execution,
    find: "if (client === config.clock) return",
    replace: "",
    killedBy: graphOf("JudgeAlone"),
  },
]

export const proposalSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "a backup takes any value of its primary",
    file: spec,
    find: String.raw`authentic == \A k \in 1 .. Len(batch) : i \in batch[k].auth`,
    replace: String.raw`authentic == \A k \in Heads + 1 .. Len(batch) : i \in batch[k].auth`,
    killedBy: graphOf("JudgeAlone"),
  },
  {
    name: "a value takes effect though it is not above the last one",
    file: spec,
    find: "IF r.timestamp <= state.table[r.client].timestamp",
    replace: String.raw`IF r.client \notin Clock /\ r.timestamp <= state.table[r.client].timestamp`,
    killedBy: { check: "AtMostOnce", where: "JudgeAlone" },
  },
  {
    name: "a primary proposes a value again",
    file: spec,
    find: "p.timestamp > Max({Assigned(i, p.client), table[i][p.client].timestamp})",
    replace: "TRUE",
    killedBy: graphOf("ProposerAlone"),
  },
  {
    name: "anybody may ask in the name of the clock",
    file: spec,
    find: String.raw`Asking == AllClients \ Clock`,
    replace: "Asking == AllClients",
    killedBy: graphOf("JudgeAlone"),
  },
  {
    name: "who proposes is answered like a client",
    file: spec,
    find: String.raw`: k \in {k \in 1 .. Len(done) : done[k].client \in Asking}}`,
    replace: String.raw`: k \in 1 .. Len(done)}`,
    killedBy: graphOf("JudgeAlone"),
  },
]
