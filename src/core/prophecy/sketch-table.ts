/**
 * The sketch table of spec/tla/Prophecy.tla: per request the digest of its last replicated result,
 * with the position of that read. Bounded: two generations, of which the old one is dropped when
 * the young one is full. A lost sketch costs one replicated read.
 */
import * as HashMap from "../hash-map.ts"
import { type Digest, noDigest } from "../ids.ts"
import { isBefore, latest, nowhere, type Position } from "./position.ts"

export interface Sketch {
  readonly digest: Digest
  readonly position: Position
}

export interface Generation {
  readonly sketches: HashMap.HashMap<Sketch>
  /** The highest position among them. */
  readonly top: Position
}

export interface SketchTable {
  readonly young: Generation
  readonly old: Generation
  /** Of an unknown request, nothing from here or before: a dropped sketch may know better (I8). */
  readonly floor: Position
}

const emptyGeneration: Generation = { sketches: HashMap.empty, top: nowhere }

export const emptyTable: SketchTable = {
  young: emptyGeneration,
  old: emptyGeneration,
  floor: nowhere,
}

/** The sketch of a request; undefined where there is none. */
export const sketchOf = (table: SketchTable, key: string): Sketch | undefined =>
  HashMap.get(table.young.sketches, key) ?? HashMap.get(table.old.sketches, key)

const withSketch = (generation: Generation, key: string, sketch: Sketch): Generation => ({
  sketches: HashMap.set(generation.sketches, key, sketch),
  top: latest(generation.top, sketch.position),
})

/**
 * The table after a replicated read of `key`. What it knows of a request is never replaced by what
 * was before it: results come back in any order (I1). The floor is for requests that it does not
 * know: a sketch below the floor must give way to a later one that is below it too.
 */
export const install = (
  table: SketchTable,
  key: string,
  sketch: Sketch,
  capacity: number,
): SketchTable => {
  const known = sketchOf(table, key)
  const last = known === undefined ? table.floor : known.position
  if (sketch.digest === noDigest || !isBefore(last, sketch.position)) return table
  const { young, old, floor } = table
  const fits = young.sketches.size < capacity || HashMap.has(young.sketches, key)
  if (fits) return { ...table, young: withSketch(young, key, sketch) }
  return {
    young: withSketch(emptyGeneration, key, sketch),
    old: young,
    floor: latest(floor, old.top),
  }
}
