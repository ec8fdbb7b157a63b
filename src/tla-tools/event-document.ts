/** An event of TLC for programs: plain JSON, `event` its kind, a state's values as ITF. */
import type { TlcEvent } from "./event.ts"
import { toItf } from "./itf.ts"

export const eventDocument = (event: TlcEvent): Readonly<Record<string, unknown>> => {
  const { _tag, ...fields } = event
  if (event._tag !== "State") return { event: _tag, ...fields }
  const { index, action, place } = event
  const variables = [...event.variables].map(([name, value]) => [name, toItf(value)] as const)
  return { event: _tag, index, action, place, variables: Object.fromEntries(variables) }
}
