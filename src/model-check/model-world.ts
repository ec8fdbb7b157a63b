import type { World } from "./explore.ts"
import { Judge } from "./judge.ts"
import type { Model } from "./model.ts"
import { Space } from "./space.ts"

/** A model of processes and messages, ready to be explored. */
export const modelWorld = (model: Model): World => {
  const space = new Space(model)
  return { space, judge: new Judge(space) }
}
