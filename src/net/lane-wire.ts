/**
 * What the lanes of a sketcher send and hear as bytes: as clients of their protocol do.
 *
 * Outside the specification: bytes, and when a lane goes on without the last answers, as it is of
 * clients (client-loop.ts).
 */
import type { ClientId, ReplicaId, Timestamp } from "../core/ids.ts"
import { isZyzzyvaClient, type LaneClient, type LaneMessage } from "../core/prophecy/lane-client.ts"
import type { SketcherEffect } from "../core/prophecy/sketcher-state.ts"
import type { BadMessage } from "./bad-message.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import type { EndpointKeys } from "./keys.ts"
import { type PbftClientKinds, pbftClient } from "./pbft-client.ts"
import type { Dropped } from "./protocol.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"
import { withoutAnswer, type ZyzzyvaClientKinds, zyzzyvaClient } from "./zyzzyva-client.ts"

export type LaneSent = PbftClientKinds["Sent"] | ZyzzyvaClientKinds["Sent"]
export type LaneRequest = Extract<LaneSent, { readonly _tag: "Request" }>
type Asked = Extract<SketcherEffect, { readonly _tag: "SendToReplicas" }>["message"]

export interface LaneWire {
  /** As client-protocol.ts says of each. */
  readonly outgoing: (message: Asked, known: LaneSent | undefined) => LaneSent | undefined
  readonly write: (writer: Writer, sent: LaneSent) => void
  readonly read: (reader: Reader, replica: ReplicaId) => LaneMessage | Dropped | BadMessage
  readonly isReady: (
    client: ClientId,
    state: LaneClient,
    absent: (replica: ReplicaId) => boolean,
  ) => boolean
}

/** Of the protocol of the configuration: lanes and their messages are of it alone. */
export const laneWire = (
  config: ClusterConfig,
  keys: EndpointKeys,
  firstTimestamp: Timestamp,
): LaneWire =>
  (config.protocol === "pbft"
    ? pbftClient(config, keys, firstTimestamp)
    : zyzzyvaClient(config, keys, firstTimestamp)) as LaneWire

/** Those whose answers a lane waits for no longer: it has shown a certificate without them. */
export const passedOver = (before: LaneClient, after: LaneClient): ReadonlyArray<ReplicaId> => {
  if (!isZyzzyvaClient(before) || !isZyzzyvaClient(after)) return []
  if (after.certificate === undefined || after.certificate === before.certificate) return []
  return withoutAnswer(after)
}
