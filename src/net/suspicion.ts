/**
 * Whether a replica whose view-change timer fired has reason to give up its view. The protocol is
 * safe whatever it does; but who leaves a view alone is lost to the others until they leave it too.
 *
 * It waits on while it hears fewer than a quorum: no view could start. And while 2f + 1 peers are
 * ahead of it, or take part in a view that it has not entered: it is the one that is late. Of these
 * f + 1 are correct, so f Byzantine ones cannot keep enough correct replicas from leaving a view
 * whose primary is silent: the f + 1 correct ones that are ahead of the others leave it, and the
 * others follow them.
 *
 * Nor does it give up its view while the state of a later checkpoint comes in, part by part
 * (runtime.ts): the primary has nothing to do with what it waits for, and there may be fewer than
 * 2f + 1 ahead of it that are connected. One correct replica has that state, so it ends; and who is
 * ahead of all fetches nothing.
 *
 * Outside the specification: whether a replica waits on when its timer fired. `Timeout` may happen
 * there, or not.
 */
import type { Group } from "../core/quorum.ts"
import type { Progress } from "./progress.ts"
import type { LoopState } from "./protocol.ts"

/** `told`: what each connected peer told last. */
export const maySuspect = <S extends LoopState>(
  { group, isActive }: { readonly group: Group; readonly isActive: (state: S) => boolean },
  state: S,
  told: ReadonlyArray<Progress>,
): boolean => {
  if (1 + told.length < group.quorum) return false
  const enough = 2 * group.f + 1
  const ahead = told.filter((p) => p.executed > state.executed).length
  const inside = told.filter((p) => p.active && p.view >= state.view).length
  return ahead < enough && (isActive(state) || inside < enough)
}
