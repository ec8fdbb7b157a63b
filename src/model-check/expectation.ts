import type { Exploration } from "./explore.ts"

/** What must come out of a model. */
export interface Expected {
  /** `holds`: no violation. Otherwise the invariant that must be violated. */
  readonly expect: "holds" | { readonly violates: string }
  /** Actions, witnesses and antecedents that must be reached. */
  readonly reaches: ReadonlyArray<string>
  readonly unreachable: ReadonlyArray<string>
  /** `bounded`: limits may stop it. */
  readonly size: string
}

/** Where an exploration is not what its model says must come out: one line each. */
export const unmet = (spec: Expected, found: Exploration): ReadonlyArray<string> => {
  const wrong: Array<string> = []
  const broken = found.violation?.property
  if (spec.expect === "holds") {
    if (broken !== undefined) wrong.push(`${broken} is violated: ${found.violation?.why}`)
    if (found.verdict === "bounded" && spec.size !== "bounded")
      wrong.push("a limit was reached before all states were seen")
  } else if (broken !== spec.expect.violates) {
    wrong.push(`${spec.expect.violates} must be violated, found: ${broken ?? "no violation"}`)
  }
  const reached = new Set([...found.taken.keys(), ...found.witnessed, ...found.antecedents])
  for (const name of spec.reaches) if (!reached.has(name)) wrong.push(`${name} is never reached`)
  for (const name of spec.unreachable) {
    if (reached.has(name)) wrong.push(`${name} is reached and must not be`)
  }
  return wrong
}
