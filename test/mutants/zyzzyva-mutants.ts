/** Guards of Zyzzyva, in code and specification, and the check that must see each gone. */
import type { CodeMutant } from "./code-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const core = "src/core/zyzzyva"
const needsTest = "test/core/zyzzyva/needs.test.ts"
const newLogTest = "test/core/zyzzyva/new-log.test.ts"
const paperTest = "test/paper/zyzzyva-tocs09.test.ts"

export const zyzzyvaMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "Zyzzyva: a client takes 2f + 1 answers as complete",
    file: `${core}/answers.ts`,
    find: "replicas.length >= fast || committed >= commit",
    replace: "replicas.length >= commit || committed >= commit",
    killedBy: { check: "ReachShown is never reached", where: "Zyzzyva/ClientAlone" },
  },
  {
    name: "Zyzzyva: a client adds up answers of two views",
    file: `${core}/answers.ts`,
    find: "a.view === b.view && a.seq === b.seq",
    replace: "a.seq === b.seq",
    killedBy: { check: "graph", where: "Zyzzyva/ClientAlone" },
  },
  {
    name: "Zyzzyva: a client counts acknowledgements of what it did not show",
    file: `${core}/client.ts`,
    find: 'if (certificate === undefined || !isShown(state, m)) return ignore(state, "NotShown")',
    replace: 'if (certificate === undefined) return ignore(state, "NotShown")',
    killedBy: { check: "graph", where: "Zyzzyva/ClientAlone" },
  },
  {
    name: "Zyzzyva: a primary orders a request twice",
    file: `${core}/agreement.ts`,
    find: 'if (mine.some(([, r]) => timestamp <= r.timestamp)) return ignore(state, "AlreadyAssigned")',
    replace: "",
    killedBy: { check: "graph", where: "Zyzzyva/PrimaryAlone" },
  },
  {
    name: "Zyzzyva: an order is taken whatever history it leads to",
    file: `${core}/agreement.ts`,
    find: 'return ignore(state, "WrongHistory")',
    replace: "void state",
    killedBy: { check: "Reproducible", where: "Zyzzyva/BackupAlone" },
  },
  {
    name: "Zyzzyva: a backup takes the primary's word for a client",
    file: `${core}/agreement.ts`,
    find: "  if (batch.every((_, k) => verdicts[k] === true)) return true\n",
    replace: "  if (batch.length >= verdicts.length) return true\n",
    killedBy: { check: "graph", where: "Zyzzyva/BackupAlone" },
  },
  {
    name: "Zyzzyva: the order leaves before it is durable",
    file: `${core}/agreement.ts`,
    find: `  { _tag: "Persist", record: { _tag: "Ordered", seq: taken.seq, slot: taken.slot } },
  ...taken.effects,`,
    replace: `  ...taken.effects,
  { _tag: "Persist", record: { _tag: "Ordered", seq: taken.seq, slot: taken.slot } },`,
    killedBy: {
      check: "the primary's order is durable before it leaves, and is executed at once",
      where: paperTest,
    },
  },
  {
    name: "Zyzzyva: a certificate of another view is acknowledged",
    file: `${core}/commit.ts`,
    find: 'if (certificate.view !== state.view) return ignore(state, "WrongView")',
    replace: "",
    killedBy: { check: "SentIsDurable", where: "Zyzzyva/BackupAlone" },
  },
  {
    name: "Zyzzyva: a certificate of too few is acknowledged",
    file: `${core}/commit.ts`,
    find: 'if (!hasEnough(config, certificate)) return ignore(state, "TooFewSigners")',
    replace: "",
    killedBy: { check: "graph", where: "Zyzzyva/BackupAlone" },
  },
  {
    name: "Zyzzyva: one accusation is enough to leave a view",
    file: `${core}/accusation.ts`,
    find: "if (accusers.length < weakQuorum(config.group)) {",
    replace: "if (accusers.length < 1) {",
    killedBy: { check: "graph", where: "Zyzzyva/ConfirmerAlone" },
  },
  {
    name: "Zyzzyva: a proof of misbehaviour may be of two numbers",
    file: `${core}/accusation.ts`,
    find: 'if (one.seq !== other.seq) return ignore(state, "OfTwoNumbers")',
    replace: "",
    killedBy: { check: "graph", where: "Zyzzyva/ChangerAlone" },
  },
  {
    name: "Zyzzyva: f orders choose a batch",
    file: `${core}/new-log.ts`,
    find: "votedFor(later, config.needs.vote)",
    replace: "votedFor(later, config.needs.vote - 1)",
    killedBy: {
      check: "has what f + 1 ordered where nobody has a certificate, and nothing for less",
      where: newLogTest,
    },
  },
  {
    name: "Zyzzyva: orders beat a certificate of their own view",
    file: `${core}/new-log.ts`,
    find: "o.seq === seq && o.view > last",
    replace: "o.seq === seq && o.view >= last",
    killedBy: {
      check: "follows the certificate where as many orders are of its own view",
      where: newLogTest,
    },
  },
  {
    name: "Zyzzyva: answers to what was rolled back are remembered",
    file: `${core}/view-change.ts`,
    find: "    table: own.table,\n    stable,",
    replace: "    table: state.table,\n    stable,",
    killedBy: {
      check: "VC4: what was executed speculatively is rolled back, with the answers to it",
      where: paperTest,
    },
  },
  {
    name: "Zyzzyva: f + 1 confirmations begin a view",
    file: `${core}/view-change.ts`,
    find: "    agreeing(confirms, own) >= config.needs.change\n",
    replace: "    agreeing(confirms, own) >= config.needs.change - 1\n",
    killedBy: { check: "graph", where: "Zyzzyva/ConfirmerAlone" },
  },
  {
    name: "Zyzzyva5 takes f + 1 orders for a batch",
    file: `${core}/needs.ts`,
    find: "vote: 2 * f + 1,",
    replace: "vote: f + 1,",
    killedBy: { check: "needs more for everything than a group of 3f + 1 has", where: needsTest },
  },
  {
    name: "Zyzzyva: a state is taken whatever its digest",
    file: `${core}/state-transfer.ts`,
    find: "if (config.checkpointDigest(history, service, m.table) !== digest) {",
    replace: 'if (digest === "") {',
    killedBy: { check: "graph", where: "Zyzzyva/FetcherAlone" },
  },
  {
    name: "Zyzzyva: a state is taken for which too few vouch",
    file: `${core}/state-transfer.ts`,
    find: 'if (!isValidStable(config, stable)) return ignore(state, "TooFewSigners")',
    replace: "",
    killedBy: { check: "graph", where: "Zyzzyva/FetcherAlone" },
  },
  {
    name: "Zyzzyva: a state of a view to come is taken",
    file: `${core}/state-transfer.ts`,
    find: 'if (stable.view > state.view) return ignore(state, "LaterView")',
    replace: "",
    killedBy: { check: "graph", where: "Zyzzyva/FetcherAlone" },
  },
  {
    name: "Zyzzyva: a certificate that contradicts a checkpoint is kept",
    file: `${core}/certificate.ts`,
    find: "    .filter((c) => leadsToHistory(config, low, c))\n",
    replace: "",
    killedBy: {
      check: "gives up a certificate that contradicts it, so that its VIEW-CHANGE is believed",
      where: "test/core/zyzzyva/state-transfer.test.ts",
    },
  },
  {
    name: "Zyzzyva: a restart forgets the certificates",
    file: `${core}/restart.ts`,
    find: '    records.push({ _tag: "Certified", certificate })\n',
    replace: "    void certificate\n",
    killedBy: { check: "SentIsDurable", where: "Zyzzyva/Restart" },
  },
  {
    name: "Zyzzyva: a restart forgets the checkpoints above the stable one",
    file: `${core}/restart.ts`,
    find: "c.seq >= disk.state.stable.seq",
    replace: "c.seq === disk.state.stable.seq",
    killedBy: { check: "ReachKept is never reached", where: "Zyzzyva/KeptCheckpoint" },
  },
  {
    name: "Zyzzyva: a log that is written anew has no later checkpoints",
    file: `${core}/restart.ts`,
    find: "  records.push(...later.map(takenRecord))\n",
    replace: "",
    killedBy: { check: "ReachKept is never reached", where: "Zyzzyva/KeptCheckpoint" },
  },
  {
    name: "Zyzzyva: a restart keeps a checkpoint from before the view that was entered",
    file: `${core}/restart.ts`,
    find: "taken: new Map(start && [[seq, start]])",
    replace: "taken: new Map(taken).set(seq, start ?? init(config).checkpoints[0]!)",
    killedBy: {
      check: "forgets checkpoints from before the view that it entered, and whose states are lost",
      where: "test/core/zyzzyva/disk.test.ts",
    },
  },
  {
    name: "Zyzzyva: a checkpoint that was kept is vouched for at once",
    file: `${core}/checkpointing.ts`,
    find: "if (seq > state.executed || said[config.id] !== undefined) continue",
    replace: "if (said[config.id] !== undefined) continue",
    killedBy: {
      check: "vouches for a checkpoint that it kept when it has come to it again",
      where: "test/core/zyzzyva/disk.test.ts",
    },
  },
  {
    name: "Zyzzyva: a checkpoint that was kept is taken a second time",
    file: `${core}/execution.ts`,
    find: "checkpoints.some((c) => c.seq === own.seq)",
    replace: "checkpoints.length === 0",
    killedBy: {
      check: "vouches for a checkpoint that it kept when it has come to it again",
      where: "test/core/zyzzyva/disk.test.ts",
    },
  },
  {
    name: "Zyzzyva: a state that is fetched takes away later checkpoints",
    file: `${core}/state-transfer.ts`,
    find: "[own, ...state.checkpoints.filter((c) => c.seq > seq)]",
    replace: "[own]",
    killedBy: { check: "graph", where: "Zyzzyva/LateFetcherAlone" },
  },
  {
    name: "Zyzzyva: a restart forgets the own VIEW-CHANGE",
    file: `${core}/restart.ts`,
    find: 'if (viewChange !== undefined) records.push({ _tag: "ViewLeft", viewChange })',
    replace: "void viewChange",
    killedBy: { check: "TypeOK", where: "Zyzzyva/ConfirmerAlone" },
  },
]

const file = "spec/tla/Zyzzyva.tla"

export const zyzzyvaSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "Zyzzyva's 2f + 1 answers complete a request",
    file,
    find: String.raw`  \/ Cardinality(S) >= FastQuorum
`,
    replace: String.raw`  \/ Cardinality(S) >= CommitQuorum
`,
    killedBy: { check: "graph", where: "Zyzzyva/ClientAlone" },
  },
  {
    name: "Zyzzyva's answers of two views are equal",
    file,
    find: String.raw`SamePlace(x, y) == x.view = y.view /\ x.seq = y.seq`,
    replace: String.raw`SamePlace(x, y) == x.seq = y.seq`,
    killedBy: { check: "graph", where: "Zyzzyva/ClientAlone" },
  },
  {
    name: "Zyzzyva's client counts acknowledgements of what it did not show",
    file,
    find: String.raw`  /\ Shown(c, m)
`,
    replace: String.raw`  /\ client[c].certificate # {}
`,
    killedBy: { check: "graph", where: "Zyzzyva/ClientAlone" },
  },
  {
    name: "Zyzzyva's client takes an answer of a view twice",
    file,
    find: String.raw`old # NoResponse /\ old.view < new.view`,
    replace: String.raw`old # NoResponse /\ old.view <= new.view`,
    killedBy: { check: "graph", where: "Zyzzyva/DigestClientAlone" },
  },
  {
    name: "Zyzzyva's primary orders a request twice",
    file,
    find: String.raw`/\ isPrimary => m.timestamp > Assigned(i, c)`,
    replace: "",
    killedBy: { check: "graph", where: "Zyzzyva/PrimaryAlone" },
  },
  {
    name: "Zyzzyva's order is taken whatever history it leads to",
    file,
    find: String.raw`/\ m.history = Append(HistoryAt(i, n - 1), Digest(m.batch))`,
    replace: "",
    killedBy: { check: "TypeOK", where: "Zyzzyva/BackupAlone" },
  },
  {
    name: "Zyzzyva's backup takes the primary's word for a client",
    file,
    find: String.raw`Verifies(i, m) == \A k \in 1 .. Len(m.batch) : i \in m.batch[k].auth`,
    replace: "Verifies(i, m) == TRUE",
    killedBy: { check: "graph", where: "Zyzzyva/BackupAlone" },
  },
  {
    name: "Zyzzyva's certificate of another view is acknowledged",
    file,
    find: String.raw`/\ c.view = view[i] /\ stage[i] = "active"`,
    replace: String.raw`/\ stage[i] = "active"`,
    killedBy: { check: "TypeOK", where: "Zyzzyva/BackupAlone" },
  },
  {
    name: "Zyzzyva's certificate of too few is acknowledged",
    file,
    find: String.raw`  /\ ValidCertificate(c)
  /\ LET last`,
    replace: String.raw`  /\ LET last`,
    killedBy: { check: "TypeOK", where: "Zyzzyva/BackupAlone" },
  },
  {
    name: "Zyzzyva's views are left for one accusation",
    file,
    find: String.raw`/\ IF Cardinality(all) >= F + 1
        THEN Leave`,
    replace: String.raw`/\ IF Cardinality(all) >= F
        THEN Leave`,
    killedBy: { check: "TypeOK", where: "Zyzzyva/ConfirmerAlone" },
  },
  {
    name: "Zyzzyva's view begins with 2f confirmations",
    file,
    find: String.raw`IF @ = "confirming" /\ Cardinality(Votes(votes, own)) >= ChangeQuorum`,
    replace: String.raw`IF @ = "confirming" /\ Cardinality(Votes(votes, own)) >= ChangeQuorum - 1`,
    killedBy: { check: "graph", where: "Zyzzyva/ConfirmerAlone" },
  },
  {
    name: "Zyzzyva's state is taken whatever its digest",
    file,
    find: String.raw`/\ ValidStable(m.stable) /\ CheckpointDigest(given) = m.stable.digest`,
    replace: String.raw`/\ ValidStable(m.stable)`,
    killedBy: { check: "TypeOK", where: "Zyzzyva/FetcherAlone" },
  },
  {
    name: "Zyzzyva's state of a view to come is taken",
    file,
    find: String.raw`        /\ m.stable.view <= view[i]
`,
    replace: "",
    killedBy: { check: "graph", where: "Zyzzyva/FetcherAlone" },
  },
  {
    name: "Zyzzyva's fetched checkpoint of an earlier view confirms the view",
    file,
    find: String.raw`@ = "confirming" /\ m.stable.view = view[i] /\ ~InLog(i, n + 1)`,
    replace: String.raw`@ = "confirming" /\ ~InLog(i, n + 1)`,
    killedBy: { check: "graph", where: "Zyzzyva/ConfirmingFetcher" },
  },
  {
    name: "Zyzzyva's restart forgets the checkpoints above the stable one",
    file,
    find: String.raw`[k \in {n} \cup kept |-> @[k]]`,
    replace: String.raw`[k \in {n} |-> cp]`,
    killedBy: { check: "graph", where: "Zyzzyva/KeptCheckpoint" },
  },
  {
    name: "Zyzzyva's restart never loses a state",
    file,
    find: String.raw`AnyRestart(i)         == \E kept \in SUBSET Later(i) : Restart(i, kept)`,
    replace: String.raw`AnyRestart(i)         == \E kept \in {Later(i)} : Restart(i, kept)`,
    killedBy: { check: "graph", where: "Zyzzyva/KeptCheckpoint" },
  },
  {
    name: "Zyzzyva's replica vouches at once for a checkpoint that it kept",
    file,
    find: String.raw`n \in DOMAIN taken /\ n <= now.executed`,
    replace: String.raw`n \in DOMAIN taken`,
    killedBy: { check: "TypeOK", where: "Zyzzyva/KeptCheckpoint" },
  },
  {
    name: "Zyzzyva's restart keeps what was executed",
    file,
    find: String.raw`     /\ executed' = [executed EXCEPT ![i] = n]
     /\ value' = [value EXCEPT ![i] = cp.value]
     /\ table' = [table EXCEPT ![i] = cp.table]
     /\ checkpoints' = [checkpoints EXCEPT ![i] = [k \in {n} \cup kept |-> @[k]]]
     /\ NothingHeard(i)`,
    replace: String.raw`     /\ executed' = [executed EXCEPT ![i] = n]
     /\ UNCHANGED value
     /\ table' = [table EXCEPT ![i] = cp.table]
     /\ checkpoints' = [checkpoints EXCEPT ![i] = [k \in {n} \cup kept |-> @[k]]]
     /\ NothingHeard(i)`,
    killedBy: { check: "Reproducible", where: "Zyzzyva/Restart" },
  },
]
