import { relative } from "node:path"

/** A path as the user would write it: from here, unless that leads out of here. */
export const shortPath = (path: string): string => {
  const short = relative("", path)
  return short.startsWith("..") ? path : short
}
