/**
 * `prophecy`: the table of subcommands. Only the one that was asked for is loaded, so that help
 * and usage errors come at once.
 */
import { Effect } from "effect"
import { Command } from "effect/cli"
import { version } from "./installation.ts"
import { runMain } from "./run-main.ts"

interface Entry {
  readonly name: string
  /** One line for the overview; the subcommand's own help says more. */
  readonly summary: string
  /** For programs, not for people. */
  readonly unlisted?: true
  readonly load: () => Promise<Command.Command.Any>
}

const entries: ReadonlyArray<Entry> = [
  {
    name: "start",
    summary: "Run a replicated photo album and check what it did against the specification",
    load: async () => (await import("./start.ts")).startCommand,
  },
  {
    name: "init",
    summary: "Write a cluster's configuration with fresh secrets",
    load: async () => (await import("./init.ts")).initCommand,
  },
  {
    name: "replica",
    summary: "Run one replica of a configured cluster in the foreground",
    load: async () => (await import("./replica.ts")).replicaCommand,
  },
  {
    name: "key-holder",
    summary: "Keep a replica's private key in a process of its own",
    load: async () => (await import("./key-holder.ts")).keyHolderCommand,
  },
  {
    name: "supervise",
    summary: "Run one replica, check its code and disk, and recover it now and then",
    load: async () => (await import("./supervise.ts")).superviseCommand,
  },
  {
    name: "replica-child",
    summary: "",
    unlisted: true,
    load: async () => (await import("./replica.ts")).replicaChildCommand,
  },
  {
    name: "sketcher",
    summary: "Serve HTTP before a group of replicas, with reads that one of them answers",
    load: async () => (await import("./sketcher.ts")).sketcherCommand,
  },
  {
    name: "front",
    summary: "Serve HTTP before several sketchers, each of which has its own pages",
    load: async () => (await import("./front.ts")).frontCommand,
  },
  {
    name: "d-client",
    summary: "Read and write over D-Prophecy: no proxy between this process and the replicas",
    load: async () => (await import("./d-client.ts")).dClientCommand,
  },
  {
    name: "origin",
    summary: "Run web servers that replicas ask: Apache, one for each",
    load: async () => (await import("./origin.ts")).originCommand,
  },
  {
    name: "check",
    summary: "Explore every state of a protocol's model with the real step",
    load: async () => (await import("./check.ts")).checkCommand,
  },
  {
    name: "replay",
    summary: "Check what the processes of a run recorded, against the model and by TLC",
    load: async () => (await import("./replay.ts")).replayCommand,
  },
  {
    name: "explain",
    summary: "Say which quorum a recorded run waits for, from whom and since when",
    load: async () => (await import("./explain.ts")).explainCommand,
  },
  {
    name: "check-history",
    summary: "Say whether what clients saw is linearizable or delay-once, and if not, why",
    load: async () => (await import("./check-history.ts")).checkHistoryCommand,
  },
  {
    name: "simulate",
    summary: "Run the real replicas in virtual time, under drawn faults, and check what they did",
    load: async () => (await import("./simulate.ts")).simulateCommand,
  },
  {
    name: "tlc",
    summary: "Check a TLA+ specification by TLC",
    load: async () => (await import("./tlc.ts")).tlcCommand,
  },
  {
    name: "doctor",
    summary: "Say what this machine lacks, and the fix for each",
    load: async () => (await import("./doctor.ts")).doctorCommand,
  },
]

/** Its name and summary: enough for the overview and for "did you mean". */
const placeholder = (entry: Entry): Command.Command.Any => {
  const command = Command.make(entry.name).pipe(Command.withDescription(entry.summary))
  return entry.unlisted ? Command.unlisted(command) : command
}

const isLoaded = (entry: Entry, words: ReadonlyArray<string>): boolean =>
  words.some((word) => word.startsWith("--completions")) ||
  words.find((word) => !word.startsWith("-")) === entry.name

/** `prophecy help start` is `prophecy start --help`. */
const spelledOut = (words: ReadonlyArray<string>): ReadonlyArray<string> =>
  words[0] === "help" ? [...words.slice(1), "--help"] : words

const prophecy = Effect.fn("prophecy")(function* (given: ReadonlyArray<string>) {
  const words = spelledOut(given)
  const subcommands = yield* Effect.promise(() =>
    Promise.all(
      entries.map(async (entry) =>
        isLoaded(entry, words) ? await entry.load() : placeholder(entry),
      ),
    ),
  )
  const root = Command.make("prophecy").pipe(
    Command.withDescription(
      "Byzantine fault-tolerant replication, with the running code checked against its specification.",
    ),
    Command.withSubcommands(subcommands),
  )
  // The table holds subcommands of any type; each of them asks for this environment at most.
  const run = Command.runWith(root, { version })(words)
  yield* run as Effect.Effect<void, unknown, Command.Environment>
})

runMain(prophecy(process.argv.slice(2)))
