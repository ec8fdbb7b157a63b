/** The command line of a benchmark: its values, or where it is wrong its usage and exit code 2. */
import { type ParseArgsConfig, parseArgs } from "node:util"

type Options = NonNullable<ParseArgsConfig["options"]>

/** `options` has `help`, which prints the usage and ends. */
export const readArguments = <
  const O extends Options & { readonly help: { readonly type: "boolean" } },
>(
  usage: string,
  options: O,
  { positionals: allowPositionals = false } = {},
) => {
  const refuse = (what: string): never => {
    process.stderr.write(`bench: ${what}\n${usage}\n`)
    process.exit(2)
  }
  const parsed = () => {
    try {
      return parseArgs<{ options: O; allowPositionals: boolean }>({ options, allowPositionals })
    } catch (cause) {
      return refuse(cause instanceof Error ? cause.message : String(cause))
    }
  }
  const { values: given, positionals } = parsed()
  const { help } = given as { readonly help?: boolean }
  if (help === true) {
    process.stdout.write(`${usage}\n`)
    process.exit(0)
  }
  /** The whole number that a flag says. */
  const whole = (name: string, text: string, from = 1, to = Number.MAX_SAFE_INTEGER): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
    if (value >= from && value <= to) return value
    const most = to === Number.MAX_SAFE_INTEGER ? "" : ` to ${to}`
    return refuse(`--${name} ${text}: a whole number from ${from}${most}`)
  }
  return { given, positionals, refuse, whole }
}
