/** The folders of test whose files each have a thread of their own, as vitest.config.ts says. */
export const modelFolders = ["spec", "model", "tla-tools"]
export const processFolders = ["net", "cli", "bench", "crash", "histories"]

/** Whether the test file has a thread of its own. */
export const isIsolated = (path: string): boolean =>
  [...modelFolders, ...processFolders].some((folder) => path.includes(`/test/${folder}/`))
