/** What a key that was replaced must not do any more, each allowed; and where features meet. */
import type { CodeMutant } from "./code-run.ts"
import type { NetMutant } from "./net-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const changeKey = "src/core/pbft/change-key.ts"
const spec = "spec/tla/Pbft.tla"
const seenBy = (check: string, where: string) => ({ check, where })

export const changeKeyMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "votes under a key that was replaced count on",
    file: changeKey,
    find: "if (config.keepVotes === true) return",
    replace: "if (config.newKeys === true) return",
    killedBy: seenBy("PreparedUnique", "TwoThieves"),
  },
  {
    name: "a pre-prepare under a key that was replaced is built on",
    file: changeKey,
    find: `return phase === "prePrepared" && !isChosen(state, seq) ? "voted" : phase`,
    replace: "return phase",
    killedBy: seenBy("PreparedUnique", "TwoThieves"),
  },
  {
    name: "what a view started with is to be heard again",
    file: changeKey,
    find: `phase === "prePrepared" && !isChosen(state, seq)`,
    replace: `phase === "prePrepared"`,
    killedBy: seenBy("graph", "RekeyerInNewView"),
  },
  {
    name: "a held batch outlives the key that it came under",
    file: changeKey,
    find: `  if (phase === "held") return "empty"\n`,
    replace: "",
    killedBy: seenBy("graph", "RekeyerAlone"),
  },
  {
    name: "a replica takes another pre-prepare than it voted for",
    file: "src/core/pbft/normal-case.ts",
    find: `before.phase === "voted" && before.digest === m.digest`,
    replace: `before.phase === "voted"`,
    killedBy: seenBy(
      "has the primary's pre-prepare heard again, and no other one taken meanwhile",
      "change-key.test.ts",
    ),
  },
  {
    name: "a complete certificate goes with a key",
    file: changeKey,
    find: "if (isFinal(slot.phase) || decidedIn(config, slot) !== undefined) return slot",
    replace: "if (decidedIn(config, slot) !== undefined) return slot",
    killedBy: seenBy("leaves what completed a certificate", "change-key.test.ts"),
  },
  {
    name: "a decision that was heard of goes with a key",
    file: changeKey,
    find: "if (isFinal(slot.phase) || decidedIn(config, slot) !== undefined) return slot",
    replace: "if (isFinal(slot.phase)) return slot",
    killedBy: seenBy("graph", "RekeyerTold"),
  },
  {
    name: "what f + 1 executed goes with a key",
    file: changeKey,
    find: "c.replica !== replica || claimedAt(config, told.claims, c.seq) !== undefined",
    replace: "c.replica !== replica",
    killedBy: seenBy("graph", "RekeyerTold"),
  },
  {
    name: "votes for checkpoints outlive their key",
    file: changeKey,
    find: "checkpointVotes: checkpointVotesWithout(config, state, replica)",
    replace: "checkpointVotes: state.checkpointVotes",
    killedBy: seenBy("graph", "RekeyerAlone"),
  },
  {
    name: "an answer to who is recovered outlives its key",
    file: changeKey,
    find: "recovery: recoveryWithout(state.recovery, replica)",
    replace: "recovery: state.recovery",
    killedBy: seenBy("graph", "RekeyerRecovering"),
  },
  {
    name: "a process that starts builds on what it heard before",
    file: "src/core/pbft/restart.ts",
    find: `unheard && !isChosen(disk, seq) ? "voted"`,
    replace: `unheard && isChosen(disk, seq) ? "voted"`,
    killedBy: seenBy("graph", "RekeyerAlone"),
  },
  {
    name: "who executed its own request tentatively never knows when it is recovered",
    file: "src/core/pbft/execution.ts",
    find: "forget({ ...state, undo: undefined, recovery }, batches)",
    replace: "forget({ ...state, undo: undefined }, batches)",
    killedBy: seenBy("graph", "RecovererAhead"),
  },
]

export const changeKeySpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "votes under a key that was replaced count on",
    file: spec,
    find: "IF KeepVotes THEN UNCHANGED",
    replace: "IF Rekeys # {} THEN UNCHANGED",
    killedBy: seenBy("PreparedUnique", "TwoThieves"),
  },
  {
    name: "a pre-prepare under a key that was replaced is built on",
    file: spec,
    find: String.raw`/\ ~IsChosen(i, n) -> "voted"`,
    replace: String.raw`/\ ~IsChosen(i, n) -> "prePrepared"`,
    killedBy: seenBy("PreparedUnique", "TwoThieves"),
  },
  {
    name: "who executed its own request tentatively never knows when it is recovered",
    file: spec,
    find: "Placed(i, executed[i], table[i])",
    replace: "recovery[i]",
    killedBy: seenBy("graph", "RecovererAhead"),
  },
]

const byConnection = (check: string) => ({ check, where: "test/net/key-refresh.test.ts" })
const byLoop = (check: string) => ({ check, where: "test/net/rekeyed-loop.test.ts" })

const byCatchUp = (check: string) => ({ check, where: "test/net/catch-up.test.ts" })

export const changeKeyNetMutants: ReadonlyArray<NetMutant> = [
  {
    name: "whom nothing helps is told of nothing",
    file: "src/net/runtime.ts",
    find: "    this.#tellStuck()\n",
    replace: "",
    killedBy: byCatchUp("is told by the others what they executed, and goes on"),
  },
  {
    name: "who takes part in no view is told no sooner than others",
    file: "src/net/catch-up.ts",
    find: "stalled < (isHere ? passingReports : 1)",
    replace: "stalled < passingReports",
    killedBy: byCatchUp("is to be told sooner where it takes part in no view, or in another one"),
  },
  {
    name: "a connection does not tell of another key",
    file: "src/net/connection.ts",
    find: "    this.#events.rekeyed?.(this)\n",
    replace: "",
    killedBy: byConnection("are told of between what came under the old one and under the new one"),
  },
  {
    name: "what waits for the window outlives its key",
    file: "src/net/runtime.ts",
    find: "    this.#early.forget(repetition.rekeyed?.(input))\n",
    replace: "",
    killedBy: byLoop("has what waits for the window to move forgotten too"),
  },
  {
    name: "who forgot what was said under an old key is not told it again",
    file: "src/net/runtime.ts",
    find: "  rekeyed(replica: ReplicaId): void {\n    this.#catchUp.forget(replica)\n",
    replace: "  rekeyed(replica: ReplicaId): void {\n",
    killedBy: byLoop("is sent again what it forgot of this one"),
  },
]
