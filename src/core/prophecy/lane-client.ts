/**
 * The client in a lane of a sketcher, of whichever protocol the group runs: PBFT's (f + 1 equal
 * answers) or Zyzzyva's (the answers of all, or a certificate that enough acknowledge). To a
 * sketcher they are the same: a result is the group's when the client says that it is complete.
 */
import type { Bytes, Timestamp } from "../ids.ts"
import * as Pbft from "../pbft/client.ts"
import type { Authentic as PbftAuthentic, Reply } from "../pbft/message.ts"
import * as Zyzzyva from "../zyzzyva/client.ts"
import type { ClientMessage, Authentic as ZyzzyvaAuthentic } from "../zyzzyva/message.ts"
import { needsOf } from "../zyzzyva/needs.ts"
import type { SketcherConfig } from "./sketcher-state.ts"

export type LaneClient = Pbft.ClientState | Zyzzyva.ClientState

/** What a lane hears from a replica. */
export type LaneMessage = PbftAuthentic<Reply> | ZyzzyvaAuthentic<ClientMessage>

export type LaneInput =
  | { readonly _tag: "Submit"; readonly operation: Bytes }
  | { readonly _tag: "Timeout"; readonly waitedMs: number }
  | { readonly _tag: "Receive"; readonly message: LaneMessage }

export const isZyzzyvaClient = (client: LaneClient): client is Zyzzyva.ClientState =>
  "responses" in client

/** The configuration of the PBFT client in a lane. */
export const laneConfig = (config: SketcherConfig, index: number): Pbft.ClientConfig => ({
  group: config.group,
  id: config.firstClient + index,
  firstTimestamp: config.firstTimestamp,
  retransmitMs: config.retransmitMs,
  // It waits equally long each time: its call has other ways to end.
  maxRetransmitMs: config.retransmitMs,
  replyQuorum: config.replyQuorum,
  wholeOnly: true,
  resultDigest: (result) => result,
})

/** The same of Zyzzyva's. */
export const zyzzyvaLaneConfig = (config: SketcherConfig, index: number): Zyzzyva.ClientConfig => ({
  group: config.group,
  needs: needsOf(config.group),
  id: config.firstClient + index,
  firstTimestamp: config.firstTimestamp,
  commitMs: config.commitMs ?? config.retransmitMs,
  preferredQuorums: false,
  retransmitMs: config.retransmitMs,
  maxRetransmitMs: config.retransmitMs,
  wholeOnly: true,
  resultDigest: (result) => result,
})

/** A lane's client that waits for nothing, with timestamps above this one. */
export const firstClient = (
  config: SketcherConfig,
  index: number,
  firstTimestamp: Timestamp,
): LaneClient =>
  config.protocol === "zyzzyva"
    ? Zyzzyva.initClient({ ...zyzzyvaLaneConfig(config, index), firstTimestamp })
    : Pbft.initClient({ ...laneConfig(config, index), firstTimestamp })

/** A step of a lane's client: to the sketcher the same of either protocol. */
export const stepLaneClient = (
  config: SketcherConfig,
  index: number,
  client: LaneClient,
  input: LaneInput,
): Pbft.ClientStep | Zyzzyva.ClientStep =>
  isZyzzyvaClient(client)
    ? Zyzzyva.stepClient(zyzzyvaLaneConfig(config, index), client, input as Zyzzyva.ClientInput)
    : Pbft.stepClient(laneConfig(config, index), client, input as Pbft.ClientInput)

/** The result that a message speaks of: an acknowledgement's is that of the certificate shown. */
export const resultOf = (client: LaneClient | undefined, message: LaneMessage): Bytes => {
  if (message._tag !== "LocalCommit") return message.result
  return client !== undefined && isZyzzyvaClient(client) ? (client.certificate?.result ?? "") : ""
}

/** What a lane sends. */
type Sent = (Pbft.ClientEffect | Zyzzyva.ClientEffect) & { readonly _tag: "SendToReplicas" }

/** The request among what lanes send; undefined for what Zyzzyva's clients show to replicas. */
export const requestIn = (
  message: Sent["message"],
): Exclude<Sent["message"], { readonly _tag: "Commit" | "Pom" }> | undefined =>
  message._tag === "Commit" || message._tag === "Pom" ? undefined : message

/** The answers that PBFT's client in a lane has; Zyzzyva's has none of that kind. */
export const repliesIn = (client: LaneClient): Pbft.ClientState["replies"] =>
  isZyzzyvaClient(client) ? [] : client.replies
