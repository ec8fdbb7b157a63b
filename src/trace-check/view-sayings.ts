/**
 * What one replica said of views: its VIEW-CHANGEs and NEW-VIEWs, one of each a view when it is
 * correct. Bounded like everything that is remembered of a run: the newest views are kept, and a
 * question about an older one is answered with "forgotten".
 */
import type { View } from "../core/ids.ts"
import { newViewData, viewChangeData } from "../core/pbft/change-data.ts"
import type { NewView, ViewChange } from "../core/pbft/message.ts"
import type { Place } from "./finding.ts"
import type { Known } from "./sent.ts"

/** A VIEW-CHANGE or a NEW-VIEW; `content` is all of it but the signatures, as text. */
export interface ViewSaying {
  readonly type: "ViewChange" | "NewView"
  readonly view: View
  readonly content: string
  readonly place: Place
}

type Said = Omit<ViewSaying, "place">

const viewsKept = 8
/** Different messages of one kind for one view; a Byzantine replica may send any number. */
const storiesKept = 4

export class ViewSayings {
  readonly #byView = new Map<View, Array<ViewSaying>>()
  /** In this view and below, what is not found may have been said. */
  #forgotten: View = -1

  say(saying: ViewSaying): void {
    const said = this.#byView.get(saying.view)
    if (said !== undefined) {
      const stories = said.filter(({ type }) => type === saying.type)
      if (stories.length < storiesKept && this.find(saying) === undefined) said.push(saying)
      return
    }
    this.#byView.set(saying.view, [saying])
    if (this.#byView.size <= viewsKept) return
    const lowest = Math.min(...this.#byView.keys())
    this.#byView.delete(lowest)
    this.forget(lowest)
  }

  /** What was said of views up to `view` is not known completely any more. */
  forget(view: View): void {
    this.#forgotten = Math.max(this.#forgotten, view)
  }

  find({ type, view, content }: Said): ViewSaying | undefined {
    return this.#byView.get(view)?.find((s) => s.type === type && s.content === content)
  }

  /** A message of the same kind for the same view that says something else. */
  contradiction({ type, view, content }: Said): ViewSaying | undefined {
    return this.#byView.get(view)?.find((s) => s.type === type && s.content !== content)
  }

  knows(saying: Said): Known {
    if (this.find(saying) !== undefined) return "said"
    return saying.view <= this.#forgotten ? "forgotten" : "unsaid"
  }
}

export const viewSayingOf = (m: ViewChange | NewView): Said => ({
  type: m._tag,
  view: m.view,
  content: JSON.stringify(m._tag === "ViewChange" ? viewChangeData(m) : newViewData(m)),
})
