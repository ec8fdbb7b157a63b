/** Messages of Zyzzyva that a scenario writes out for Byzantine replicas and hostile clients. */
import { assert } from "../core/assert.ts"
import type { Message } from "../core/zyzzyva/message.ts"
import type { Config } from "../core/zyzzyva/state.ts"
import { requestOf } from "./hostile.ts"
import { type Cluster, idOf, type Say } from "./scenario.ts"

/** `config` is that of the replica that says it: it signs as itself. */
export const zyzzyvaMessageOf = (
  { cluster, config }: { readonly cluster: Cluster; readonly config: Config },
  { from, message }: Say,
): Message => {
  const replica = idOf(from)
  switch (message._tag) {
    case "Request":
      return { _tag: "Request", ...requestOf(cluster, message) }
    case "Accusation": {
      const content = { _tag: "Accusation" as const, view: message.view, replica }
      return { ...content, signature: config.sign(content) }
    }
    case "Checkpoint": {
      const { seq, digest } = message
      const content = { _tag: "Checkpoint" as const, view: 0, seq, digest, replica }
      return { ...content, signature: config.sign(content) }
    }
    default:
      assert(false, "reading a scenario of Zyzzyva refuses messages of PBFT")
  }
}
