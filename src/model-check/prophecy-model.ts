/** Instances of Prophecy for the explorer: the TypeScript side of spec/tla/MCProphecy.tla. */
import { record, set, type Text } from "./canonical.ts"
import type { Model, ProcessModel } from "./model.ts"
import { frontModel, sentOf } from "./prophecy-front.ts"
import { groupModel } from "./prophecy-group.ts"
import type { ProphecyConstants } from "./prophecy-process.ts"
import { prophecyInvariants, prophecyWitnesses } from "./prophecy-properties.ts"

/** Every action of Prophecy.tla that the explorer takes: reads are ordered here. */
const actions = [
  "SketcherRecvRead",
  "SketcherRecvWrite",
  "SketcherRecvFastReply",
  "SketcherFastTimeout",
  "SketcherRecvReply",
  "SketcherRetransmit",
  "SketcherReadmit",
  "SketcherRestart",
  "SketcherGiveUp",
  "Order",
  "Apply",
  "RecvFastRead",
]

/** The model with these constants. */
export const prophecyModel = (name: string, c: ProphecyConstants): Model => ({
  name,
  processes: [frontModel(c), groupModel(c)] as unknown as ReadonlyArray<ProcessModel<unknown>>,
  injected: c.injected.map((m) => ({ ...sentOf(m), needs: [] })),
  forged: () => [],
  invariants: prophecyInvariants(c),
  witnesses: prophecyWitnesses(c),
  actions,
  text: (parts: ReadonlyArray<Readonly<Record<string, Text>>>, sent: ReadonlyArray<Text>): Text =>
    record({ ...parts[0], ...parts[1], msgs: set(sent) }),
})
