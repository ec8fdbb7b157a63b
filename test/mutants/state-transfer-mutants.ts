/** Guards of state transfer, each taken away or weakened, and the check that must see it. */
import type { CodeMutant } from "./code-run.ts"

const file = "src/core/pbft/state-transfer.ts"
const checkpointing = "src/core/pbft/checkpointing.ts"
const guards = "test/core/pbft/guards.test.ts"
const paper = "test/paper/pbft-osdi99-checkpoints.test.ts"

const seenBy = (check: string, where: string) => ({ check, where })
const graphOf = (where: string) => ({ check: "graph", where })

export const stateTransferMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "f replicas vouch for a state",
    file,
    find: ": weakQuorum(config.group)\n",
    replace: ": weakQuorum(config.group) - 1\n",
    killedBy: graphOf("FetcherAlone"),
  },
  {
    name: "a window is left behind for a checkpoint that f vouch for",
    file,
    find: "config.group.quorum - 1 : weakQuorum(config.group)",
    replace: "config.group.f : weakQuorum(config.group)",
    killedBy: graphOf("FetcherAlone"),
  },
  {
    name: "a state is taken whatever its digest",
    file,
    find: "if (!wantedStates(config, state).some((c) => isSame(c, { seq, digest }))) {",
    replace: "if (!wantedStates(config, state).some((c) => c.seq === seq)) {",
    killedBy: graphOf("FetcherAlone"),
  },
  {
    name: "a replica goes back to a state that it has executed beyond",
    file,
    find: "seq > settledSeq(state) && seq % config",
    replace: "seq % config",
    killedBy: seenBy("that f + 1 took and this replica did not reach may be fetched", paper),
  },
  {
    name: "what was executed is not part of the state that is taken",
    file,
    find: "executed: seq, table, undo: undefined, checkpoints",
    replace: "executed: seq, undo: undefined, checkpoints",
    killedBy: graphOf("FetcherAlone"),
  },
  {
    name: "the state of another checkpoint is given",
    file,
    find: "const held = state.checkpoints.find((c) => isSame(c, m))",
    replace: "const held = state.checkpoints.find((c) => c.seq === m.seq)",
    killedBy: seenBy("recvFetchState ignores: UnknownCheckpoint", guards),
  },
  {
    name: "who took a state does not vouch for it",
    file,
    find: "stabilise(config, withOwnVote(config, restored, { seq, digest }), seq)",
    replace: "stabilise(config, restored, seq)",
    killedBy: graphOf("FetcherAlone"),
  },
  {
    name: "the state that a view starts from is not wanted",
    file,
    find: "const start = state.active ? undefined : state.newView?.start",
    replace: "const start = undefined as Numbered | undefined",
    killedBy: seenBy("SendFetchState is never reached", "StarterAlone"),
  },
  {
    name: "an older vote above the window replaces a later one",
    file: checkpointing,
    find: "isBefore(v) && v.seq >= m.seq",
    replace: "isBefore(v) && v.seq === m.seq",
    killedBy: graphOf("FetcherAlone"),
  },
  {
    name: "votes above the window are lost when it moves",
    file: checkpointing,
    find: "        ...above,\n",
    replace: "",
    killedBy: graphOf("FetcherAlone"),
  },
  {
    name: "a state with a table of another size is taken",
    file,
    find: `if (m.table.length !== config.clients) return ignore(state, "WrongTableSize")`,
    replace: "",
    killedBy: seenBy("recvState ignores: WrongTableSize", guards),
  },
]
