/**
 * A protocol as what runs its clients sees it: the types of a client's machine, and plain functions
 * of its states and messages.
 *
 * Outside the specification: nothing; it names what a protocol gives to those who run its clients.
 */
import type { CancelTimer, Complete, SendToReplicas, SetTimer } from "../core/effect.ts"
import type { Bytes, ClientId, ReplicaId, Timestamp, View } from "../core/ids.ts"
import type { Step } from "../core/machine.ts"
import type { Group } from "../core/quorum.ts"
import type { BadMessage } from "./bad-message.ts"
import type { Dropped } from "./protocol.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

interface Tagged {
  readonly _tag: string
}

/** The types of a protocol's clients. */
export interface ClientKinds {
  readonly State: { readonly timestamp: Timestamp; readonly operation: Bytes | undefined }
  readonly Input: Tagged
  /** What a client sends, and the same as it leaves. */
  readonly Message: Tagged
  readonly Sent: Tagged
  readonly Reply: { readonly client: ClientId; readonly replica: ReplicaId; readonly view: View }
}

export type ClientLoopEffect<K extends ClientKinds> =
  | SendToReplicas<K["Message"]>
  | SetTimer<"retransmit">
  | CancelTimer<"retransmit">
  | Complete

export type ClientLoopStep<K extends ClientKinds> = Step<K["State"], ClientLoopEffect<K>, string>

/** What a client is asked for. */
export interface Asked {
  readonly operation: Bytes
  /** It changes nothing, and need not be ordered. */
  readonly reads: boolean
  /** Replicas that are connected, and have not been silent for long. */
  readonly connected: ReadonlyArray<ReplicaId>
}

export interface ClientProtocol<K extends ClientKinds> {
  readonly group: Group
  readonly first: (client: ClientId) => K["State"]
  readonly step: (client: ClientId, state: K["State"], input: K["Input"]) => ClientLoopStep<K>
  readonly submit: (state: K["State"], asked: Asked) => K["Input"]
  /** The client's timer fired after so many milliseconds. */
  readonly timeout: (waitedMs: number) => K["Input"]
  readonly received: (reply: K["Reply"]) => K["Input"]
  /** How long a client waits at first. */
  readonly firstWaitMs: number
  /** The view that the client takes the replicas to be in. */
  readonly view: (client: ClientId, state: K["State"]) => View
  /** Whether it asked the primary alone: its timer may as well fire when that one is gone. */
  readonly asksPrimary: (state: K["State"]) => boolean
  /** Whether it has all that can be had, if nothing comes from those who are `absent`. */
  readonly isReady: (
    client: ClientId,
    state: K["State"],
    absent: (replica: ReplicaId) => boolean,
  ) => boolean
  /** After a timeout in vain: those whose answers did not come. */
  readonly unanswered: (step: ClientLoopStep<K>) => ReadonlyArray<ReplicaId>
  /**
   * A message as it leaves, with its authenticators; `known` is the request that was sent last.
   * undefined: others would not believe it, and it does not leave.
   */
  readonly outgoing: (message: K["Message"], known: K["Sent"] | undefined) => K["Sent"] | undefined
  /** Whether it is what the client asks for: a replica that connects later is to have it. */
  readonly isRequest: (sent: K["Sent"]) => boolean
  readonly write: (writer: Writer, sent: K["Sent"]) => void
  /** Reads the next message of a replica. */
  readonly read: (reader: Reader, replica: ReplicaId) => K["Reply"] | Dropped | BadMessage
  readonly trace: {
    readonly line: (
      at: { readonly n: number; readonly client: ClientId },
      before: K["State"],
      step: Pick<ClientLoopStep<K>, "state" | "action">,
      input: K["Input"],
    ) => string
    readonly drop: (n: number, dropped: number, states: ReadonlyMap<ClientId, K["State"]>) => string
  }
}
