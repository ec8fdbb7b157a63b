/** `prophecy doctor`: what this machine lacks for the main job, and the fix for each. */
import { Console, Effect } from "effect"
import { Command, Flag } from "effect/cli"
import { Ended, ExitCode } from "./ended.ts"
import { examine, type Finding } from "./examination.ts"

const mark = { ok: "ok     ", warning: "warning", missing: "missing" } as const

const asText = (findings: ReadonlyArray<Finding>): string => {
  const width = Math.max(...findings.map((finding) => finding.name.length))
  const lines = findings.flatMap((finding) => {
    const line = `${mark[finding.status]}  ${finding.name.padEnd(width)}  ${finding.found}`
    return finding.fix === undefined ? [line] : [line, `         fix: ${finding.fix}`]
  })
  const missing = findings.filter((finding) => finding.status === "missing").length
  const verdict =
    missing === 0 ? "Everything is in place." : `${missing} of ${findings.length} are missing.`
  return [...lines, verdict].join("\n")
}

const flags = {
  json: Flag.Boolean("json").pipe(
    Flag.withDescription("Print one JSON document (schema prophecy-doctor/1) instead of text"),
    Flag.withDefault(false),
  ),
}

export const doctorCommand = Command.make(
  "doctor",
  flags,
  Effect.fn("doctor")(function* (given) {
    const findings = yield* examine(process.env)
    const ok = findings.every((finding) => finding.status !== "missing")
    yield* Console.log(
      given.json
        ? JSON.stringify({ schema: "prophecy-doctor/1", ok, findings }, undefined, 2)
        : asText(findings),
    )
    if (!ok) return yield* new Ended({ code: ExitCode.BadInput })
  }),
).pipe(
  Command.withDescription(
    "Say what this machine lacks, and the fix for each: Node, Java, the TLA+ tools, ports, disk. Exit codes: 0 everything is in place, 2 something is missing.",
  ),
  Command.withExamples([
    { command: "prophecy doctor", description: "look at this machine" },
    { command: "prophecy doctor --json", description: "the same for a program" },
  ]),
)
