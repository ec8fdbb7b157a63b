/** The command line of a benchmark: its values, or where it is wrong its usage and exit code 2. */
import { type ParseArgsConfig, parseArgs } from "node:util"

type Options = NonNullable<ParseArgsConfig["options"]>

/** `options` has `help`, which prints the usage and ends. */
export const readArguments = <
  const O extends Options & { readonly help: { readonly type: "boolean" } },
>(
  usage: string,
  options: O,
) => {
  const refuse = (what: string): never => {
    process.stderr.write(`bench: ${what}\n${usage}\n`)
    process.exit(2)
  }
  const parsed = () => {
    try {
      return parseArgs<{ options: O }>({ options }).values
    } catch (cause) {
      return refuse(cause instanceof Error ? cause.message : String(cause))
    }
  }
  const given = parsed()
  const { help } = given as { readonly help?: boolean }
  if (help === true) {
    process.stdout.write(`${usage}\n`)
    process.exit(0)
  }
  return { given, refuse }
}
