/** Reads V8's CPU profiles: which functions had the time. */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

interface ProfileNode {
  readonly id: number
  readonly callFrame: {
    readonly functionName: string
    readonly url: string
    readonly lineNumber: number
  }
}

interface CpuProfile {
  readonly nodes: ReadonlyArray<ProfileNode>
  readonly samples: ReadonlyArray<number>
  readonly timeDeltas: ReadonlyArray<number>
}

export interface HotFunction {
  readonly name: string
  /** Of the time in which the process did something, 0 to 1; its callees do not count. */
  readonly share: number
}

const nameOf = ({ callFrame }: ProfileNode): string => {
  const { functionName, url, lineNumber } = callFrame
  const file = url.split("/").slice(-2).join("/")
  const where = file === "" ? "" : ` ${file}:${lineNumber + 1}`
  return `${functionName === "" ? "(anonymous)" : functionName}${where}`
}

/** The functions of one profile by the time they had themselves, most first. */
export const hotFunctions = (profile: CpuProfile): ReadonlyArray<HotFunction> => {
  const names = new Map(profile.nodes.map((node) => [node.id, nameOf(node)]))
  const times = new Map<string, number>()
  let busy = 0
  profile.samples.forEach((id, k) => {
    const name = names.get(id) ?? "?"
    const micros = profile.timeDeltas[k] ?? 0
    if (name === "(idle)") return
    busy += micros
    times.set(name, (times.get(name) ?? 0) + micros)
  })
  return [...times]
    .map(([name, micros]) => ({ name, share: micros / busy }))
    .sort((a, b) => b.share - a.share)
}

/** All profiles of a folder, in the order in which their processes were started. */
export const readProfiles = (directory: string): ReadonlyArray<ReadonlyArray<HotFunction>> =>
  readdirSync(directory)
    .filter((name) => name.endsWith(".cpuprofile"))
    .sort()
    .map((name) => hotFunctions(JSON.parse(readFileSync(join(directory, name), "utf8"))))
