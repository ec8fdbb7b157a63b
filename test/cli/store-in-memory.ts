/** A key-value store in this process: what the front end is tested with. */
import type { KeyValueStore } from "../../src/cli/http-front.ts"

/** `before` runs before each operation and may reject in its stead. */
export const storeInMemory = (
  before: (key: string) => Promise<void> = async () => undefined,
): KeyValueStore => {
  const values = new Map<string, Uint8Array>()
  return {
    get: async (key) => before(key).then(() => values.get(key)),
    put: async (key, value) => before(key).then(() => void values.set(key, value)),
    remove: async (key) => before(key).then(() => values.delete(key)),
  }
}
