/**
 * Mutants that a swarm of simulated runs must find: some of those that the models and the tests
 * find too, and some of what no model contains (the service, the order of disk and network).
 * Not among them, for 150 seeds do not find them: that one authentic request vouches for its whole
 * batch, and that a restart forgets the own prepare or commit (it sends them again all the same).
 */
import { codeMutants } from "./code-mutants.ts"
import type { Mutation } from "./mutation.ts"

const shared: ReadonlyArray<string> = [
  "a client has two requests waiting",
  "the primary gives one sequence number to two batches",
  "the pre-prepare leaves before its batch is durable",
  "the prepare leaves before the batch is durable",
  "a checkpoint is announced before it is durable",
  "a second pre-prepare is taken",
  "a backup takes the primary's word for a client",
  "a held batch is accepted with f vouchers",
  "2f - 1 prepares make a prepared certificate",
  "prepares count whatever their digest",
  "votes count whatever their digest",
  "2f commits make a committed certificate",
  "a replica commits what it has not prepared",
  "the prepared certificate is not written down",
  "a weak quorum has f members",
  "a request is executed again under another sequence number",
  "a request is executed twice where its batch holds it twice",
  "the client table forgets what was executed",
  "the client table keeps no result",
  "batches are executed as they commit, in any order",
  "a checkpoint is stable without the own one",
  "a stable checkpoint is not written down",
  "a restart forgets what was prepared",
  "a restarted primary starts its numbers again",
  "a restart forgets the client table of the last checkpoint",
  "a client takes answers that differ",
  "a client takes the answer to its last request for the answer to this one",
  "a client uses a timestamp twice",
  "votes of the old view stay in the log",
  "P forgets what was prepared before",
  "P forgets what was committed",
  "Q holds only what was prepared",
  "a second NEW-VIEW is taken",
  "a NEW-VIEW of an older view is taken",
  "a view is entered without a batch that it starts with",
  "a view is entered without the checkpoint that it starts from",
  "a backup enters without its votes",
  "the new primary proposes again what the view starts with",
  "a restart forgets P and Q",
  "a restart forgets the own VIEW-CHANGE",
  "a restart forgets the NEW-VIEW",
  "a restart goes back to view 0",
  "who executed its own request tentatively never knows when it is recovered",
  "a backup does not wait for an idle log to go on",
]

/**
 * Of Zyzzyva's code. 150 seeds do not find: a client that takes 2f + 1 answers as complete or adds
 * up those of two views, a primary that orders a request twice, certificates of another view or of
 * too few, orders that beat a certificate of their view, a state whatever its digest, a restart
 * without the own VIEW-CHANGE.
 */
const zyzzyvaShared: ReadonlyArray<string> = [
  "Zyzzyva: the order leaves before it is durable",
  "Zyzzyva: a restart forgets the certificates",
  "Zyzzyva: answers to what was rolled back are remembered",
  "Zyzzyva: an order is taken whatever history it leads to",
  "Zyzzyva: a backup takes the primary's word for a client",
  "Zyzzyva: one accusation is enough to leave a view",
  "Zyzzyva: f orders choose a batch",
  "Zyzzyva: who cannot verify an order asks for nothing",
]

const own: ReadonlyArray<Mutation> = [
  {
    name: "a deleted value stays",
    file: "src/core/service/key-value.ts",
    find: "      bucket.entries.delete(key)\n",
    replace: "",
  },
  {
    name: "compare-and-set does not compare",
    file: "src/core/service/key-value.ts",
    find: "if (present !== operation.expected) return now",
    replace: "",
  },
  {
    name: "a driver sends while its records are being written",
    file: "src/sim/group-commit.ts",
    find: "else if (this.#writing !== undefined) this.#writing.push(act)\n",
    replace: "",
  },
  {
    name: "a driver sends before it writes",
    file: "src/sim/group-commit.ts",
    find: "if (this.#options.disk.pending) this.#held.push(act)\n    else if",
    replace: "if",
  },
  {
    name: "a driver sends again what is not durable yet",
    file: "src/sim/replica-node.ts",
    find: "this.#gate(() => this.#options.host.send(replicaName(progress.replica), message))",
    replace: "this.#options.host.send(replicaName(progress.replica), message)",
  },
  {
    name: "a driver does not wait for the disk",
    file: "src/sim/disk.ts",
    find: "    this.#keep(this.#writing)\n    this.#writing = []\n  }\n\n  /** The log is",
    replace: "    this.#writing = []\n  }\n\n  /** The log is",
  },
]

const named = [...shared, ...zyzzyvaShared]

/** Those that no mutant of the code has: there must be none. */
export const unknown: ReadonlyArray<string> = named.filter(
  (name) => !codeMutants.some((mutant) => mutant.name === name),
)

export const swarmMutants: ReadonlyArray<Mutation> = [
  ...codeMutants.filter(({ name }) => named.includes(name)),
  ...own,
]
