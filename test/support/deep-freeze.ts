/**
 * Freezes a value and all that it holds, so that a write throws. What is frozen already is taken
 * to be frozen to the bottom: states share most of their parts with their predecessors.
 */
export const deepFreeze = <A>(value: A): A => {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const part of Object.values(value)) deepFreeze(part)
  return value
}
