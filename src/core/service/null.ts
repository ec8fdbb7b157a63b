import type { Hash, Service } from "./service.ts"
import { leaf } from "./text-tree.ts"

/** Does nothing and answers nothing; its state is how often it was asked. For measurements. */
export const nullService = (hash: Hash): Service => {
  const state = { executed: 0 }
  const snapshot = (): string => `null ${state.executed}`
  return {
    execute: () => {
      state.executed += 1
      return ""
    },
    undo: (count) => {
      state.executed -= count
    },
    digest: () => leaf(hash, snapshot()).digest,
    isRead: () => false,
    snapshot,
    tree: () => leaf(hash, snapshot()),
    restore: (text) => {
      const executed = /^null (0|[1-9][0-9]{0,15})$/.exec(text)?.[1]
      if (executed === undefined || Number(executed) > Number.MAX_SAFE_INTEGER) return false
      state.executed = Number(executed)
      return true
    },
  }
}
