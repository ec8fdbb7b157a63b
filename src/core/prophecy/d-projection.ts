/**
 * The whole state of a client of D-Prophecy as data and back: what a drop line of a trace holds
 * (docs/trace-format.md).
 *
 * Outside the specification: nothing; it tells what is and decides nothing.
 */
import type { Bytes, Digest, ReplicaId } from "../ids.ts"
import {
  type ClientData,
  fromFullClientProjection,
  fullClientProjection,
} from "../pbft/projection.ts"
import {
  type DCall,
  type DClientConfig,
  type DClientState,
  initDClient,
  ordering,
} from "./d-client.ts"
import type { Sketch } from "./sketch-table.ts"

export interface StatedData extends Sketch {
  readonly replica: ReplicaId
}

/** A call; `result` is null until the executor has given one. */
export interface DCallData extends Omit<DCall, "sketches" | "result"> {
  readonly sketches: ReadonlyArray<StatedData>
  readonly result: { readonly bytes: Bytes; readonly digest: Digest } | null
}

export interface DClientData {
  /** null: nothing is asked for. */
  readonly call: DCallData | null
  /** The PBFT client in it. */
  readonly ordering: ClientData
}

/** What was heard of whom, in the order of the replicas. */
export const statedIn = ({ sketches }: DCall): ReadonlyArray<StatedData> =>
  sketches.flatMap((sketch, replica) => (sketch === undefined ? [] : [{ replica, ...sketch }]))

export const fullDClientProjection = ({ call, client }: DClientState): DClientData => ({
  call:
    call === undefined ? null : { ...call, sketches: statedIn(call), result: call.result ?? null },
  ordering: fullClientProjection(client),
})

const callOf = (config: DClientConfig, data: DCallData): DCall => {
  const { id, operation, stage, executor, result } = data
  const n = stage === "asked" ? config.group.n : 0
  const sketches = Array.from({ length: n }, (_, r): Sketch | undefined => {
    const stated = data.sketches.find(({ replica }) => replica === r)
    return stated && { digest: stated.digest, position: stated.position }
  })
  return { id, operation, stage, executor, sketches, result: result ?? undefined }
}

/** The state that `fullDClientProjection` showed. */
export const fromFullDClientProjection = (
  config: DClientConfig,
  { call, ordering: client }: DClientData,
): DClientState => ({
  ...initDClient(config),
  call: call === null ? undefined : callOf(config, call),
  client: fromFullClientProjection(ordering(config), client),
})
