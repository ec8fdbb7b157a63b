/** The instances of PBFT whose primaries propose a value with each batch. */
import { base, everyInvariant, type PbftModelSpec } from "./pbft-model-spec.ts"

const ofOneReplica = ["TypeOK", "AtMostOnce", "Watermarks", "SentIsDurable", "NoEquivocation"]

// Client 1 stands for the clock; client 0 is Byzantine, so that its states multiply nothing.
const clocked = {
  ...base,
  allClients: 2,
  asks: "NobodyAsks",
  checkpointInterval: 2,
  clock: 1,
  invariants: [...everyInvariant, "ProposalsJudged"],
} as const satisfies Partial<PbftModelSpec>

export const proposalModels: ReadonlyArray<PbftModelSpec> = [
  {
    ...clocked,
    name: "Proposal",
    why: "A correct primary proposes a value that all accept, or one that the backups do not.",
    asks: "AsksA",
    proposals: "OneUnlikeTwo",
    reaches: ["ReachAnswered", "ReachHeld", "ProposalsJudged", "ClientResult"],
  },
  {
    ...clocked,
    name: "ProposerAlone",
    why: "A primary among liars that proposes with each batch what is above all before.",
    byzantine: [1, 2, 3],
    proposals: "OneOrTwo",
    injected: "ForProposer",
    invariants: [...ofOneReplica, "ProposalsJudged"],
    reaches: ["SendPrePrepare", "ReachExecuted", "ReachTwoValues", "ProposalsJudged"],
  },
  {
    ...clocked,
    name: "JudgeAlone",
    why: "A backup among liars: values that it does not accept, that are too low, or in no head.",
    byzantine: [0, 2, 3],
    readOnly: true,
    injected: "ForJudge",
    invariants: [...ofOneReplica, "ProposalsJudged"],
    reaches: ["ReachHeld", "ReachExecuted", "ReachNoEffect", "ProposalsJudged"],
  },
  {
    ...clocked,
    name: "FalseProposal",
    why: "A Byzantine primary proposes what nobody accepts, or what one backup accepts.",
    byzantine: [0],
    injected: "FalseProposals",
    reaches: ["ReachHeld", "ReachAllExecuted", "ProposalsJudged", "Agreement"],
    size: "nightly",
  },
  {
    ...clocked,
    name: "ProposalViewChange",
    why: "A value that two of three backups have stays with its batch in the next view.",
    byzantine: [0],
    canTimeout: [1, 2],
    maxView: 1,
    injected: "HalfProposed",
    reaches: ["ReachCarriedOver", "ReachExecuted", "ProposalsJudged"],
    size: "large",
  },
]
