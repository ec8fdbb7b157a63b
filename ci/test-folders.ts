/** The folders of test whose files each have a thread of their own, as vitest.config.ts says. */
export const modelFolders = ["spec", "model", "tla-tools"]
export const processFolders = ["net", "cli", "bench", "crash", "histories"]

/**
 * Files of these folders that start nothing, wait for no clock and keep nothing in module state:
 * they share the threads of the quick ones. To load the code anew took most of their time.
 */
export const sharing: Readonly<Record<string, ReadonlyArray<string>>> = {
  cli: ["client-history", "fast-history", "register-check", "start-report", "trace-files"],
  model: [
    "canonical",
    "d-prophecy",
    "pbft",
    "prophecy",
    "violation-states",
    "zyzzyva",
    "zyzzyva-core",
  ],
  net: [
    "answer-watch",
    "authenticate",
    "called-in-vain",
    "catch-up",
    "cluster-config",
    "codec",
    "gate",
    "idle-log",
    "lagging",
    "lift",
    "misbehave",
    "once-a-turn",
    "origin-answers",
    "origin-config",
    "recovery-request",
    "recovery-turn",
    "rekeyed-loop",
    "runtime",
    "session",
    "store",
    "view-change",
    "zyzzyva-authenticate",
    "zyzzyva-codec",
    "zyzzyva-limits",
    "zyzzyva-states",
  ],
  spec: ["generated"],
  "tla-tools": ["configuration", "counterexample", "event", "value", "verdict"],
}

/** The test files of a folder that share no thread, as a pattern. */
export const isolatedIn = (folder: string): string => {
  const names = sharing[folder] ?? []
  return `test/${folder}/**/${names.length === 0 ? "*" : `!(${names.join("|")})`}.test.ts`
}

const isSharing = (folder: string, path: string): boolean =>
  (sharing[folder] ?? []).some((name) => path.endsWith(`/test/${folder}/${name}.test.ts`))

/** Whether the test file has a thread of its own. */
export const isIsolated = (path: string): boolean =>
  [...modelFolders, ...processFolders].some(
    (folder) => path.includes(`/test/${folder}/`) && !isSharing(folder, path),
  )
