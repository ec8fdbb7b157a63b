/**
 * Whether what clients see of Prophecy and of D-Prophecy is delay-once, by TLC: the models that
 * must refine DelayOnce, and what TLC counts of each.
 */
import { join } from "node:path"
import { Effect } from "effect"
import { dProphecyRefinementCfgName } from "../model-check/d-prophecy-cfg.ts"
import { dProphecyRefinements } from "../model-check/d-prophecy-models.ts"
import { prophecyRefinementCfgName } from "../model-check/prophecy-cfg.ts"
import { prophecyRefinements } from "../model-check/prophecy-refinement-models.ts"
import { runTlc } from "../tla-tools/tlc.ts"
import { specFolder } from "./installation.ts"

/** A model of RefineProphecy.tla or of RefineDProphecy.tla. */
export interface DelayOnceModel {
  /** As in spec/refinement-counts.json. */
  readonly name: string
  readonly why: string
  readonly module: "RefineProphecy" | "RefineDProphecy"
  readonly config: string
  readonly size: "test" | "large" | "nightly"
}

export interface DelayOnceCounts {
  readonly verdict: string
  readonly states: number
  readonly generated: number
  readonly depth: number
}

const ofSketchers = prophecyRefinements
  .filter(({ expect }) => expect === "refines")
  .map((refinement): DelayOnceModel => {
    const { name, why, size } = refinement
    const config = prophecyRefinementCfgName(refinement)
    return { name: `RefineProphecy/${name}`, why, module: "RefineProphecy", config, size }
  })

const ofDClients = dProphecyRefinements
  .filter(({ expect }) => expect === "refines")
  .map(({ model }): DelayOnceModel => {
    const { name, why, size } = model
    const config = dProphecyRefinementCfgName(model)
    return { name: `RefineDProphecy/${name}`, why, module: "RefineDProphecy", config, size }
  })

/** All that must refine DelayOnce. */
export const delayOnceModels: ReadonlyArray<DelayOnceModel> = [...ofSketchers, ...ofDClients]

/** TLC on all of a model's states, with one worker: the counts are the same each time. */
export const countDelayOnce = ({ module, config, size }: DelayOnceModel) =>
  runTlc({
    spec: join(specFolder, `${module}.tla`),
    config: join(specFolder, config),
    workers: 1,
    heap: size === "nightly" ? "6g" : "2g",
  }).pipe(
    Effect.map(({ verdict, report }): DelayOnceCounts => {
      const { distinct: states = 0, generated = 0 } = report.statistics ?? {}
      return { verdict: verdict._tag, states, generated, depth: report.depth ?? 0 }
    }),
  )
