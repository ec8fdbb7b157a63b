/** Guards of the sketcher, each taken away or weakened, and the check that must see it. */
import type { CodeMutant } from "./code-run.ts"

const sketcher = "src/core/prophecy/sketcher.ts"
const table = "src/core/prophecy/sketch-table.ts"
const toGroup = "src/core/prophecy/to-group.ts"
const laneClient = "src/core/prophecy/lane-client.ts"
const zyzzyvaLanes = "test/core/prophecy/zyzzyva-lanes.test.ts"
const tableTest = "test/core/prophecy/sketch-table.test.ts"
const sketcherTest = "test/core/prophecy/sketcher.test.ts"
const replicaTest = "test/core/prophecy/replica.test.ts"

const seenBy = (check: string, where: string) => ({ check, where })
const inModel = (model: string): string => `Prophecy/${model}`

/** A primary may ask the others for digests in a client's name. */
const digests: ReadonlyArray<CodeMutant> = ["pbft", "zyzzyva"].map((protocol) => ({
  name: `a lane before ${protocol} takes a digest for a result`,
  file: `src/core/${protocol}/client.ts`,
  find: "config.wholeOnly === true && m.digest === true",
  replace: "config.wholeOnly === undefined && m.digest === true",
  killedBy: seenBy("takes no digest for a result", "test/core/prophecy/unasked-digest.test.ts"),
}))

const sketches: ReadonlyArray<CodeMutant> = [
  {
    name: "a sketch is replaced by whatever comes last",
    file: table,
    find: "if (sketch.digest === noDigest || !isBefore(last, sketch.position)) return table",
    replace: "if (sketch.digest === noDigest || last === undefined) return table",
    killedBy: seenBy("Once", inModel("ReadsUnderWay")),
  },
  {
    name: "a dropped sketch leaves no floor",
    file: table,
    find: "floor: latest(floor, old.top),",
    replace: "floor,",
    killedBy: seenBy("takes no result from before what it dropped (I8)", tableTest),
  },
  {
    name: "the floor keeps a later answer out of a table that knows an older one",
    file: table,
    find: "const last = known === undefined ? table.floor : known.position",
    replace: "const last = latest(table.floor, known?.position ?? table.floor)",
    killedBy: seenBy(
      "replaces a sketch below the floor by a later one that is below it too",
      tableTest,
    ),
  },
  {
    name: "the table grows without a bound",
    file: table,
    find: "const fits = young.sketches.size < capacity ||",
    replace: "const fits = young.sketches.size >= 0 ||",
    killedBy: seenBy("TypeOK", inModel("Dropped")),
  },
  {
    name: "one replica's answer becomes a sketch",
    file: sketcher,
    find: "return { ...begin(config, { state, effects }, { ...call, position: nowhere }), action }",
    replace: `const sketch = { digest, position: { seq: 99, place: 0 } }
    const filled = { ...state, table: install(state.table, call.key, sketch, 9) }
    return { ...begin(config, { state: filled, effects }, { ...call, position: nowhere }), action }`,
    killedBy: seenBy("SketchesGenuine", inModel("AnyPageLie")),
  },
  {
    name: "the result of a write becomes a sketch",
    file: sketcher,
    find: `const isSketched = config.sketches && call.kind === "read"`,
    replace: "const isSketched = config.sketches",
    killedBy: seenBy("SketchesGenuine", inModel("Transition")),
  },
  {
    name: "proxied PBFT keeps sketches",
    file: sketcher,
    find: "const isSketched = config.sketches &&",
    replace: "const isSketched =",
    killedBy: seenBy("ReachFast is reached and must not be", inModel("Proxied")),
  },
]

const fastReads: ReadonlyArray<CodeMutant> = [
  {
    name: "a fast answer is not compared with the sketch",
    file: sketcher,
    find: "if (digest !== call.digest) {",
    replace: "if (digest === noDigest) {",
    killedBy: seenBy("Genuine", inModel("AnyPageLie")),
  },
  {
    name: "any replica may answer a fast read",
    file: sketcher,
    find: `if (call.replica !== message.replica) return ignore(state, "NotDrawn")`,
    replace: "",
    killedBy: seenBy("graph", inModel("AnyPageLie")),
  },
  {
    name: "a client with a session is told what is older than what it saw",
    file: sketcher,
    find: "!isBefore(known.position, input.after) &&",
    replace: "",
    killedBy: seenBy("SessionOK", inModel("Session")),
  },
  {
    name: "a client that wants a fresh read gets a fast one",
    file: sketcher,
    find: "!input.fresh &&",
    replace: "",
    killedBy: seenBy("ReachStale is reached and must not be", inModel("Fresh")),
  },
  {
    name: "a read that timed out keeps the position of its sketch",
    file: sketcher,
    find: "begin(config, draft, newCall(call))",
    replace: "begin(config, draft, call)",
    killedBy: seenBy("TypeOK", inModel("Silent")),
  },
  {
    name: "an answered call is not forgotten",
    file: sketcher,
    find: "return { state: withoutCall(state, id), effects: [...effects, respond], action }",
    replace: "return { state, effects: [...effects, respond], action }",
    killedBy: seenBy(
      "gives the client what the sketch says, from the position of the sketch",
      sketcherTest,
    ),
  },
]

const others: ReadonlyArray<CodeMutant> = [
  {
    name: "a replica with too many strikes is drawn",
    file: sketcher,
    find: "isDrawn(config, state, replica)\n  if (!isFast)",
    replace: "replica < config.group.n\n  if (!isFast)",
    killedBy: seenBy("graph", inModel("AnyPageLie")),
  },
  {
    name: "a replica that was ahead of the sketch gets a strike",
    file: sketcher,
    find: `call.kind === "read" && call.digest === digest`,
    replace: `call.kind === "read" && call.digest !== noDigest`,
    killedBy: seenBy("are not for a replica that was ahead of the sketch", sketcherTest),
  },
  {
    name: "a sketcher that comes back uses timestamps again",
    file: sketcher,
    find: "state: initSketcher({ ...config, firstTimestamp }),",
    replace: "state: initSketcher({ ...config, firstTimestamp: firstTimestamp * 0 }),",
    killedBy: seenBy("Once", inModel("Stops")),
  },
  {
    name: "a call is submitted where no lane is free",
    file: toGroup,
    find: "if (freeLane(draft.state) >= 0) return submit(config, draft, call)",
    replace: "return submit(config, draft, call)",
    killedBy: seenBy("a lane is free", inModel("Transition")),
  },
  {
    name: "the last call in the queue goes first",
    file: toGroup,
    find: "const [next, ...queue] = draft.state.queue",
    replace: "const [next, ...queue] = draft.state.queue.toReversed()",
    killedBy: seenBy(
      "waits when all lanes are taken, and goes on in order of arrival",
      sketcherTest,
    ),
  },
  {
    name: "a replica gives all results of a batch one position",
    file: "src/core/prophecy/replica.ts",
    find: "encodePlaced({ position: { seq, place }, result })",
    replace: "encodePlaced({ position: { seq, place: place * 0 }, result })",
    killedBy: seenBy("go to the clients with their sequence number and place", replicaTest),
  },
]

const lettingGo: ReadonlyArray<CodeMutant> = [
  {
    name: "a call that is given up keeps its lane",
    file: sketcher,
    find: "const freed = withLane(without, index, abandonIn(config, index, lane))",
    replace: "const freed = without",
    killedBy: seenBy("TypeOK", inModel("GivesUp")),
  },
  {
    name: "a call that is given up stays in the queue",
    file: sketcher,
    find: "const queue = state.queue.filter((waiting) => waiting !== id)",
    replace: "const queue = state.queue",
    killedBy: seenBy("a queued call is not answered", inModel("GivesUp")),
  },
  {
    name: "the lane of a call that was given up uses its timestamp again",
    file: "src/core/prophecy/lane.ts",
    find: "const { timestamp: firstTimestamp, views } = client",
    replace: "const { views } = client\n  const firstTimestamp = client.timestamp - 1",
    killedBy: seenBy(
      "frees the lane for the next call, with a timestamp that was never used",
      sketcherTest,
    ),
  },
  {
    name: "a sketcher takes f + 1 answers where 2f + 1 are needed",
    file: laneClient,
    find: "replyQuorum: config.replyQuorum",
    replace: "replyQuorum: config.group.f + 1",
    killedBy: seenBy("takes no fewer", sketcherTest),
  },
  {
    name: "a sketcher before Zyzzyva takes 2f + 1 answers for those of all",
    file: laneClient,
    find: "needs: needsOf(config.group),",
    replace: "needs: { ...needsOf(config.group), fast: config.group.quorum },",
    killedBy: seenBy(
      "tells nothing of what three answer: it shows their certificate to all",
      zyzzyvaLanes,
    ),
  },
  {
    name: "a sketcher before Zyzzyva takes 2f acknowledgements",
    file: laneClient,
    find: "needs: needsOf(config.group),",
    replace: "needs: { ...needsOf(config.group), commit: 2 * config.group.f },",
    killedBy: seenBy(
      "tells and sketches it when as many acknowledge the certificate, and not before",
      zyzzyvaLanes,
    ),
  },
  {
    name: "an acknowledgement is taken for a result that nobody gave",
    file: laneClient,
    find: '(client.certificate?.result ?? "") : ""',
    replace: '"" : ""',
    killedBy: seenBy(
      "tells and sketches it when as many acknowledge the certificate, and not before",
      zyzzyvaLanes,
    ),
  },
]

const chunks = "src/core/prophecy/chunks.ts"
const byChunks = (title: string) => seenBy(title, "test/core/prophecy/chunks.test.ts")
const inOrder =
  "is given out whole if it is what was sketched, and else up to the first other chunk"

const inChunks: ReadonlyArray<CodeMutant> = [
  {
    name: "a chunk is given out without being verified",
    file: chunks,
    find: "chunk.digest === expected && ",
    replace: "",
    killedBy: byChunks(inOrder),
  },
  {
    name: "any chunk of the sketched result is given out next",
    file: chunks,
    find: "const expected = digest.slice(next * digestLength, (next + 1) * digestLength)",
    replace: "const expected = digest.includes(chunk.digest) ? chunk.digest : digest",
    killedBy: byChunks("that is cut, goes on too long or comes in another order is not complete"),
  },
  {
    name: "a result that ends early is complete",
    file: chunks,
    find: "&& chunk.isLast === isLast &&",
    replace: "&&",
    killedBy: byChunks("that is cut, goes on too long or comes in another order is not complete"),
  },
  {
    name: "a result without an end is taken for one that was not begun",
    file: chunks,
    find: 'verdict: next === 0 ? "other" : "broken"',
    replace: 'verdict: "other"',
    killedBy: byChunks(inOrder),
  },
]

const dClient = "src/core/prophecy/d-client.ts"
const dClientTest = "test/core/prophecy/d-client.test.ts"

const distributed: ReadonlyArray<CodeMutant> = [
  {
    name: "D-Prophecy: sketches with one digest count as one",
    file: dClient,
    find: "one.position.seq === other.position.seq &&",
    replace: "",
    killedBy: seenBy("counts sketches with one digest from several positions apart", dClientTest),
  },
  {
    name: "D-Prophecy: f + 1 answers to what is ordered",
    file: dClient,
    find: "replyQuorum: 2 * config.group.f + 1",
    replace: "replyQuorum: config.group.f + 1",
    killedBy: seenBy("is ordered, and takes 2f + 1 equal answers", dClientTest),
  },
  {
    name: "D-Prophecy: clients see sketches of one digest taken for one",
    file: dClient,
    find: "one.position.seq === other.position.seq &&",
    replace: "",
    killedBy: seenBy("IsDelayOnce", "RefineDProphecy/LaggingExecutor"),
  },
  {
    name: "D-Prophecy: clients see the executor counted by its result",
    file: dClient,
    find: "call.sketches.filter((stated) => isSame(stated, sketch)).length",
    replace:
      "call.sketches.filter((s, r) => (r === call.executor && call.result !== undefined ? call.result.digest === sketch.digest : isSame(s, sketch))).length",
    killedBy: seenBy("IsDelayOnce", "RefineDProphecy/LaggingExecutor"),
  },
  {
    name: "D-Prophecy: any replica may give the result",
    file: dClient,
    find: "m.replica === call.executor && m.result",
    replace: "m.result",
    killedBy: seenBy("takes a result from the executor alone", dClientTest),
  },
  {
    name: "D-Prophecy: a replica that comes back states sketches at once",
    file: "src/core/prophecy/d-replica.ts",
    find: "silentBelow: lastPrepared(pbft)",
    replace: "silentBelow: 0",
    killedBy: seenBy(
      "states nothing after a restart, until what it may have executed is executed again",
      "test/core/prophecy/d-replica.test.ts",
    ),
  },
  {
    name: "D-Prophecy: a state that is fetched leaves sketches from before it",
    file: "src/core/prophecy/d-replica.ts",
    find: 'if (effects.some(({ _tag }) => _tag === "Restore")) {',
    replace: "if (effects.length < 0) {",
    killedBy: seenBy(
      "states nothing from before a state that it fetched: others executed what came between",
      "test/core/prophecy/d-replica.test.ts",
    ),
  },
]

export const sketcherMutants: ReadonlyArray<CodeMutant> = [
  ...digests,
  ...sketches,
  ...fastReads,
  ...others,
  ...lettingGo,
  ...inChunks,
  ...distributed,
]
