/** The instances of Zyzzyva whose answers are cheaper or quicker: one with the result for all. */
import { ownInvariants, zyzzyvaBase, type ZyzzyvaTwinSpec } from "./zyzzyva-model-spec.ts"

// One correct process among liars.
const alone = {
  ...zyzzyvaBase,
  byzantine: [0, 2, 3],
  allClients: 2,
  asks: "NobodyAsks",
  invariants: ownInvariants,
} as const

// A client among liars.
const client = {
  ...zyzzyvaBase,
  byzantine: [0, 1, 2, 3],
  invariants: ["TypeOK"],
} as const

export const zyzzyvaFastModels: ReadonlyArray<ZyzzyvaTwinSpec> = [
  {
    ...client,
    name: "DigestClientAlone",
    why: "A client among liars: digests, with the result and without it, of two results and views.",
    repliers: [0],
    injected: "ForDigestClient",
    reaches: ["ReachAnswered", "ReachShown", "ClientTimeout"],
  },
  {
    ...alone,
    name: "DigestBackupAlone",
    why: "A backup among liars answers by digest, and in full when it is asked again or in a new view.",
    injected: "ForDigestBackup",
    reaches: ["ReachDigestAnswer", "ReachAnsweredLater", "ReachExecuted"],
  },
  {
    ...zyzzyvaBase,
    name: "DigestAnswers",
    why: "As Normal, where one replica answers in full, or is silent and the client asks everyone.",
    repliers: [0, 3],
    reaches: ["ReachDigestAnswer", "ReachAnswered", "ReachAcknowledged", "ClientResult"],
  },
]
