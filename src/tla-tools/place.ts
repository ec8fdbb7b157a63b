/** Places in a specification, as the TLA+ tools print them. Lines and columns count from 1. */
export interface Place {
  readonly module: string
  readonly line: number
  readonly column: number
  readonly endLine: number
  readonly endColumn: number
}

const patterns = [
  /line (\d+), col (\d+) to line (\d+), col (\d+) of module (\w+)/i,
  /line (\d+), column (\d+) to line (\d+), column (\d+) in (\w+)/i,
]

/** The first place named in a text. */
export const findPlace = (text: string): Place | undefined => {
  for (const pattern of patterns) {
    const found = pattern.exec(text)
    if (found === null) continue
    const [line, column, endLine, endColumn] = found.slice(1, 5).map(Number)
    return {
      module: found[5] ?? "",
      line: line ?? 0,
      column: column ?? 0,
      endLine: endLine ?? 0,
      endColumn: endColumn ?? 0,
    }
  }
  return undefined
}

/** `Vote.tla:9:19`, the form that editors and terminals turn into a link. */
export const placeText = (place: Place): string =>
  `${place.module}.tla:${place.line}:${place.column}`
