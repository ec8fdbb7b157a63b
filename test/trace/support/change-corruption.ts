/** Corrupted copies of a run that changes its view, and where each must be found. */
import {
  type Corruption,
  edited,
  type Files,
  input,
  isIgnored,
  type Json,
  linesOf,
  placeOf,
  renumbered,
  withField,
} from "./corruption.ts"

type Path = ReadonlyArray<string | number>

/** The first line with an input of a type that did something, in any replica's file but `but`. */
const find = (
  files: Files,
  action: string,
  accept: (line: Json) => boolean = () => true,
): { readonly file: string; readonly place: number } => {
  for (const file of files.keys()) {
    const place = linesOf(files, file).findIndex((text) => {
      const line = JSON.parse(text) as Json
      return line["action"] === action && accept(line)
    })
    if (place >= 0) return { file, place }
  }
  throw new Error(`the run has no such ${action}`)
}

const has = (key: string) => (line: Json) =>
  (input(line)[key] as ReadonlyArray<unknown> | undefined)?.length !== 0

const changed = (
  files: Files,
  at: { readonly file: string; readonly place: number },
  path: Path,
  value: unknown,
) =>
  edited(files, at.file, (lines) => {
    lines[at.place] = withField(lines[at.place] as string, path, value)
  })

const other = "0".repeat(64)

// What the replica says of itself: the model knows better.
const flippedInOwnP = (files: Files): Corruption => {
  const at = find(files, "Timeout", ({ post }) => "pset" in (post as Json))
  const path = ["post", "pset", 0, "view"]
  return {
    name: "flipped field in P",
    files: changed(files, at, path, 1),
    expected: {
      rule: "Replay",
      file: at.file,
      line: at.place + 1,
      field: "post.pset[0].view",
      expected: "0",
      found: "1",
    },
  }
}

// What the replica says that another one said: the model cannot know, the other one's trace does.
const flippedInReceivedP = (files: Files): Corruption => {
  const at = find(files, "RecvViewChange", has("prepared"))
  return {
    name: "flipped field in a received P",
    files: changed(files, at, ["in", "prepared", 0, "digest"], other),
    expected: { rule: "NotSent", file: at.file, line: at.place + 1, field: "in" },
  }
}

const otherChoice = (files: Files): Corruption => {
  const at = find(files, "RecvNewView", has("chosen"))
  return {
    name: "NEW-VIEW with another choice",
    files: changed(files, at, ["in", "chosen", 0, "digest"], other),
    expected: { rule: "Replay", file: at.file, line: at.place + 1, field: "post.view" },
  }
}

const otherDecision = (files: Files): Corruption => {
  const at = find(files, "SendNewView", has("chosen"))
  return {
    name: "a decision that the VIEW-CHANGEs do not allow",
    files: changed(files, at, ["in", "chosen", 0, "digest"], other),
    expected: {
      rule: "Replay",
      file: at.file,
      line: at.place + 1,
      field: "action",
      expected: '"Ignore:UnjustifiedDecision"',
      found: '"SendNewView"',
    },
  }
}

// The primary of the new view still may decide, but its NEW-VIEW is not the one that was received.
const lostViewChange = (files: Files): Corruption => {
  const decided = find(files, "SendNewView")
  const received = find(files, "RecvNewView")
  const lines = linesOf(files, decided.file)
  const place = lines
    .slice(0, decided.place)
    .findLastIndex((text) => (JSON.parse(text) as Json)["action"] === "RecvViewChange")
  return {
    name: "lost VIEW-CHANGE",
    files: edited(files, decided.file, (all) => {
      all.splice(place, 1)
      renumbered(all)
    }),
    expected: { rule: "NotSent", file: received.file, line: received.place + 1, field: "in" },
  }
}

// One that its receiver ignores: the replay alone cannot see that nobody sent it.
const forgedNewView = (files: Files): Corruption => {
  const at = find(files, "RecvNewView", has("chosen"))
  const text = linesOf(files, at.file)[at.place] as string
  const data = JSON.parse(text) as Json
  const forged = { ...data, action: "Ignore:HasNewView", post: {} }
  return {
    name: "forged NEW-VIEW",
    files: edited(files, at.file, (lines) => {
      const line = withField(JSON.stringify(forged), ["in", "chosen"], [])
      lines.splice(at.place + 1, 0, line)
      renumbered(lines)
    }),
    expected: { rule: "NotSent", file: at.file, line: at.place + 2, field: "in" },
  }
}

const forgedFetch = (files: Files): Corruption => {
  const at = find(files, "RecvFetchBatch")
  const path = ["in", "replica"]
  const text = linesOf(files, at.file)[at.place] as string
  const from = input(JSON.parse(text) as Json)["replica"] as number
  const own = Number(/\d+/.exec(at.file)?.[0])
  const liar = [0, 1, 2, 3].find((r) => r !== from && r !== own)
  return {
    name: "a batch fetched by somebody else",
    files: changed(files, at, path, liar),
    expected: { rule: "NotSent", file: at.file, line: at.place + 1, field: "in" },
  }
}

const forgedBatch = (files: Files): Corruption => {
  const file = "replica-2.ndjson"
  const place = placeOf(files, file, (line) => isIgnored(line) && input(line)["type"] === "Batch")
  return {
    name: "a batch that nobody gave",
    files: changed(files, { file, place }, ["in", "batch", 0, "operation"], "delete everything"),
    expected: { rule: "Replay", file, line: place + 1, field: "action" },
  }
}

const lateTimer = (files: Files): Corruption => {
  const at = find(files, "Timeout")
  return {
    name: "the timer of another view",
    files: changed(files, at, ["in", "view"], 7),
    expected: {
      rule: "Replay",
      file: at.file,
      line: at.place + 1,
      field: "action",
      expected: '"Ignore:OldTimer"',
    },
  }
}

/** Kinds that only a view change has. */
export const changeCorruptions = (files: Files): ReadonlyArray<Corruption> => [
  flippedInOwnP(files),
  flippedInReceivedP(files),
  otherChoice(files),
  otherDecision(files),
  lostViewChange(files),
  forgedNewView(files),
  forgedFetch(files),
  forgedBatch(files),
  lateTimer(files),
]
