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
  /** Nothing from here or before is sketched: a dropped sketch may have known better (I8). */
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
 * The table after a replicated read of `key`. What the table knows, or may have known, is never
 * replaced by what was before it: results come back in any order (I1).
 */
export const install = (
  table: SketchTable,
  key: string,
  sketch: Sketch,
  capacity: number,
): SketchTable => {
  const known = sketchOf(table, key)
  if (sketch.digest === noDigest || !isBefore(table.floor, sketch.position)) return table
  if (known !== undefined && !isBefore(known.position, sketch.position)) return table
  const { young, old, floor } = table
  const fits = young.sketches.size < capacity || HashMap.has(young.sketches, key)
  if (fits) return { ...table, young: withSketch(young, key, sketch) }
  return {
    young: withSketch(emptyGeneration, key, sketch),
    old: young,
    floor: latest(floor, old.top),
  }
}
