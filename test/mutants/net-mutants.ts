/**
 * Mutants of the disk and of the order of disk and network. `crash run` stands for
 * test/crash/run.ts: processes that are killed, over disks that forget what was not synced; of
 * PBFT, and of Zyzzyva.
 */
import { changeKeyNetMutants } from "./change-key-mutants.ts"
import { frontMutants } from "./front-mutants.ts"
import { keyMutants } from "./key-mutants.ts"
import type { NetMutant } from "./net-run.ts"
import { originMutants } from "./origin-mutants.ts"
import { simMutants, traceMutants } from "./trace-mutants.ts"
import { witnessNetMutants } from "./zyzzyva-witness-mutants.ts"

const store = "test/net/store-crash.test.ts"
const atOnce = "loses power with it: it keeps what it promised"
const atNext = "loses power after its next start: what that start found is kept"

const gate = "test/net/gate.test.ts"
const whileWritten = "what comes without a record waits for the group that is being written"
const afterRecord = "what comes after a record waits for that record's group"

const byStates = (check: string) => ({ check, where: "test/net/zyzzyva-states.test.ts" })
const byWatch = (check: string) => ({ check, where: "test/net/answer-watch.test.ts" })

/** Builds that answer before what they promise is on disk: a group that is killed has lost it. */
const notDurable = (where: string, of: string): ReadonlyArray<NetMutant> => [
  {
    name: `a group is not synced${of}`,
    file: "src/net/store.ts",
    find: "    this.#files.syncLater(this.#fd, synced)\n",
    replace: "    queueMicrotask(() => synced(null))\n",
    killedBy: { check: "Durable", where },
  },
  {
    name: `messages leave before the records on which they depend are written${of}`,
    file: "src/net/group-commit.ts",
    find:
      "    this.#sends = new Gate<Send<K>>(gathers, hands.sendOut)\n" +
      "    this.#lines = new Gate<() => void>(gathers, (write) => write())\n" +
      "    this.#gates = [this.#lines, this.#sends]\n",
    replace:
      "    this.#sends = new Gate<Send<K>>(() => false, hands.sendOut)\n" +
      "    this.#lines = new Gate<() => void>(gathers, (write) => write())\n" +
      "    this.#gates = [this.#lines]\n",
    killedBy: { check: "Durable", where },
  },
]

export const netMutants: ReadonlyArray<NetMutant> = [
  ...traceMutants,
  ...simMutants,
  ...originMutants,
  {
    name: "Zyzzyva: a client forgets who signed badly",
    file: "src/net/bad-signers.ts",
    find: "for (const { signer } of bad) this.#known.add(signer)",
    replace: "for (const { signer } of bad) this.#known.delete(signer)",
    killedBy: {
      check: "spoils one certificate, and the next is made of the others' answers",
      where: "test/net/bad-signers.test.ts",
    },
  },
  {
    name: "Zyzzyva: whatever who signed badly once says is for its client alone",
    file: "src/net/bad-signers.ts",
    find: "every((claim) => this.#verifier.isSigned(claim))) return message",
    replace: "every((claim) => !this.#verifier.isSigned(claim))) return message",
    killedBy: {
      check: "that signs well again is shown again",
      where: "test/net/bad-signers.test.ts",
    },
  },
  {
    name: "Zyzzyva: a state of another history is kept over a restart",
    file: "src/net/later-states.ts",
    find: "snapshot !== undefined && isOf(point, snapshot)",
    replace: "snapshot !== undefined",
    killedBy: {
      check: "are as if they had not been taken where a state is lost, or another's",
      where: "test/net/later-states.test.ts",
    },
  },
  {
    name: "Zyzzyva: who vouches for an order that waited is asked by nobody",
    file: "src/net/runtime.ts",
    find: "    if (due.length === 0) this.#ask()\n",
    replace: "",
    killedBy: {
      check: "when its turn comes and it does not verify",
      where: "test/net/zyzzyva-questions.test.ts",
    },
  },
  {
    name: "what a view takes back and executes again makes its timer short",
    file: "src/net/view-clock.ts",
    find: "if (state.executed > this.#executed) {",
    replace: "if (state.executed !== this.#executed) {",
    killedBy: {
      check: "is not short again when a view takes back what was executed, and executes it again",
      where: "test/net/view-timer.test.ts",
    },
  },
  {
    name: "a state that the service went back to stays with it too",
    file: "src/net/own-states.ts",
    find: "    this.#executor.takeSnapshot(executed)\n",
    replace: "",
    killedBy: {
      check: "a state that the service goes back to stays with nobody but these",
      where: "test/net/own-states.test.ts",
    },
  },
  {
    name: "a disk that keeps its replica from coming back is gone on from",
    file: "src/net/runtime.ts",
    find: "if (this.#state === before) {",
    replace: "if (this.#state !== this.#state) {",
    killedBy: {
      check: "is not gone on from as if there were nothing on it",
      where: "test/net/runtime.test.ts",
    },
  },
  {
    name: "who is ahead of others that stand still stays in its view",
    file: "src/net/pbft-protocol.ts",
    find: " ?? standstillTimer(config, state, stands)",
    replace: " ?? standstillTimer(config, state, stands.slice(1))",
    killedBy: {
      check: "leaves its view when f + 1 others stand still below what it has executed",
      where: "test/net/view-timer.test.ts",
    },
  },
  {
    name: "who is gone stands still",
    file: "src/net/catch-up.ts",
    find: "stand !== undefined && isConnected(replica) ? [stand] : []",
    replace: "stand !== undefined ? [stand] : []",
    killedBy: {
      check: "stays in it when one of two is gone",
      where: "test/net/view-timer.test.ts",
    },
  },
  {
    name: "who fetches a state leaves its view meanwhile",
    file: "src/net/runtime.ts",
    find: "        !this.#states.isFetching() &&\n",
    replace: "",
    killedBy: {
      check: "stays in its view as long as parts of the state come, and no longer",
      where: "test/net/state-transfer.test.ts",
    },
  },
  {
    name: "a state of which nothing comes any more keeps a replica in its view",
    file: "src/net/node-download.ts",
    find: "this.#ticks - this.#cameAt < stuckTicks",
    replace: "this.#cameAt > 0",
    killedBy: {
      check: "stays in its view as long as parts of the state come, and no longer",
      where: "test/net/state-transfer.test.ts",
    },
  },
  ...witnessNetMutants,
  {
    name: "what others executed begins like a part of a state",
    file: "src/net/state-wire.ts",
    find: "ProvenOffer: 25",
    replace: "ProvenOffer: 20",
    killedBy: {
      check: "no two of those that one connection carries begin alike",
      where: "test/net/codec.test.ts",
    },
  },
  {
    name: "what is hidden leaves when it is said again",
    file: "src/net/hidden-messages.ts",
    find: "      if (hidden !== undefined && isHidden(hidden, message._tag, replica)) return\n",
    replace: "      if (hidden === undefined) void isHidden\n",
    killedBy: {
      check: "one that hides messages says nothing of these kinds to those, and answers honestly",
      where: "test/net/misbehave.test.ts",
    },
  },
  ...keyMutants,
  ...changeKeyNetMutants,
  {
    name: "answers that can not be equal any more are waited for",
    file: "src/net/answer-watch.ts",
    find: "most + missing < this.#quorum",
    replace: "most + missing < 0",
    killedBy: byWatch("two by two are hopeless with the last one"),
  },
  {
    name: "a snapshot of another protocol is taken",
    file: "src/net/snapshot-file.ts",
    find: "  return of === protocol\n",
    replace: "  return protocol !== undefined\n",
    killedBy: {
      check: "the snapshot of another protocol is an error that says so",
      where: "test/net/store.test.ts",
    },
  },
  {
    name: "a state of Zyzzyva is taken without the signatures of those who vouch for it",
    file: "src/net/zyzzyva-states.ts",
    find: "claims(config.group, shown).every(verifier.isSigned)",
    replace: "claims(config.group, shown).length > 0",
    killedBy: byStates("takes no offer with a signature that is none"),
  },
  {
    name: "a state of Zyzzyva is taken that too few vouch for",
    file: "src/net/zyzzyva-states.ts",
    find: "      isValidStable(config, stable) &&\n",
    replace: "",
    killedBy: byStates("takes no offer signed by too few"),
  },
  {
    name: "a state of Zyzzyva is asked for that another digest is vouched for",
    file: "src/net/zyzzyva-states.ts",
    find: "      bytesDigest(root) === stable.digest &&\n",
    replace: "",
    killedBy: byStates("takes no offer of another state than the one that is vouched for"),
  },
  ...notDurable("crash run", ""),
  ...notDurable("crash run of Zyzzyva", ", of Zyzzyva"),
  {
    name: "messages leave while the records on which they depend are written",
    file: "src/net/gate.ts",
    find: "    else if (this.#written !== undefined) this.#written.push(item)\n",
    replace: "",
    killedBy: { check: whileWritten, where: gate },
  },
  {
    name: "what waits for a group happens before the group is written",
    file: "src/net/gate.ts",
    find: "    if (this.#gathers()) this.#gathered.push(item)\n    else if",
    replace: "    if",
    killedBy: { check: afterRecord, where: gate },
  },
  {
    name: "a group is called durable when it is written, before it is synced",
    file: "src/net/store.ts",
    find: "    this.#files.syncLater(this.#fd, synced)\n",
    replace: "    this.#files.syncLater(this.#fd, () => undefined)\n    synced(null)\n",
    killedBy: { check: atOnce, where: store },
  },
  {
    name: "a file gets its name before its bytes are synced",
    file: "src/net/durable-file.ts",
    find: "  files.sync(fd)\n  return fd\n",
    replace: "  return fd\n",
    killedBy: { check: atOnce, where: store },
  },
  {
    name: "a file's new name is not synced",
    file: "src/net/durable-file.ts",
    find: "  files.rename(path + unfinished, path)\n  files.syncDirectory(directory)\n",
    replace: "  files.rename(path + unfinished, path)\n",
    killedBy: { check: atOnce, where: store },
  },
  {
    name: "the name of the store's folder is not synced",
    file: "src/net/durable-file.ts",
    find: "  files.syncDirectory(above)\n",
    replace: "",
    killedBy: { check: atOnce, where: store },
  },
  {
    name: "a start promises what an earlier one wrote and did not sync",
    file: "src/net/store.ts",
    find: "  files.sync(fd)\n  files.syncDirectory(directory)\n",
    replace: "  files.syncDirectory(directory)\n",
    killedBy: { check: atNext, where: store },
  },
  {
    name: "a start promises a log whose name an earlier one did not sync",
    file: "src/net/store.ts",
    find: "  files.sync(fd)\n  files.syncDirectory(directory)\n",
    replace: "  files.sync(fd)\n",
    killedBy: { check: atNext, where: store },
  },
  {
    name: "a torn group is taken for a whole one",
    file: "src/net/log-format.ts",
    find: "  return bytes.readUInt32BE(at + 12) === groupCrc(bytes, seed, at, end) ? end : -1\n",
    replace: "  return bytes.readUInt32BE(at + 12) === seed ? -1 : end\n",
    killedBy: { check: atOnce, where: store },
  },
  ...frontMutants,
]
