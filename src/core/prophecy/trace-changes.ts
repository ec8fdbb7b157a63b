/**
 * What a step of a sketcher changed, as JSON text; docs/trace-format.md. What came in is not
 * repeated: of a call its stage, of a sketch its digest and its place in the order.
 *
 * Outside the specification: nothing; it tells what happened and decides nothing.
 */
import { clientChanges } from "../pbft/trace-changes.ts"
import { clientChanges as zyzzyvaChanges } from "../zyzzyva/trace-changes.ts"
import { isZyzzyvaClient, type LaneClient } from "./lane-client.ts"
import type { Position } from "./position.ts"
import { sketchOf } from "./sketch-table.ts"
import type { Call, Lane, SketcherState } from "./sketcher-state.ts"

const quote: (text: string) => string = JSON.stringify

/** `seq.place`, as a client of HTTP sees it. */
const positionText = ({ seq, place }: Position): string => `"${seq}.${place}"`

/** What is different in `after`, as the text of a JSON object; `{}` for the same state. */
export const sketcherChanges = (before: SketcherState, after: SketcherState): string => {
  if (before === after) return "{}"
  let text = ""
  if (before.table !== after.table) text += tableChanges(before, after)
  if (before.calls !== after.calls) text += callChanges(before.calls, after.calls)
  if (before.lanes !== after.lanes) text += laneChanges(before.lanes, after.lanes)
  if (before.queue !== after.queue) text += `,"queue":[${after.queue.join(",")}]`
  if (before.strikes !== after.strikes) text += `,"strikes":[${after.strikes.join(",")}]`
  return `{${text.slice(1)}}`
}

// A sketch is installed by the read that is answered at once.
const tableChanges = (before: SketcherState, after: SketcherState): string => {
  const { table } = after
  const { floor, old } = before.table
  let text = ""
  for (const { id, key } of before.calls) {
    const sketch = after.calls.some((call) => call.id === id) ? undefined : sketchOf(table, key)
    if (sketch === undefined) continue
    const { digest, position } = sketch
    text += `,{"key":${quote(key)},"digest":${quote(digest)},"position":${positionText(position)}}`
  }
  const sketches = `,"sketch":[${text.slice(1)}]`
  const floors = floor === table.floor ? "" : `,"floor":${positionText(table.floor)}`
  return `${sketches}${floors}${old === table.old ? "" : `,"old":${table.old.sketches.size}`}`
}

const callText = ({ id, stage, replica, digest, position }: Call): string => {
  const drawn = replica === undefined ? "" : `,"replica":${replica}`
  const sketched =
    digest === "" ? "" : `,"digest":${quote(digest)},"position":${positionText(position)}`
  return `{"id":${id},"stage":"${stage}"${drawn}${sketched}}`
}

const callChanges = (before: ReadonlyArray<Call>, after: ReadonlyArray<Call>): string => {
  // They are few, and most of them stand where they stood.
  const changed = after.filter((call, k) => before[k] !== call && !before.includes(call))
  const isLeft = (call: Call, k: number): boolean =>
    after[k] === call || after.some(({ id }) => id === call.id)
  const answered = before.filter((call, k) => !isLeft(call, k)).map(({ id }) => id)
  const calls = changed.length === 0 ? "" : `,"calls":[${changed.map(callText).join(",")}]`
  return answered.length === 0 ? calls : `${calls},"answered":[${answered.join(",")}]`
}

const changesIn = (before: LaneClient, after: LaneClient): string => {
  if (isZyzzyvaClient(before)) return isZyzzyvaClient(after) ? zyzzyvaChanges(before, after) : "{}"
  return isZyzzyvaClient(after) ? "{}" : clientChanges(before, after)
}

const laneText = (index: number, before: Lane, after: Lane): string => {
  const call = before.call === after.call ? "" : `,"call":${after.call ?? null}`
  const client =
    before.client === after.client ? "" : `,"client":${changesIn(before.client, after.client)}`
  return `{"lane":${index}${call}${client}}`
}

const laneChanges = (before: ReadonlyArray<Lane>, after: ReadonlyArray<Lane>): string => {
  let text = ""
  after.forEach((lane, index) => {
    const old = before[index] as Lane
    if (old !== lane) text += `,${laneText(index, old, lane)}`
  })
  return `,"lanes":[${text.slice(1)}]`
}
