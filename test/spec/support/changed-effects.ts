/** Recorded steps whose effects are others than what the step did. */
interface Effect {
  readonly _tag: string
}
interface Stepped {
  readonly step: { readonly effects: ReadonlyArray<Effect> }
}

/** Whether a step has such an effect. */
export const hasEffect =
  (tag: string) =>
  ({ step }: Stepped): boolean =>
    step.effects.some(({ _tag }) => _tag === tag)

const withEffects = <E extends Stepped>(event: E, effects: ReadonlyArray<Effect>): E => ({
  ...event,
  step: { ...event.step, effects },
})

/** It asked for another operation. */
export const asksForAnother = <E extends Stepped>(event: E): E =>
  withEffects(
    event,
    event.step.effects.map((effect) =>
      effect._tag === "SendToReplicas" && "message" in effect
        ? { ...effect, message: { ...(effect.message as object), operation: "another" } }
        : effect,
    ),
  )

/** It told nobody. */
export const tellsNobody = <E extends Stepped>(event: E): E =>
  withEffects(
    event,
    event.step.effects.filter(({ _tag }) => _tag !== "Respond"),
  )
