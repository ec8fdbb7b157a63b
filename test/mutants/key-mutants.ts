/** What keys that were replaced must not do any more, each allowed. */
import type { NetMutant } from "./net-run.ts"

const seenBy = (check: string) => ({ check, where: "test/net/key-refresh.test.ts" })
const byHolder = (check: string) => ({ check, where: "test/net/key-holder.test.ts" })
const epochs = "src/net/key-epochs.ts"
const replaced = "are not taken again once they were replaced, nor of another, nor after a restart"

export const keyMutants: ReadonlyArray<NetMutant> = [
  {
    name: "a NEW-KEY is taken that a later one has replaced",
    file: epochs,
    find: "key.counter < known || !isSigned",
    replace: "!isSigned",
    killedBy: seenBy(
      "leave out who took a replica's secrets and its old keys, once it has new ones",
    ),
  },
  {
    name: "a NEW-KEY is taken that another replica made",
    file: epochs,
    find: "key.counter < known || !isSigned(other.id, key)",
    replace: "key.counter < known",
    killedBy: seenBy(replaced),
  },
  {
    name: "the numbers of NEW-KEYs are forgotten at a restart",
    file: epochs,
    find: "if (key.counter > known) counters.set(other.id, key.counter)",
    replace: "",
    killedBy: seenBy(replaced),
  },
  {
    name: "an own key that was replaced is good for ever",
    file: epochs,
    find: " || performance.now() > before.until",
    replace: "",
    killedBy: seenBy("do for their own time and no longer"),
  },
  {
    name: "a side that goes on under old keys keeps its connection",
    file: "src/net/rekeying.ts",
    find: "this.#read.own < own || this.#read.theirs < theirs",
    replace: "this.#read.own < 0",
    killedBy: seenBy("end a connection whose other side goes on under the old ones"),
  },
  {
    name: "a key holder signs two VIEW-CHANGEs for one view",
    file: "src/net/said-views.ts",
    find: "next.view === last.view && next.digest !== last.digest",
    replace: "false",
    killedBy: byHolder(
      "signs one VIEW-CHANGE for a view, and none of a lower one, also after a start",
    ),
  },
  {
    name: "a key holder signs for views that are left",
    file: "src/net/said-views.ts",
    find: "  if (next.view < last.view) return `view ${last.view} was signed for`\n",
    replace: "",
    killedBy: byHolder(
      "signs one VIEW-CHANGE for a view, and none of a lower one, also after a start",
    ),
  },
  {
    name: "a key holder forgets at its start what it signed of views",
    file: "src/net/key-holder.ts",
    find: `said: "said" in found.value ? found.value.said : {}`,
    replace: "said: {}",
    killedBy: byHolder(
      "signs one VIEW-CHANGE for a view, and none of a lower one, also after a start",
    ),
  },
  {
    name: "a key holder believes the incarnation that a VIEW-CHANGE names",
    file: "src/net/said-views.ts",
    find: "if (incarnation > about.incarnation) return",
    replace: "if (incarnation < 0) return",
    killedBy: byHolder("lets who was recovered start over, as an incarnation that it signed for"),
  },
  {
    name: "a key holder signs requests to be taken back for later",
    file: "src/net/key-holder.ts",
    find: "if (!allowed || (incarnation > last && incarnation > before + 1)) {",
    replace: "if (!allowed) {",
    killedBy: byHolder(
      "signs requests to be taken back up to the present, and none below the last",
    ),
  },
  {
    name: "a key holder signs requests to be taken back that are over",
    file: "src/net/key-holder.ts",
    find: "Number.isSafeInteger(incarnation) && incarnation >= before",
    replace: "Number.isSafeInteger(incarnation)",
    killedBy: byHolder(
      "signs requests to be taken back up to the present, and none below the last",
    ),
  },
  {
    name: "a key holder forgets the numbers that it gave",
    file: "src/net/key-holder.ts",
    find: "Math.max(this.#numbers.counter + 1, Date.now())",
    replace: "1",
    killedBy: byHolder("gives numbers that grow, whoever asks and however often it starts"),
  },
  {
    name: "the keys of a handshake do not count",
    file: "src/net/keyed-handshake.ts",
    find: "if (!keying.epochs.takes(other, theirs)) {",
    replace: "if (keying.epochs.graceMs < 0) {",
    killedBy: seenBy(
      "leave out who took a replica's secrets and its old keys, once it has new ones",
    ),
  },
  {
    name: "a client's authenticator under keys that were replaced is good for ever",
    file: "src/net/client-keys.ts",
    find: "shared.until = Math.min(shared.until, now + this.#graceMs)",
    replace: "shared.until = Number.POSITIVE_INFINITY",
    killedBy: seenBy("is good under the present keys, and for a while under those before"),
  },
]
