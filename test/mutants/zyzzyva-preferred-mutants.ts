/** Guards of Zyzzyva's unsigned answers, and the check that must see each gone. */
import type { CodeMutant } from "./code-run.ts"
import type { SpecMutant } from "./spec-run.ts"

const core = "src/core/zyzzyva"
const optimizations = "test/paper/zyzzyva-tocs09-optimizations.test.ts"
const graphOf = (where: string) => ({ check: "graph", where: `Zyzzyva/${where}` }) as const

export const zyzzyvaPreferredMutants: ReadonlyArray<CodeMutant> = [
  {
    name: "Zyzzyva: a certificate has answers without signatures in it",
    file: `${core}/answers.ts`,
    find: "same(r) && !r.clientOnly ? [{",
    replace: "same(r) ? [{",
    killedBy: { check: "ShownIsSigned", where: "Zyzzyva/PreferredQuorums" },
  },
  {
    name: "Zyzzyva: a signature adds nothing to an answer",
    file: `${core}/answers.ts`,
    find: "const isSigned = old.clientOnly && !response.clientOnly",
    replace: "const isSigned = false",
    killedBy: graphOf("PreferredClientAlone"),
  },
  {
    name: "Zyzzyva: an answer without a signature is taken for a signed one",
    file: `${core}/answers.ts`,
    find: "const { signature, order, digest = false, clientOnly = false } = m",
    replace: "const { signature, order, digest = false } = m\n  const clientOnly = false",
    killedBy: graphOf("PreferredClientAlone"),
  },
  {
    name: "Zyzzyva: that it is committed adds nothing to an answer",
    file: `${core}/answers.ts`,
    find: "const isCommitted = response.committed && !old.committed",
    replace: "const isCommitted = false",
    killedBy: graphOf("PreferredPairsClientAlone"),
  },
  {
    name: "Zyzzyva: a signature takes back that an answer is committed",
    file: `${core}/answers.ts`,
    find: "    ...(isCommitted ? { committed: true } : {}),\n",
    replace: "    committed: response.committed,\n",
    killedBy: graphOf("PreferredPairsClientAlone"),
  },
  {
    name: "Zyzzyva: a signature is asked for again and the result lost",
    file: `${core}/answers.ts`,
    find: "    ...(isWhole ? { result: response.result, digest: false } : {}),\n",
    replace: "",
    killedBy: graphOf("PreferredPairsClientAlone"),
  },
  {
    name: "Zyzzyva: an answer adds up with one of another history",
    file: `${core}/answers.ts`,
    find: "  if (!match(by, old, response)) return old\n",
    replace: "",
    killedBy: graphOf("DigestClientAlone"),
  },
  {
    name: "Zyzzyva: who asks for an answer without a signature has a signed one",
    file: `${core}/answering.ts`,
    find: "const isSigned = isForOthers(config, request)",
    replace: "const isSigned = true",
    killedBy: { check: "ReachUnsigned is never reached", where: "Zyzzyva/PreferredBackupAlone" },
  },
  {
    name: "Zyzzyva: answers are unsigned where the group has no such thing",
    file: `${core}/answering.ts`,
    find: "  !config.preferredQuorums || clientOnly !== true",
    replace: "  clientOnly !== true",
    killedBy: graphOf("DigestBackupAlone"),
  },
  {
    name: "Zyzzyva: one request of a batch without a signature leaves all without",
    file: `${core}/execution.ts`,
    find: "requests.some((r) => !isCommitFirst(config, r) && isForOthers(config, r))",
    replace: "requests.every((r) => !isCommitFirst(config, r) && isForOthers(config, r))",
    killedBy: { check: "in a batch each is answered as its client asked", where: optimizations },
  },
  {
    name: "Zyzzyva: the same of requests that are committed first",
    file: `${core}/answering.ts`,
    find: "asked.some((r) => isForOthers(config, r))",
    replace: "asked.every((r) => isForOthers(config, r))",
    killedBy: { check: "so it is where they are committed first", where: optimizations },
  },
  {
    name: "Zyzzyva: the edge wants a signature that is not to be there",
    file: `${core}/signed.ts`,
    find: "m.clientOnly === true ? [] : [headerClaim(m, m.replica, m.signature)]",
    replace: "[headerClaim(m, m.replica, m.signature)]",
    killedBy: { check: "nobody signs them; the primary's order is signed", where: optimizations },
  },
  {
    name: "Zyzzyva: signatures that come one by one make the client wait anew",
    file: `${core}/client.ts`,
    find: "const enough = isNew ? same.replicas : same.signers",
    replace: "const enough = same.replicas",
    killedBy: {
      check: "a signature adds to what was said, and its lack takes nothing away",
      where: optimizations,
    },
  },
  {
    name: "Zyzzyva: most answers without signatures start no timer",
    file: `${core}/client.ts`,
    find: "const enough = isNew ? same.replicas : same.signers",
    replace: "const enough = same.signers",
    killedBy: {
      check: "most of them make no certificate: everyone is asked, for signatures",
      where: optimizations,
    },
  },
  {
    name: "Zyzzyva: a certificate goes to everyone at first",
    file: `${core}/client.ts`,
    find: "config.preferredQuorums ? signers.map((s) => s.replica) : everyone(config)",
    replace: "everyone(config)",
    killedBy: {
      check: "a certificate goes to those whose answers are in it, and later to everyone",
      where: optimizations,
    },
  },
  {
    name: "Zyzzyva: a certificate never goes beyond its preferred quorum",
    file: `${core}/client.ts`,
    find: "[commitTo(everyone(config), config, certificate)]",
    replace: "[commitTo(shownFirst(config, certificate), config, certificate)]",
    killedBy: {
      check: "a certificate goes to those whose answers are in it, and later to everyone",
      where: optimizations,
    },
  },
]

const file = "spec/tla/Zyzzyva.tla"

export const zyzzyvaPreferredSpecMutants: ReadonlyArray<SpecMutant> = [
  {
    name: "Zyzzyva's certificates are made of unsigned answers",
    file,
    find: String.raw`      signed(S) == {r \in S : IsSigned(responses[r])}`,
    replace: String.raw`      signed(S) == S`,
    killedBy: { check: "ShownIsSigned", where: "Zyzzyva/PreferredQuorums" },
  },
  {
    name: "Zyzzyva's unsigned answers prove something",
    file,
    find: String.raw`  /\ m.type \in {"SpecResponse", "SpecHeader"} /\ IsSigned(m)`,
    replace: String.raw`  /\ m.type \in {"SpecResponse", "SpecHeader"}`,
    killedBy: graphOf("PreferredHalfTold"),
  },
  {
    name: "Zyzzyva's replicas sign what is for a client alone",
    file,
    find: String.raw`IF ForClientOnly(request) THEN ClientOnly(said) ELSE said`,
    replace: String.raw`said`,
    killedBy: graphOf("PreferredBackupAlone"),
  },
  {
    name: "Zyzzyva's answers are unsigned where the group has no such thing",
    file,
    find: String.raw`ForClientOnly(r) == PreferredQuorums /\ "clientOnly" \in DOMAIN r`,
    replace: String.raw`ForClientOnly(r) == "clientOnly" \in DOMAIN r`,
    killedBy: graphOf("DigestBackupAlone"),
  },
  {
    name: "Zyzzyva's client keeps no signature that comes later",
    file,
    find: String.raw`LET less == {"digest", "clientOnly"} \cap DOMAIN old \cap DOMAIN new`,
    replace: String.raw`LET less == ({"digest"} \cap DOMAIN new \cap DOMAIN old) \cup
                   ({"clientOnly"} \cap DOMAIN old)`,
    killedBy: graphOf("PreferredClientAlone"),
  },
  {
    name: "Zyzzyva's client adds up what is of two histories",
    file,
    find: String.raw`  ELSE IF ~Match(old, new) THEN old
`,
    replace: "",
    killedBy: graphOf("DigestClientAlone"),
  },
]
