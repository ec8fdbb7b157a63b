/** Guards of Zyzzyva's cheaper and quicker answers, and the check that must see each gone. */
import type { CodeMutant } from "./code-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const core = "src/core/zyzzyva"
const optimizations = "test/paper/zyzzyva-tocs09-optimizations.test.ts"
const graphOf = (where: string) => ({ check: "graph", where: `Zyzzyva/${where}` }) as const

export const zyzzyvaFastMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "Zyzzyva: a client takes any digest for that of a result",
    file: `${core}/answers.ts`,
    find: "return a.digest ? a.result === resultDigest(b.result) : b.result === resultDigest(a.result)",
    replace: "return resultDigest(a.result) !== b.history",
    killedBy: graphOf("DigestClientAlone"),
  },
  {
    name: "Zyzzyva: a client takes a digest in the place of the result",
    file: `${core}/answers.ts`,
    find: "const isWhole = old.digest && !response.digest",
    replace: "const isWhole = old.digest !== response.digest",
    killedBy: graphOf("DigestClientAlone"),
  },
  {
    name: "Zyzzyva: a certificate is shown before there is a result",
    file: `${core}/client.ts`,
    find: "if (signers.length < config.needs.commit || result === undefined) continue",
    replace: "if (signers.length < config.needs.commit) continue",
    killedBy: graphOf("DigestClientAlone"),
  },
  {
    name: "Zyzzyva: who is to answer in full answers by digest",
    file: `${core}/answering.ts`,
    find: "replier === undefined || replier === config.id",
    replace: "replier === undefined",
    killedBy: graphOf("DigestBackupAlone"),
  },
  {
    name: "Zyzzyva: a primary forgets who is to answer in full",
    file: `${core}/agreement.ts`,
    find: "authenticator, ...marksOf(m) }]",
    replace: "authenticator }]",
    killedBy: { check: "ReachDigestAnswer is never reached", where: "Zyzzyva/DigestAnswers" },
  },
  {
    name: "Zyzzyva: what is to be committed first is answered at once",
    file: `${core}/execution.ts`,
    find: "    if (isCommitFirst(config, request)) return []\n",
    replace: "",
    killedBy: graphOf("FirstBackupAlone"),
  },
  {
    name: "Zyzzyva: what is to be committed first is not told to the others",
    file: `${core}/execution.ts`,
    find: "pending.checkpoint || slot.batch.some((r) => isCommitFirst(config, r))",
    replace: "pending.checkpoint",
    killedBy: graphOf("FirstBackupAlone"),
  },
  {
    name: "Zyzzyva: what is certified late is not answered",
    file: `${core}/answering.ts`,
    find: "if (seq <= before.executed && isCertified(view, before.certificates, seq)) continue",
    replace: "if (seq < before.executed) continue",
    killedBy: graphOf("FirstBackupAlone"),
  },
  {
    name: "Zyzzyva: a committed answer leaves before its certificate is durable",
    file: `${core}/checkpointing.ts`,
    find: "effects: [...certified.effects, ...answers, ",
    replace: "effects: [...answers, ...certified.effects, ",
    killedBy: {
      check: "2f + 1 equal histories are a certificate, durable before the answer leaves",
      where: optimizations,
    },
  },
  {
    name: "Zyzzyva: who is asked again does not say that it is committed",
    file: `${core}/agreement.ts`,
    find: "const mark = stays && config.commitFirst ? { committed: true as const } : {}",
    replace: "const mark = {}",
    killedBy: graphOf("FirstBackupAlone"),
  },
  {
    name: "Zyzzyva: a read does not wait for what was ordered",
    file: `${core}/reads.ts`,
    find: "config.hastyReads === true ? 0 : lastOrdered(state)",
    replace: "config.hastyReads === true ? 0 : state.log.low",
    killedBy: { check: "ReachReadWaits is never reached", where: "Zyzzyva/ReadBackupAlone" },
  },
  {
    name: "Zyzzyva: a read of an older timestamp is answered",
    file: `${core}/reads.ts`,
    find: "if (timestamp <= ClientTable.get(state.table, client).timestamp) {",
    replace: "if (timestamp < ClientTable.get(state.table, client).timestamp) {",
    killedBy: graphOf("ReadBackupAlone"),
  },
  {
    name: "Zyzzyva: what is read speculatively is said to be committed",
    file: `${core}/reads.ts`,
    find: "executed === log.low || isCertified(view, certificates, executed)",
    replace: "executed >= log.low || isCertified(view, certificates, executed)",
    killedBy: { check: "SentIsDurable", where: "Zyzzyva/ReadBackupAlone" },
  },
  {
    name: "Zyzzyva: a certificate says nothing of what is read",
    file: `${core}/reads.ts`,
    find: "executed === log.low || isCertified(view, certificates, executed)",
    replace: "executed === log.low || isCertified(view, [], executed)",
    killedBy: { check: "ReachCommittedRead is never reached", where: "Zyzzyva/ReadBackupAlone" },
  },
  {
    name: "Zyzzyva: a read outlives its view",
    file: `${core}/accusation.ts`,
    find: "      pendingReads: [],\n",
    replace: "",
    killedBy: { check: "SentIsDurable", where: "Zyzzyva/LeavingReader" },
  },
  {
    name: "Zyzzyva: a read outlives its view when a NEW-VIEW comes first",
    file: `${core}/view-change.ts`,
    find: "view: m.view, accusers: [], pendingReads: [] }",
    replace: "view: m.view, accusers: [] }",
    killedBy: { check: "SentIsDurable", where: "Zyzzyva/LeavingReader" },
  },
  {
    name: "Zyzzyva: a fetched state wakes no read",
    file: `${core}/state-transfer.ts`,
    find: "    ...newReads(state, next),\n",
    replace: "",
    killedBy: { check: "ReadState asked exactly once", where: "Zyzzyva/FetchingReader" },
  },
  {
    name: "Zyzzyva: what was read makes a certificate",
    file: `${core}/client.ts`,
    find: "  if (state.readOnly) return undefined\n",
    replace: "",
    killedBy: graphOf("ReadClientAlone"),
  },
  {
    name: "Zyzzyva: f + 1 committed reads are enough",
    file: `${core}/answers.ts`,
    find: "replicas.length >= fast || committed >= commit",
    replace: "replicas.length >= fast || committed >= commit - 1",
    killedBy: graphOf("ReadClientAlone"),
  },
  {
    name: "Zyzzyva: what was read counts for what is ordered",
    file: `${core}/client.ts`,
    find: "const responses = readOnly ? noResponses(config) : state.responses",
    replace: "const responses = state.responses",
    killedBy: graphOf("ReadClientAlone"),
  },
]

const file = "spec/tla/Zyzzyva.tla"

export const zyzzyvaFastSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "Zyzzyva's digests are all alike",
    file,
    find: String.raw`/\ DigestOf(x) = DigestOf(y)`,
    replace: String.raw`/\ (IsWhole(x) # IsWhole(y) \/ DigestOf(x) = DigestOf(y))`,
    killedBy: { check: "graph", where: "Zyzzyva/DigestClientAlone" },
  },
  {
    name: "Zyzzyva's request is complete without its result",
    file,
    find: String.raw`Cardinality(signed(S)) >= CommitQuorum /\ ResultsIn(responses, S) # {}}`,
    replace: String.raw`Cardinality(signed(S)) >= CommitQuorum}`,
    killedBy: { check: "evaluation", where: "Zyzzyva/DigestClientAlone" },
  },
  {
    name: "Zyzzyva's replier answers by digest",
    file,
    find: String.raw`IF "replier" \in DOMAIN request /\ request.replier # i THEN Digested(m) ELSE m`,
    replace: String.raw`IF "replier" \in DOMAIN request THEN Digested(m) ELSE m`,
    killedBy: graphOf("DigestBackupAlone"),
  },
  {
    name: "Zyzzyva's replica answers at once what is to be committed first",
    file,
    find: String.raw`atOnce == {k \in 1 .. Len(after.done) : ~CommitsFirst(after.done[k].request)}`,
    replace: String.raw`atOnce == 1 .. Len(after.done)`,
    killedBy: graphOf("FirstBackupAlone"),
  },
  {
    name: "Zyzzyva's replica says that it is committed before it is",
    file,
    find: String.raw`Certified(i, certs, n) /\ (n > executed[i] \/ ~Certified(i, certificates[i], n))}`,
    replace: String.raw`n > executed[i]}`,
    killedBy: { check: "SentIsDurable", where: "Zyzzyva/FirstBackupAlone" },
  },
  {
    name: "Zyzzyva's client does not note that an answer is committed",
    file,
    find: String.raw`more == {"committed"} \cap DOMAIN new`,
    replace: String.raw`more == {}`,
    killedBy: graphOf("FirstClientAlone"),
  },
  {
    name: "Zyzzyva's reads do not wait for what was ordered",
    file,
    find: String.raw`IF HastyReads THEN 0 ELSE MaxN(i))}]`,
    replace: String.raw`IF HastyReads THEN 0 ELSE Low(i))}]`,
    killedBy: graphOf("ReadBackupAlone"),
  },
  {
    name: "Zyzzyva's speculative reads are committed",
    file,
    find: String.raw`IF n = Low(i) \/ Certified(i, certificates[i], n) THEN Committed(m) ELSE m}`,
    replace: String.raw`Committed(m)}`,
    killedBy: { check: "SentIsDurable", where: "Zyzzyva/ReadBackupAlone" },
  },
  {
    name: "Zyzzyva's reads outlive their view",
    file,
    find: String.raw`  /\ NothingHeard(i)
  /\ pendingReads' = [pendingReads EXCEPT ![i] = {}]
  /\ msgs' = msgs \cup out \cup {m}`,
    replace: String.raw`  /\ NothingHeard(i)
  /\ UNCHANGED pendingReads
  /\ msgs' = msgs \cup out \cup {m}`,
    killedBy: { check: "TypeOK", where: "Zyzzyva/LeavingReader" },
  },
  {
    name: "Zyzzyva's f + 1 committed reads are enough",
    file,
    find: String.raw`Cardinality({r \in S : IsCommitted(responses[r])}) >= CommitQuorum`,
    replace: String.raw`Cardinality({r \in S : IsCommitted(responses[r])}) >= F + 1`,
    killedBy: graphOf("ReadClientAlone"),
  },
  {
    name: "Zyzzyva's reads make a certificate",
    file,
    find: String.raw`  /\ client[c].op # NoOp /\ ~Reading(c)
  /\ \E g \in Groups(c) :`,
    replace: String.raw`  /\ client[c].op # NoOp
  /\ \E g \in Groups(c) :`,
    killedBy: graphOf("ReadClientAlone"),
  },
]
