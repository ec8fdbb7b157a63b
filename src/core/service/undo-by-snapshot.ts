import { assert } from "../assert.ts"
import type { Bytes } from "../ids.ts"
import type { Service } from "./service.ts"

/**
 * A service that takes back operations by going back to snapshots of its whole state: right for any
 * service, and cheap for small ones only. With `undoable` 0 it costs nothing.
 */
export const undoBySnapshot = (service: Omit<Service, "undo">, undoable: number): Service => {
  /** The states before the last operations. */
  const before: Array<Bytes> = []
  return {
    ...service,
    execute: (operation) => {
      if (undoable > 0 && !service.isRead(operation)) before.push(service.snapshot())
      if (before.length > undoable) before.shift()
      return service.execute(operation)
    },
    undo: (count) => {
      if (count === 0) return
      const from = before.length - count
      const state = from < 0 ? undefined : before.splice(from)[0]
      const restored = state !== undefined && service.restore(state)
      assert(restored, "what is taken back is remembered")
    },
    restore: (snapshot) => {
      const restored = service.restore(snapshot)
      if (restored) before.length = 0
      return restored
    },
  }
}
