/**
 * Stands for the secure coprocessor of TOCS section 5.2: a process of its own that has a replica's
 * master secret and private key, and signs for it. The replica's process gets the keys that it
 * shares with others, and never what makes them or what signs. Numbers only grow, and are on disk
 * before they are used: of NEW-KEYs the holder's own; a request to be taken back is signed for
 * incarnations up to the present second, none below the last; of each view one VIEW-CHANGE and one
 * NEW-VIEW (said-views.ts). So who has the replica's process for a while can have nothing signed
 * that is good later, and no two things of one view.
 *
 * Each line of the socket is a question and each of the answers a line of JSON, with bytes in
 * hexadecimal.
 *
 * Outside the specification: keys. Nobody there can build another's authenticator.
 */
import { type KeyObject, sign } from "node:crypto"
import { basename, dirname, join } from "node:path"
import { Option, Redacted, Schema } from "effect"
import type { ReplicaId } from "../core/ids.ts"
import { recoverOperation } from "../core/recovery-request.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { clockOf, limitsOf } from "./core-config.ts"
import { requestDigest } from "./digests.ts"
import { finish, writeUnfinished } from "./durable-file.ts"
import type { FileSystem } from "./file-system.ts"
import { storeFingerprint } from "./handshake.ts"
import { endpointOfReplica, pairOf, signingSeedOf } from "./keys.ts"
import { forbidden, type Purpose, saidBy } from "./said-views.ts"
import { newKeyBytes, privateKeyOf, recoveryBytes, signedHead } from "./signature.ts"

/** What a replica asks its holder. */
export type HolderQuestion =
  | { readonly op: "secrets" }
  | { readonly op: "newKey"; readonly publicKey: string }
  | { readonly op: "sign"; readonly purpose: Purpose; readonly body: string }
  | { readonly op: "recovery"; readonly incarnation: number }

type Question<Op extends HolderQuestion["op"]> = Extract<HolderQuestion, { readonly op: Op }>

export type HolderAnswer =
  | { readonly pairs: ReadonlyArray<string>; readonly endpoints: ReadonlyArray<string> }
  | { readonly counter: number; readonly signature: string }
  | { readonly signature: string }
  | { readonly error: string }

const schema = "prophecy-holder/2"

export const holderPath = (configFile: string, replica: ReplicaId): string =>
  join(dirname(configFile), `${basename(configFile)}.replica-${replica}.holder`)

const Count = Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))
const SaidOf = Schema.Struct({ incarnation: Count, view: Count, digest: Schema.String })

const Numbers = Schema.Struct({
  counter: Count,
  incarnation: Count,
  said: Schema.Struct({
    viewChange: Schema.optionalKey(SaidOf),
    newView: Schema.optionalKey(SaidOf),
  }),
})
type Numbers = typeof Numbers.Type

/** Of a holder that was there before it knew of views as well. */
const KeptNumbers = Schema.Union([
  Schema.Struct({ schema: Schema.Literal(schema), ...Numbers.fields }),
  Schema.Struct({
    schema: Schema.Literal("prophecy-holder/1"),
    counter: Count,
    incarnation: Count,
  }),
])
const numbersOf = Schema.decodeUnknownOption(Schema.fromJsonString(KeptNumbers))

/** How far the clocks of the holder and of the replica may be apart, in seconds. */
const clockSeconds = 60

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex")

export class KeyHolder {
  readonly #config: ClusterConfig
  readonly #id: ReplicaId
  readonly #files: FileSystem
  readonly #key: KeyObject
  #numbers: Numbers

  constructor(config: ClusterConfig, id: ReplicaId, files: FileSystem) {
    this.#config = config
    this.#id = id
    this.#files = files
    this.#key = privateKeyOf(Redacted.value(signingSeedOf(config, id)))
    this.#numbers = this.#read()
  }

  // A file that is damaged ends the holder: nobody can say which numbers were used.
  #read(): Numbers {
    const path = holderPath(this.#config.file, this.#id)
    if (!this.#files.exists(path)) return { counter: 0, incarnation: 0, said: {} }
    const found = numbersOf(this.#files.read(path).toString("utf8"))
    if (Option.isSome(found)) {
      const { counter, incarnation } = found.value
      return { counter, incarnation, said: "said" in found.value ? found.value.said : {} }
    }
    throw new Error(
      `${path}: no ${schema}: put back the last one; without it nobody can say which numbers ` +
        "were used, and the replica needs new secrets",
    )
  }

  #keep(numbers: Numbers): void {
    const path = holderPath(this.#config.file, this.#id)
    const bytes = Buffer.from(`${JSON.stringify({ schema, ...numbers })}\n`)
    this.#files.close(writeUnfinished(this.#files, path, bytes))
    finish(this.#files, dirname(path), basename(path))
    this.#numbers = numbers
  }

  #sign(bytes: Buffer): string {
    return hexOf(sign(null, bytes, this.#key))
  }

  /** The answer to one question. */
  answer(question: HolderQuestion): HolderAnswer {
    const cluster = storeFingerprint(this.#config)
    switch (question.op) {
      case "secrets":
        return this.#secrets()
      case "newKey": {
        const counter = Math.max(this.#numbers.counter + 1, Date.now())
        this.#keep({ ...this.#numbers, counter })
        const publicKey = Buffer.from(question.publicKey, "hex").toString("latin1")
        const bytes = newKeyBytes(cluster, this.#id, { counter, publicKey })
        return { counter, signature: this.#sign(bytes) }
      }
      case "sign":
        return this.#view(cluster, question)
      case "recovery":
        return this.#recovery(cluster, question.incarnation)
    }
  }

  #secrets(): HolderAnswer {
    const { replicas, endpoints, secrets } = this.#config
    return {
      pairs: replicas.map((_, r) => (r === this.#id ? "" : hexOf(pairOf(secrets, this.#id, r)))),
      endpoints: endpoints.map((_, e) => hexOf(endpointOfReplica(secrets, this.#id, e))),
    }
  }

  // One thing of a view, and nothing of a lower one.
  #view(cluster: string, { purpose, body: hex }: Question<"sign">): HolderAnswer {
    const { incarnation, said } = this.#numbers
    const body = Buffer.from(hex, "hex")
    const limits = limitsOf(this.#config)
    const next = saidBy(purpose, body, { id: this.#id, limits, incarnation })
    if (typeof next === "string") return { error: `no ${purpose} to sign: ${next}` }
    const last = said[purpose]
    const why = forbidden(last, next)
    if (why !== undefined) return { error: `no ${purpose} for view ${next.view}: ${why}` }
    if (last?.digest !== next.digest) {
      this.#keep({ ...this.#numbers, said: { ...said, [purpose]: next } })
    }
    const head = signedHead(purpose, cluster).written()
    return { signature: this.#sign(Buffer.concat([head, body])) }
  }

  #recovery(cluster: string, incarnation: number): HolderAnswer {
    const last = Math.floor(Date.now() / 1_000) + clockSeconds
    const { incarnation: before } = this.#numbers
    const allowed = Number.isSafeInteger(incarnation) && incarnation >= before
    if (!allowed || (incarnation > last && incarnation > before + 1)) {
      return { error: `incarnation ${incarnation} is not between ${before} and ${last}` }
    }
    if (incarnation > before) this.#keep({ ...this.#numbers, incarnation })
    const client = clockOf(this.#config).recoverers + this.#id
    const request = { client, timestamp: incarnation, operation: recoverOperation }
    return { signature: this.#sign(recoveryBytes(cluster, requestDigest(request))) }
  }
}
