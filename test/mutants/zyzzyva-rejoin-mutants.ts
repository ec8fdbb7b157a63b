/**
 * What a replica of Zyzzyva that lost its disk must not do, and others about it, each allowed, in
 * code and specification.
 */
import type { CodeMutant } from "./code-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const core = "src/core/zyzzyva"
const rejoin = `${core}/rejoin.ts`
const viewChange = `${core}/view-change.ts`
const briefly = "Zyzzyva/RejoinerBriefly"
const alone = "Zyzzyva/RejoinerAlone"
const after = "Zyzzyva/ChangerAfterRejoin"
const tests = "test/core/zyzzyva/rejoin.test.ts"
const guards = "test/core/zyzzyva/guards.test.ts"
const seenBy = (check: string, where: string) => ({ check, where })

export const zyzzyvaRejoinMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "Zyzzyva: who lost its disk answers at once",
    file: rejoin,
    find: 'stage: "changing", incarnation }',
    replace: "incarnation }",
    killedBy: seenBy("TypeOK", briefly),
  },
  {
    name: "Zyzzyva: who lost its disk answers again a checkpoint too early",
    file: rejoin,
    find: "Math.floor((seq - 1) / k) * k + logSize",
    replace: "Math.floor((seq - 1) / k) * k + logSize - k",
    killedBy: seenBy("SentIsDurable", briefly),
  },
  {
    name: "Zyzzyva: who lost its disk is not in view 0 again",
    file: `${core}/state-transfer.ts`,
    find: "const returns = held.view === 0 && !isMute(config, held)",
    replace: "const returns = false",
    killedBy: seenBy("TypeOK", briefly),
  },
  {
    name: "Zyzzyva: who lost its disk accuses a primary, and leaves with others",
    file: `${core}/accusation.ts`,
    find: '  if (isMute(config, state)) return ignore(state, "Mute")\n',
    replace: "",
    killedBy: seenBy("graph", alone),
  },
  {
    name: "Zyzzyva: who lost its disk is taken along by a VIEW-CHANGE",
    file: viewChange,
    find: '  if (isMute(config, state)) return ignore(state, "Mute")\n',
    replace: "",
    killedBy: seenBy("graph", alone),
  },
  {
    name: "Zyzzyva: who lost its disk enters a view before it may speak",
    file: viewChange,
    find: "  if (isMute(config, state)) return undefined\n",
    replace: "",
    killedBy: seenBy("TypeOK", alone),
  },
  {
    name: "Zyzzyva: the request of an earlier incarnation takes a replica back",
    file: rejoin,
    find: "return asked.timestamp < incarnation ? undefined : pointOf",
    replace: "return asked.timestamp < 1 ? undefined : pointOf",
    killedBy: seenBy("is not taken back by the request of an earlier incarnation", tests),
  },
  {
    name: "Zyzzyva: who lost its disk is active again after a restart",
    file: `${core}/restart.ts`,
    find: "state.view > 0 || !isMute(config, state) ? state",
    replace: "true ? state",
    killedBy: seenBy("is what it was after a restart: silent, or not", tests),
  },
  {
    name: "Zyzzyva: a VIEW-CHANGE does not say as what its sender came back",
    file: `${core}/accusation.ts`,
    find: ", ...incarnationOf(state) }",
    replace: " }",
    killedBy: seenBy("says in its VIEW-CHANGEs as what it came back", tests),
  },
  {
    name: "Zyzzyva: a VIEW-CHANGE from before a recovery is taken",
    file: viewChange,
    find: '  if (!isFresh(config, state, m)) return ignore(state, "OldIncarnation")\n',
    replace: "",
    killedBy: seenBy("graph", after),
  },
  {
    name: "Zyzzyva: a primary begins by a VIEW-CHANGE that it had before a recovery",
    file: viewChange,
    find: "m.view === view && isFresh(config, state, m)",
    replace: "m.view === view",
    killedBy: seenBy("graph", after),
  },
  {
    name: "Zyzzyva: a VIEW-CHANGE from before a recovery keeps out the one after it",
    file: viewChange,
    find: "known !== undefined && isFresh(config, state, known) && known.view >= m.view",
    replace: "known !== undefined && known.view >= m.view",
    killedBy: seenBy("graph", after),
  },
  {
    name: "Zyzzyva: a view may begin by a VIEW-CHANGE from before a recovery in its log",
    file: viewChange,
    find: "  if (changes.some((m) => isOutdone(config, log, own.table, m))) return undefined\n",
    replace: "",
    killedBy: seenBy("graph", after),
  },
  {
    name: "Zyzzyva: a recovery in what a view chose outdoes nothing",
    file: rejoin,
    find: "r.client === client && r.timestamp > incarnation",
    replace: "false",
    killedBy: seenBy("graph", after),
  },
  {
    name: "Zyzzyva: a recovery after a view began outdoes it",
    file: rejoin,
    find: "asked.timestamp > incarnation && asked.seq <= start.seq",
    replace: "asked.timestamp > incarnation",
    killedBy: seenBy("graph", after),
  },
  {
    name: "Zyzzyva: null requests where nobody waits",
    file: `${core}/agreement.ts`,
    find: '  if (count === 0 && !isAwaited(config, state)) return ignore(state, "NobodyWaits")\n',
    replace: "",
    killedBy: seenBy("sendOrderReq ignores: NobodyWaits", guards),
  },
  {
    name: "Zyzzyva: an idle log goes on beyond what somebody waits for",
    file: rejoin,
    find: "lastOrdered(state) < awaitedUpTo(config, state)",
    replace: "lastOrdered(state) <= awaitedUpTo(config, state)",
    killedBy: seenBy(
      "goes on by null requests of the primary, one after the other, as far as that",
      tests,
    ),
  },
]

const file = "spec/tla/Zyzzyva.tla"

export const zyzzyvaRejoinSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "Zyzzyva: who lost its disk answers again a checkpoint too early",
    file,
    find: String.raw`((n - 1) \div K) * K + L`,
    replace: String.raw`((n - 1) \div K) * K + L - K`,
    killedBy: seenBy("SentIsDurable", briefly),
  },
  {
    name: "Zyzzyva: a VIEW-CHANGE from before a recovery is taken",
    file,
    find: String.raw`ValidViewChange(m) /\ IsFresh(i, m)`,
    replace: "ValidViewChange(m)",
    killedBy: seenBy("graph", after),
  },
  {
    name: "Zyzzyva: a view may begin by a VIEW-CHANGE from before a recovery in its log",
    file,
    find: String.raw`     /\ \A c \in m.changes : ~IsOutdone(c, h, log.chosen, cp.table)
`,
    replace: "",
    killedBy: seenBy("graph", after),
  },
  {
    name: "Zyzzyva: who lost its disk accuses a primary, and leaves with others",
    file,
    find: String.raw`  IN /\ ~IsMute(i)
     /\ IF Cardinality(all)`,
    replace: String.raw`  IN /\ IF Cardinality(all)`,
    killedBy: seenBy("graph", alone),
  },
]
