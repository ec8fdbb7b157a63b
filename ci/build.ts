/**
 * Makes what is published: `dist/prophecy.js` (the bundle that the command starts from) and,
 * with `--library`, `dist/src` (compiled modules and their types).
 */
import { execFileSync } from "node:child_process"
import { existsSync, rmSync } from "node:fs"
import { build } from "rolldown"

if (existsSync("src/cli/main.ts")) {
  await build({
    input: { prophecy: "src/cli/main.ts" },
    platform: "node",
    logLevel: "warn",
    output: {
      dir: "dist",
      format: "esm",
      chunkFileNames: "prophecy-[name].js",
      sourcemap: "hidden",
    },
  })
}

if (process.argv.includes("--library")) {
  rmSync("dist/src", { recursive: true, force: true })
  execFileSync("tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" })
}
