/** Words of TLC's .cfg files, as the generated ones have them. */

export const setOf = (items: ReadonlyArray<string | number>): string => `{${items.join(", ")}}`

/** 0 .. n - 1. */
export const below = (n: number): string => setOf(Array.from({ length: n }, (_, k) => k))

export const truth = (is: boolean): string => (is ? "TRUE" : "FALSE")

/** The invariants of a model, with the hooks that record its graph. */
export const checkedByTlc = (spec: {
  readonly byTlc: string
  readonly invariants: ReadonlyArray<string>
}): ReadonlyArray<string> =>
  spec.byTlc === "all" ? [...spec.invariants, "GraphRecorded", "Witnesses"] : ["GraphRecorded"]

/** The same without the hooks: what `prophecy tlc` checks of a module by itself. */
export const withoutHooks = (cfg: string): string =>
  cfg.replace("SPECIFICATION MCSpec", "SPECIFICATION Spec").replace(" GraphRecorded Witnesses", "")
