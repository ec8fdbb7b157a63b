/** The canonical text of a world of replicas and clients, whichever protocol they speak. */
import { func, record, set, type Text } from "./canonical.ts"

interface Shape {
  /** Correct replicas, then clients: in this order their parts come. */
  readonly correct: ReadonlyArray<number>
  readonly clients: ReadonlyArray<number>
  /** Each is a function of the correct replicas. */
  readonly variables: ReadonlyArray<string>
  /** Variables that are left out where every part has this text. */
  readonly leftOut?: Readonly<Record<string, Text>>
}

/** `parts`: of each process its variables; `sent`: the messages. */
export const worldText =
  ({ correct, clients, variables, leftOut = {} }: Shape) =>
  (parts: ReadonlyArray<Readonly<Record<string, Text>>>, sent: ReadonlyArray<Text>): Text => {
    const fields: Record<string, Text> = { msgs: set(sent) }
    for (const variable of variables) {
      const texts = correct.map((_, k) => parts[k]?.[variable] ?? "")
      if (variable in leftOut && texts.every((t) => t === leftOut[variable])) continue
      fields[variable] = func(correct, texts)
    }
    fields["client"] = func(
      clients,
      clients.map((_, k) => parts[correct.length + k]?.["client"] ?? ""),
    )
    return record(fields)
  }
