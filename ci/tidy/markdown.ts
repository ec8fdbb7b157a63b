/** Documents: one title each, and links that lead somewhere. */
import { dirname, posix } from "node:path"

interface Line {
  readonly number: number
  readonly text: string
}

/** The lines of a document that are not inside a fenced block. */
const prose = (text: string): ReadonlyArray<Line> => {
  let fence: string | undefined
  const lines: Array<Line> = []
  text.split("\n").forEach((line, k) => {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1]
    if (mark !== undefined) {
      if (fence === undefined) fence = mark
      else if (mark.startsWith(fence)) fence = undefined
    } else if (fence === undefined) lines.push({ number: k + 1, text: line })
  })
  return lines
}

/** The anchors of a document's headings, as the usual renderers make them. */
export const anchors = (text: string): ReadonlySet<string> =>
  new Set(
    prose(text).flatMap(({ text: line }) => {
      const heading = /^#{1,6}\s+(.*?)\s*#*$/.exec(line)?.[1]
      if (heading === undefined) return []
      const plain = heading.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, "")
      return [plain.replace(/\s/g, "-")]
    }),
  )

/** A document without a title, or with two. */
export const titles = (path: string, text: string): ReadonlyArray<string> => {
  const found = prose(text).filter(({ text: line }) => /^#\s/.test(line)).length
  return found === 1 ? [] : [`${path}: ${found} titles, there must be one`]
}

/** Links within the repository that lead to no file, or to no heading of it. */
export const deadLinks = (
  path: string,
  documents: ReadonlyMap<string, string>,
): ReadonlyArray<string> => {
  const folders = new Set([...documents.keys()].map(dirname))
  return prose(documents.get(path) ?? "").flatMap(({ number, text }) =>
    targets(text).flatMap((target) => {
      if (/^[a-z]+:/.test(target)) return []
      const [file = "", anchor] = target.split("#")
      const to = file === "" ? path : posix.join(dirname(path), file).replace(/\/$/, "")
      const other = documents.get(to)
      if (other === undefined && !folders.has(to)) return [`${path}:${number}: no file ${to}`]
      if (anchor === undefined || other === undefined || /^L\d+/.test(anchor)) return []
      return anchors(other).has(anchor) ? [] : [`${path}:${number}: no heading #${anchor} in ${to}`]
    }),
  )
}

const targets = (line: string): ReadonlyArray<string> => {
  const text = line.replace(/`[^`]*`/g, "")
  return [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?[^)]*\)/g)].map((match) => match[1] as string)
}
