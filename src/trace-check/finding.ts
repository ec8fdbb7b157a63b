/** What is wrong with a trace, and where. */

/** A line of a file, counted from 1. */
export interface Place {
  readonly file: string
  readonly line: number
}

/** Rules about the form of a trace: without them nothing can be judged. */
export type FormRule =
  | "Empty"
  | "NotJson"
  | "NotATrace"
  | "WrongVersion"
  | "Malformed"
  | "Truncated"
  | "TooLong"
  | "OtherRun"
  | "OtherSpec"
  | "TwoTraces"

/** Rules that a run of the specification keeps: a trace that breaks one does not conform. */
export type RunRule =
  /** Lines are missing, repeated or in another order. */
  | "LostLine"
  | "RepeatedLine"
  | "SwappedLines"
  /** The recorded action or state is not what the model does with the recorded input. */
  | "Replay"
  /** The model stops at an input that no correct process can be given. */
  | "Impossible"
  /** A digest in a message is not its batch's. */
  | "Digest"
  /** A traced process received what its traced sender did not send. */
  | "NotSent"
  /** The same, but it was sent afterwards. */
  | "SentLater"
  /** The authenticator of a traced client failed although a traced primary passed it on. */
  | "Authenticator"
  /** A traced replica has two different VIEW-CHANGEs or NEW-VIEWs for a view. */
  | "Equivocation"
  /** A step that the abstraction does not have: too few said what it stands on. */
  | "Abstraction"
  /** Replicas executed different batches, or got different results, at one sequence number. */
  | "Agreement"
  | "Result"
  | "Checkpoint"
  /** A request was executed twice, or an older one after a newer one. */
  | "AtMostOnce"
  /** A client accepted what was not the result of the execution. */
  | "ClientResult"
  /** One replica's answer was let through that the group never gave to this read. */
  | "Genuine"
  /** A replica's answer is not the service's at its place in the agreed log, or at any. */
  | "Group"
  /** An answer is older than one that was given before the read began. */
  | "Once"
  /** A restart lost what must be durable, or invented state. */
  | "Durability"

export type Rule = FormRule | RunRule

const formRules: ReadonlySet<string> = new Set<FormRule>([
  "Empty",
  "NotJson",
  "NotATrace",
  "WrongVersion",
  "Malformed",
  "Truncated",
  "TooLong",
  "OtherRun",
  "OtherSpec",
  "TwoTraces",
])

export const isFormRule = (rule: Rule): boolean => formRules.has(rule)

export interface Finding extends Place {
  readonly rule: Rule
  /** `replica 2` or `client 5`, where the file's header could be read. */
  readonly node?: string
  /** The step's number in its file. */
  readonly step?: number
  /** Path of the field, as in `post.slot[0].phase`. */
  readonly field?: string
  /** What the model or the rule asks for, and what the trace holds; JSON text, cut when long. */
  readonly expected?: string
  readonly found?: string
  /** One sentence: what is wrong and, where there is something to do, what. */
  readonly message: string
}

/** Ends the reading or the replay; caught by `checkTraces` and nowhere else. */
export class Rejection extends Error {
  override readonly name = "Rejection"
  readonly finding: Finding

  constructor(finding: Finding) {
    super(finding.message)
    this.finding = finding
  }
}

export const reject = (finding: Finding): never => {
  throw new Rejection(finding)
}
