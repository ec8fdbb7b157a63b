/** The configurations of spec/tla/LivePbft.tla: TLC alone checks what must happen at last. */
import { constantLines } from "./pbft-cfg.ts"
import { base, type PbftModelSpec } from "./pbft-model-spec.ts"

interface LiveSpec {
  readonly name: string
  readonly why: string
  readonly specification: "LiveSpec" | "Spec"
  readonly properties: ReadonlyArray<string>
  readonly differs: Partial<PbftModelSpec>
}

const changing = { checkpointInterval: 2, maxView: 1 } as const

const liveModels: ReadonlyArray<LiveSpec> = [
  {
    name: "ViewChange",
    why: "A silent primary: its view is given up, the next one answers.",
    specification: "LiveSpec",
    properties: ["GetsAnswer", "Settles"],
    differs: { byzantine: [0], canTimeout: [1, 2] },
  },
  {
    name: "SilentNextPrimary",
    why: "Must fail: the primary of the view that lasts is silent too.",
    specification: "LiveSpec",
    properties: ["GetsAnswer"],
    differs: { byzantine: [1], canTimeout: [0, 2] },
  },
  {
    name: "Unfair",
    why: "Must fail: where nobody has to act, nothing is answered.",
    specification: "Spec",
    properties: ["GetsAnswer"],
    differs: { byzantine: [0], canTimeout: [1, 2] },
  },
]

const textOf = ({ name, why, specification, properties, differs }: LiveSpec): string => {
  const constants = constantLines({ ...base, ...changing, ...differs, name, why })
  return `\\* Generated from src/model-check/live-cfg.ts by \`npm run models\`; do not edit.
\\* ${why}
SPECIFICATION ${specification}
PROPERTIES ${properties.join(" ")}
CHECK_DEADLOCK FALSE
CONSTANTS
${constants}`
}

/** Every configuration, by file name. */
export const liveCfgFiles = (): ReadonlyMap<string, string> =>
  new Map(liveModels.map((spec) => [`LivePbft-${spec.name}.cfg`, textOf(spec)]))
