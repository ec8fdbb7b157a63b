/**
 * The models whose every step is checked against the abstraction: which of pbft-models.ts, and the
 * constants of the abstraction beside them. spec/tla/RefinePbft-<name>.cfg is generated from it.
 */
import { assert } from "../core/assert.ts"
import { isWhole } from "../core/pbft/big-requests.ts"
import type { Message } from "../core/pbft/message.ts"
import type { Request } from "../core/request.ts"
import { digestOf } from "./byzantine-messages.ts"
import type { World } from "./explore.ts"
import { Judge } from "./judge.ts"
import { type CoreConstants, coreWorld } from "./pbft-core-constants.ts"
import { CoreSpace } from "./pbft-core-space.ts"
import { pbftModel } from "./pbft-model.ts"
import { constantsOf, type PbftModelSpec, pbftModels } from "./pbft-models.ts"
import type { PbftConstants } from "./pbft-process.ts"
import { RefinedSpace, RefinementJudge } from "./pbft-refinement.ts"
import { nullDigest } from "./pbft-text.ts"
import { Space } from "./space.ts"

export interface RefinementSpec {
  /** The model of pbft-models.ts, by whose name it goes. */
  readonly model: PbftModelSpec
  /** Views and sequence numbers of the abstraction. */
  readonly maxView: number
  readonly maxSeq: number
  /** `both`: by TLC as well, with equal counts. */
  readonly by: "both" | "explorer"
  /** As of PbftModelSpec. */
  readonly size: "test" | "large" | "nightly"
}

type Listed = Pick<RefinementSpec, "by" | "size"> & { readonly maxSeq?: number }

// Most models use one number only, whatever their windows would take.
const listed: Readonly<Record<string, Listed>> = {
  HalfTold: { by: "both", size: "test" },
  Normal: { by: "explorer", size: "test", maxSeq: 2 },
  ByzantineClient: { by: "explorer", size: "test", maxSeq: 2 },
  SecondStory: { by: "explorer", size: "test" },
  SilentPrimary: { by: "explorer", size: "test", maxSeq: 2 },
  ViewChangeRestart: { by: "explorer", size: "test" },
  ForgedNewView: { by: "both", size: "large" },
  HalfStable: { by: "both", size: "nightly", maxSeq: 2 },
  SkippedViews: { by: "both", size: "large" },
  EquivocationToAll: { by: "explorer", size: "large" },
  ByzantinePrimary: { by: "explorer", size: "large" },
  ByzantineBackup: { by: "explorer", size: "large" },
  ViewChange: { by: "explorer", size: "large" },
  TwoStories: { by: "explorer", size: "large" },
  NullRequest: { by: "explorer", size: "large", maxSeq: 2 },
  HighClaim: { by: "explorer", size: "nightly" },
  FalseClaim: { by: "explorer", size: "nightly" },
  ByzantineNewPrimary: { by: "explorer", size: "nightly" },
}

const modelNamed = (name: string): PbftModelSpec => {
  const model = pbftModels.find((m) => m.name === name)
  assert(model !== undefined, `there is a model ${name}`)
  return model as PbftModelSpec
}

/** One view more than timers reach, since a replica leaves a view that starts badly. */
export const refinements: ReadonlyArray<RefinementSpec> = Object.entries(listed).map(
  ([name, { by, size, maxSeq = 1 }]) => {
    const model = modelNamed(name)
    return { model, maxView: model.maxView + 1, maxSeq, by, size }
  },
)

const plain = ({ client, timestamp, operation }: Request): Request => ({
  client,
  timestamp,
  operation,
})

/** Every request that some client may have made, and every batch that occurs. */
const inPlay = (c: PbftConstants) => {
  const messages: ReadonlyArray<Message> = c.injected.map((e) => e.message)
  const asked = c.clientOps.flatMap((ops, client) =>
    ops.map((operation, k) => ({ client, timestamp: k + 1, operation })),
  )
  const requests = [...asked, ...messages.flatMap((m) => (m._tag === "Request" ? [plain(m)] : []))]
  const injected = messages.flatMap((m) => {
    if (m._tag !== "PrePrepare" && m._tag !== "Batch") return []
    return isWhole(m.batch) ? [m.batch.map(plain)] : []
  })
  const single = requests.map((r) => [r])
  const pairs = requests.flatMap((r) =>
    requests.filter((o) => o.client !== r.client).map((o) => [r, o]),
  )
  const batches = [...single, ...(c.maxBatch > 1 ? pairs : []), ...injected]
  const claimed = messages.flatMap((m) =>
    m._tag === "ViewChange" ? m.prepared.map((e) => e.digest) : [],
  )
  return { asked, batches: batches.filter((b) => b.length > 0), claimed }
}

/** Batches that clients asked for, and those that only liars name, by their digests. */
const digestsOf = (c: PbftConstants) => {
  const { asked, batches, claimed } = inPlay(c)
  const genuine = (r: Request): boolean =>
    r.client < c.allClients &&
    (r.client >= c.clientOps.length ||
      asked.some((a) => JSON.stringify(a) === JSON.stringify(plain(r))))
  const text = (batch: ReadonlyArray<Request>): string =>
    digestOf(batch.map((r) => ({ ...r, authenticator: "" })))
  const good = new Set(batches.filter((b) => b.every(genuine)).map(text))
  const all = new Set([...batches.map(text), ...claimed])
  all.delete(nullDigest)
  return { asked: [...good], invented: [...all].filter((d) => !good.has(d)) }
}

export const coreConstantsOf = ({ model, maxView, maxSeq }: RefinementSpec): CoreConstants => {
  const { n, f, byzantine } = model
  const { asked, invented } = digestsOf(constantsOf(model))
  const [strong, weak] = [2 * f + 1, f + 1]
  return {
    n,
    f,
    byzantine,
    asked,
    invented,
    maxView,
    maxSeq,
    prepareNeeds: strong,
    commitNeeds: strong,
    a1Needs: strong,
    a2Needs: weak,
    nullNeeds: strong,
    lacks: [],
  }
}

/** The model's states, each with its state of the abstraction, ready to be explored. */
export const refinementWorld = (spec: RefinementSpec): World & { readonly space: RefinedSpace } => {
  const twin = new Space(pbftModel(spec.model.name, constantsOf(spec.model)))
  const world = coreWorld(coreConstantsOf(spec))
  const batchOf = (digest: string): number => {
    const at = digest === nullDigest ? world.nullBatch : world.batches.indexOf(digest)
    assert(at >= 0, "the abstraction knows every batch that a correct replica names")
    return at
  }
  const space = new RefinedSpace(twin, new CoreSpace(world, false), batchOf)
  return { space, judge: new RefinementJudge(space, new Judge(twin)) }
}
