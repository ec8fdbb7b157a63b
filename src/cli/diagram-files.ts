/** `--svg` and `--mermaid`: diagrams as files. */
import { writeFileSync } from "node:fs"
import { Console, Effect, Option } from "effect"
import { Flag } from "effect/cli"
import { type Diagram, mermaidOf, svgOf } from "./diagram.ts"
import { ExitCode, Refused } from "./ended.ts"

const fileFlag = (name: string, description: string) =>
  Flag.File(name, { mustExist: false }).pipe(Flag.withDescription(description), Flag.optional)

/** The flags, for a command that draws `what`. */
export const diagramFlags = (what: string) => ({
  svg: fileFlag("svg", `Draw ${what} to this file as SVG`),
  mermaid: fileFlag("mermaid", `Draw ${what} to this file as a sequence diagram of Mermaid`),
})

export interface DiagramFiles {
  readonly svg: Option.Option<string>
  readonly mermaid: Option.Option<string>
}

export const isDrawn = ({ svg, mermaid }: DiagramFiles): boolean =>
  Option.isSome(svg) || Option.isSome(mermaid)

/** Writes `text` to the file, which may be there already. */
export const writeText = (path: string, text: string): Effect.Effect<void, Refused> =>
  Effect.try({
    try: () => writeFileSync(path, text),
    catch: (cause) => {
      const why = `${path} cannot be written: ${String(cause)}`
      return new Refused({ code: ExitCode.BadInput, text: why })
    },
  })

/** Writes the files that were asked for; without a diagram it says that there is `nothing`. */
export const writeDiagrams = Effect.fn("writeDiagrams")(function* (
  files: DiagramFiles,
  diagram: Diagram | undefined,
  nothing: string,
) {
  for (const [path, draw] of [
    [files.svg, svgOf],
    [files.mermaid, mermaidOf],
  ] as const) {
    if (Option.isNone(path)) continue
    if (diagram === undefined) yield* Console.error(`${nothing}: ${path.value} is not written`)
    else yield* writeText(path.value, draw(diagram))
  }
})
