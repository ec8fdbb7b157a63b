/**
 * Stands for the secure coprocessor of TOCS section 5.2: a process of its own that has a replica's
 * master secret and private key, and signs for it. The replica's process gets the keys that it
 * shares with others, and never what makes them or what signs. Numbers only grow, and are on disk
 * before they are used: of NEW-KEYs the holder's own; a request to be taken back is signed for
 * incarnations up to the present second, none below the last. So who has the replica's process for
 * a while can have nothing signed that is good later.
 *
 * Each line of the socket is a question and each of the answers a line of JSON, with bytes in
 * hexadecimal.
 *
 * Outside the specification: keys. Nobody there can build another's authenticator.
 */
import { type KeyObject, sign } from "node:crypto"
import { basename, dirname, join } from "node:path"
import { Redacted } from "effect"
import type { ReplicaId } from "../core/ids.ts"
import { recoverOperation } from "../core/pbft/rejoin.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import { clockOf } from "./core-config.ts"
import { requestDigest } from "./digests.ts"
import { finish, writeUnfinished } from "./durable-file.ts"
import type { FileSystem } from "./file-system.ts"
import { storeFingerprint } from "./handshake.ts"
import { endpointOfReplica, pairOf, signingSeedOf } from "./keys.ts"
import { newKeyBytes, privateKeyOf, recoveryBytes, signedHead } from "./signature.ts"

/** What a replica asks its holder. */
export type HolderQuestion =
  | { readonly op: "secrets" }
  | { readonly op: "newKey"; readonly publicKey: string }
  | { readonly op: "sign"; readonly purpose: "viewChange" | "newView"; readonly body: string }
  | { readonly op: "recovery"; readonly incarnation: number }

export type HolderAnswer =
  | { readonly pairs: ReadonlyArray<string>; readonly endpoints: ReadonlyArray<string> }
  | { readonly counter: number; readonly signature: string }
  | { readonly signature: string }
  | { readonly error: string }

const schema = "prophecy-holder/1"

export const holderPath = (configFile: string, replica: ReplicaId): string =>
  join(dirname(configFile), `${basename(configFile)}.replica-${replica}.holder`)

interface Numbers {
  readonly counter: number
  readonly incarnation: number
}

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
    if (!this.#files.exists(path)) return { counter: 0, incarnation: 0 }
    const text = this.#files.read(path).toString("utf8")
    const found = /^\{"schema":"([^"]*)","counter":(\d+),"incarnation":(\d+)\}\n$/.exec(text)
    const [counter, incarnation] = [Number(found?.[2]), Number(found?.[3])]
    if (found?.[1] === schema && Number.isSafeInteger(counter + incarnation)) {
      return { counter, incarnation }
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
      case "sign": {
        const head = signedHead(question.purpose, cluster).written()
        const bytes = Buffer.concat([head, Buffer.from(question.body, "hex")])
        return { signature: this.#sign(bytes) }
      }
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
