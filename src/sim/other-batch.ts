/** What an equivocating primary of any protocol orders in place of what its clients asked for. */
import { operationBytes } from "./operation.ts"
import type { Behaviour } from "./scenario.ts"

export type Story = Extract<Behaviour, { readonly _tag: "Equivocate" }>["story"]

interface Batches<R> {
  readonly batch: ReadonlyArray<R>
  /** One that it ordered before; maybe none. */
  readonly earlier: ReadonlyArray<R>
  readonly maxBatch: number
}

/** Another batch with authentic requests, or one of which a request is invented; maybe none. */
export const otherBatch = <R extends object>(
  story: Story,
  { batch, earlier, maxBatch }: Batches<R>,
): ReadonlyArray<R> => {
  switch (story) {
    case "invented":
      return batch.map((r, k) => (k === 0 ? { ...r, operation: operationBytes("get k9") } : r))
    case "old":
      return earlier
    case "reordered":
      if (batch.length > 1) return batch.toReversed()
      return maxBatch > 1 ? [...batch, ...batch] : earlier
  }
}
