/** Java and the TLA+ tools, found once and verified. */
import { Context, Effect, Layer } from "effect"
import { findJar } from "./jar.ts"
import { findJava, type Java } from "./java.ts"
import type { Environment } from "./subprocess.ts"

export interface ToolchainShape {
  readonly java: Java
  /** Path of the verified jar. */
  readonly jar: string
  /** What child processes inherit, and where overrides are cached. */
  readonly environment: Environment
}

/** Finds both under an environment; fails with an error that says what to do. */
export const findToolchain = Effect.fn("findToolchain")(function* (environment: Environment) {
  const java = yield* findJava(environment)
  const jar = yield* findJar(environment)
  const toolchain: ToolchainShape = { java, jar, environment }
  return toolchain
})

export class Toolchain extends Context.Service<Toolchain, ToolchainShape>()(
  "prophecy/tla-tools/Toolchain",
) {
  /** From the environment of this process; fetches the jar when it is nowhere. */
  static readonly layer = Layer.effect(
    Toolchain,
    Effect.suspend(() => findToolchain(process.env)),
  )
}
