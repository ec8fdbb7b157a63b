import { execFileSync, spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { launcher, run } from "./command.ts"

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"))
const commands = ["start", "init", "replica", "check", "replay", "explain", "tlc", "doctor"]
const escape = "\u001b"

describe("help", () => {
  it("goes to standard output with exit code 0, for no arguments as well", async () => {
    const asked = await run(["--help"])
    expect([asked.code, asked.stderr]).toEqual([0, ""])
    for (const name of commands) {
      expect(asked.stdout).toMatch(new RegExp(`^  ${name} +\\w`, "m"))
    }
    expect(asked.stdout).not.toContain("replica-child")
    expect(await run([])).toEqual(asked)
  })

  it.each(commands)("of %s has its flags, exit codes and an example", async (name) => {
    const { code, stdout, stderr } = await run([name, "--help"])
    expect([code, stderr]).toEqual([0, ""])
    expect(stdout).toMatch(/exit codes?/i)
    expect(stdout).toContain("EXAMPLES")
    expect(stdout).toContain(`prophecy ${name}`)
  })

  it("is also what `help` and its subcommand ask for", async () => {
    expect(await run(["help", "doctor"])).toEqual(await run(["doctor", "--help"]))
  })

  it("has colours only where they are wanted", async () => {
    const plain = { ...process.env, FORCE_COLOR: undefined, NO_COLOR: undefined, TERM: "xterm" }
    expect((await run(["--help"], { env: plain })).stdout).not.toContain(escape)
    const forced = { ...plain, FORCE_COLOR: "1" }
    expect((await run(["--help"], { env: forced })).stdout).toContain(escape)
    const both = { ...forced, NO_COLOR: "1" }
    expect((await run(["--help"], { env: both })).stdout).not.toContain(escape)
    const dumb = { ...forced, TERM: "dumb" }
    expect((await run(["--help"], { env: dumb })).stdout).not.toContain(escape)
  })
})

describe("a wrong command line", () => {
  it.each([
    [["strat"], /Unknown subcommand "strat"[^]*start/],
    [["doctor", "--jsno"], /--jsno[^]*--json/],
    [["doctor", "stray"], /stray/],
    [["init", "--replicas", "5"], /3f \+ 1 replicas/],
    [["init", "--port", "x"], /port/],
    [["replica", "--id", "0"], /config/],
    [["tlc"], /spec/],
    [["tlc", "/tmp"], /"\/tmp"\. \/tmp is not a file$/m],
    [["origin", "apache", "--root", "/nowhere"], /"\/nowhere"\. \/nowhere does not exist$/m],
  ])("%j is told on standard error with exit code 2", async (args, expected) => {
    const { code, stdout, stderr } = await run(args)
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toMatch(expected)
    expect(stderr).toMatch(/^prophecy: /)
    expect(stderr).toMatch(/Try: prophecy.* --help/)
    expect(stderr).not.toMatch(/^ {4}at /m)
  })
})

describe("the rest of the manners", () => {
  it("prints the package's version and nothing else", async () => {
    expect(await run(["--version"])).toEqual({
      code: 0,
      stdout: `${manifest.version}\n`,
      stderr: "",
    })
  })

  it("makes completions that know the subcommands' flags", async () => {
    const { code, stdout, stderr } = await run(["--completions", "bash"])
    expect([code, stderr]).toEqual([0, ""])
    for (const word of ["doctor", "--separate-secrets", "--stop-after", "complete "]) {
      expect(stdout).toContain(word)
    }
    expect(stdout).not.toContain("replica-child")
  })

  it("takes a reader that has read enough for no error", () => {
    const piped = '("$0" "$1" --completions zsh; echo "code $?" >&2) | head -1'
    const head = execFileSync("sh", ["-c", `(${piped}) 2>&1`, process.execPath, launcher], {
      encoding: "utf8",
    })
    expect(head).toMatch(/code 0/)
    expect(head).not.toMatch(/EPIPE|Error/)
  })

  it("does not end well when its output is lost", () => {
    const script = '"$0" "$1" --version >/dev/full'
    const { status, stderr } = spawnSync("sh", ["-c", script, process.execPath, launcher])
    expect(status).toBe(70)
    expect(stderr.toString()).toMatch(/^prophecy: standard output cannot be written: .*ENOSPC/)
  })
})
