/** Mutants of how replicas ask their origins: questions, their connections and their order. */
import type { NetMutant } from "./net-run.ts"

const originAnswers = "src/net/origin-answers.ts"
const byOrigin = (check: string) => ({ check, where: "test/net/origin-answers.test.ts" })
const connections = "src/web/origin-connections.ts"
const byConnections = (check: string) => ({ check, where: "test/web/origin-connections.test.ts" })
const question = "src/web/origin-question.ts"
const byQuestion = (check: string) => ({ check, where: "test/web/origin-question.test.ts" })
const behindSlow = "puts nothing behind a question that takes long, and again what is behind it"

export const originMutants: ReadonlyArray<NetMutant> = [
  {
    name: "a question to an origin that failed keeps its place",
    file: question,
    find: "    this.#over()\n",
    replace: "    if (!(said instanceof Error)) this.#over()\n",
    killedBy: {
      check: "that failed many times answers again, 8 questions a connection",
      where: "test/web/origin.test.ts",
    },
  },
  {
    name: "each question to an origin has a connection of its own",
    file: connections,
    find: "underWay.length < fewer",
    replace: "underWay.length < 1",
    killedBy: byConnections(
      "fills a connection before it opens another, and puts the rest in their order",
    ),
  },
  {
    name: "a question that is over as soon as it is put has the next one put inside it",
    file: connections,
    find: "    this.#isServing = true\n",
    replace: "",
    killedBy: byConnections(
      "goes on when questions are over as soon as they are put, however many",
    ),
  },
  {
    name: "questions to an origin leave one by one",
    file: "src/web/origin.ts",
    find: "      if (result[0] === null) corkWrites(result[1])\n",
    replace: "",
    killedBy: {
      check: "questions on a connection that was idle leave in one write",
      where: "test/web/corked-sockets.test.ts",
    },
  },
  {
    name: "a question to the origin does not wait for the one before it",
    file: originAnswers,
    find: "if (!questions.isUnderWay) queueMicrotask",
    replace: "queueMicrotask",
    killedBy: byOrigin("to one request are in the order of the group: the next question waits"),
  },
  {
    name: "what the origin did not say has a position",
    file: originAnswers,
    find: "isOrigins ? encodePlaced({ position: { seq, place }, result: response }) : response,",
    replace:
      "isOrigins === undefined ? response : encodePlaced({ position: { seq, place }, result: response }),",
    killedBy: byOrigin(
      "that the origin did not give have no position: nobody keeps a sketch of them",
    ),
  },
  {
    name: "a replica that starts again asks its origin for what it has answered before",
    file: originAnswers,
    find: "if (seq <= this.#answeredTo) return",
    replace: "if (seq < 0) return",
    killedBy: byOrigin(
      "are not asked for again by a replica that may have given another one before",
    ),
  },
  {
    name: "questions are put behind one that takes long",
    file: connections,
    find: "    place.isSlow = true\n",
    replace: "",
    killedBy: byConnections(behindSlow),
  },
  {
    name: "what is behind a question that takes long waits as long",
    file: connections,
    find: "      this.#again.push(asked)\n",
    replace: "",
    killedBy: {
      check: "that is slow with one page is not with those that were asked together with it",
      where: "test/web/origin.test.ts",
    },
  },
  {
    name: "what is put again is put behind others",
    file: connections,
    find: "const place = this.#place(1)",
    replace: "const place = this.#place(this.#options.pipelining)",
    killedBy: byConnections(behindSlow),
  },
  {
    name: "a question is put again more than once",
    file: connections,
    find: "      if (asked.isAgain) continue\n",
    replace: "",
    killedBy: byConnections(behindSlow),
  },
  {
    name: "a connection that was slow once is not used again",
    file: connections,
    find: "      place.isSlow = false\n",
    replace: "",
    killedBy: byConnections(behindSlow),
  },
  {
    name: "patience with the first question begins before it is the first",
    file: connections,
    find: "      place.clock.refresh()\n    }\n",
    replace: "    }\n",
    killedBy: byConnections("is patient with each first question from when it is the first"),
  },
  {
    name: "a question that is over is put again all the same",
    file: connections,
    find: "    if (waits >= 0) this.#again.splice(waits, 1)\n",
    replace: "",
    killedBy: byConnections(
      "puts a question again when a connection is free, unless it is over before",
    ),
  },
  {
    name: "half an answer stays when its question is put anew",
    file: question,
    find: "    this.#chunks = []\n",
    replace: "",
    killedBy: byQuestion("put anew after half an answer, has none of that half in its answer"),
  },
  {
    name: "the length of half an answer counts when its question is put anew",
    file: question,
    find: "    this.#length = 0\n    this.#controller",
    replace: "    this.#controller",
    killedBy: byQuestion("put anew after half an answer, may be as long as any"),
  },
  {
    name: "a question that was put twice fails with the first of the two",
    file: question,
    find: "    if (this.#underWay.length === 0 || !(said instanceof Error)) this.#give(said)\n",
    replace: "    this.#give(said)\n",
    killedBy: byQuestion("put twice, fails by the error of the last that is under way"),
  },
  {
    name: "an answered question holds the other connection for as long as its origin likes",
    file: question,
    find: "if (this.#isOver && this.#underWay.length === 0) clearTimeout",
    replace: "if (this.#isOver) clearTimeout",
    killedBy: byQuestion(
      "gives a connection up on which no answer comes, answered elsewhere or not",
    ),
  },
]
