/**
 * A sketcher's whole state as data and back: what a drop line of its trace holds
 * (docs/trace-format.md).
 *
 * Outside the specification: nothing; it tells what is and decides nothing.
 */
import * as HashMap from "../hash-map.ts"
import type { Bytes, Digest, ReplicaId } from "../ids.ts"
import * as Pbft from "../pbft/projection.ts"
import * as Zyzzyva from "../zyzzyva/projection.ts"
import { isZyzzyvaClient, type LaneClient, laneConfig, zyzzyvaLaneConfig } from "./lane-client.ts"
import { latest, nowhere, type Position } from "./position.ts"
import type { Generation, Sketch } from "./sketch-table.ts"
import type { Call, CallId, SketcherConfig, SketcherState } from "./sketcher-state.ts"

export interface SketchData extends Sketch {
  readonly key: string
}

/** A call; `replica` is null where none was drawn. */
export interface CallData extends Omit<Call, "replica" | "operation"> {
  readonly operation: Bytes
  readonly replica: ReplicaId | null
}

export interface LaneData {
  readonly call: CallId | null
  readonly client: Pbft.ClientData | Zyzzyva.ClientData
}

/** A lane's client as data and back. */
const clientData = (client: LaneClient): LaneData["client"] =>
  isZyzzyvaClient(client) ? Zyzzyva.fullClientProjection(client) : Pbft.fullClientProjection(client)

const clientOf = (config: SketcherConfig, index: number, data: LaneData["client"]): LaneClient =>
  "responses" in data
    ? Zyzzyva.fromFullClientProjection(zyzzyvaLaneConfig(config, index), data)
    : Pbft.fromFullClientProjection(laneConfig(config, index), data)

export interface SketcherData {
  /** The two generations of the table, each ascending by key. */
  readonly young: ReadonlyArray<SketchData>
  readonly old: ReadonlyArray<SketchData>
  readonly floor: Position
  readonly calls: ReadonlyArray<CallData>
  readonly lanes: ReadonlyArray<LaneData>
  readonly queue: ReadonlyArray<CallId>
  readonly strikes: ReadonlyArray<number>
}

const sketchesOf = ({ sketches }: Generation): ReadonlyArray<SketchData> =>
  HashMap.entries(sketches).map(([key, sketch]) => ({ key, ...sketch }))

export const fullSketcherProjection = (state: SketcherState): SketcherData => ({
  young: sketchesOf(state.table.young),
  old: sketchesOf(state.table.old),
  floor: state.table.floor,
  calls: state.calls.map((call) => ({ ...call, replica: call.replica ?? null })),
  lanes: state.lanes.map(({ call, client }) => ({
    call: call ?? null,
    client: clientData(client),
  })),
  queue: state.queue,
  strikes: state.strikes,
})

// A sketch that was replaced had an earlier position: so what is left has the highest.
const generationOf = (all: ReadonlyArray<SketchData>): Generation =>
  all.reduce<Generation>(
    ({ sketches, top }, { key, digest, position }) => ({
      sketches: HashMap.set<{ digest: Digest; position: Position }>(sketches, key, {
        digest,
        position,
      }),
      top: latest(top, position),
    }),
    { sketches: HashMap.empty, top: nowhere },
  )

/** The state that `fullSketcherProjection` showed. */
export const fromFullSketcherProjection = (
  config: SketcherConfig,
  data: SketcherData,
): SketcherState => ({
  table: { young: generationOf(data.young), old: generationOf(data.old), floor: data.floor },
  calls: data.calls.map((call) => ({ ...call, replica: call.replica ?? undefined })),
  lanes: data.lanes.map(({ call, client }, index) => ({
    call: call ?? undefined,
    client: clientOf(config, index, client),
  })),
  queue: data.queue,
  strikes: data.strikes,
})
