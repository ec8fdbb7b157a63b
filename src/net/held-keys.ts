/**
 * A replica's keys where a key holder has the private one (key-holder.ts): what is signed is asked
 * for, and leaves when the answer has come.
 *
 * Outside the specification: see key-holder.ts.
 */
import { Redacted } from "effect"
import type { ReplicaId } from "../core/ids.ts"
import type { DirectMessage, NewView, Request, ViewChange } from "../core/pbft/message.ts"
import type { ClusterConfig } from "./cluster-config.ts"
import type { AskHolder } from "./key-holder-socket.ts"
import { freshPair, type OwnKey } from "./new-key.ts"
import { bodyOf, type MessageSigner } from "./signature.ts"

const latin1 = (hex: unknown): string => Buffer.from(String(hex), "hex").toString("latin1")

/** Signs by asking; what leaves at once is not signed. */
export class HeldSigner implements MessageSigner {
  readonly #ask: AskHolder
  readonly #id: ReplicaId

  constructor(ask: AskHolder, id: ReplicaId) {
    this.#ask = ask
    this.#id = id
  }

  signed(m: DirectMessage | Request): DirectMessage | Request {
    return m
  }

  later(m: DirectMessage | Request): Promise<DirectMessage | Request> | undefined {
    if (m._tag === "Request") return this.#recovery(m)
    if (m._tag !== "ViewChange" && m._tag !== "NewView") return undefined
    if (m.replica !== this.#id) return undefined
    return m._tag === "ViewChange" ? this.#sign(m) : this.#newView(m)
  }

  async #sign<M extends ViewChange | NewView>(m: M): Promise<M> {
    const purpose = m._tag === "ViewChange" ? "viewChange" : "newView"
    const body = bodyOf(m).toString("hex")
    const { signature } = await this.#ask({ op: "sign", purpose, body })
    return { ...m, signature: latin1(signature) }
  }

  async #newView(m: NewView): Promise<NewView> {
    const changes = m.changes.map((c) => (c.replica === this.#id ? this.#sign(c) : c))
    return this.#sign({ ...m, changes: await Promise.all(changes) })
  }

  async #recovery(m: Request): Promise<Request> {
    const { signature } = await this.#ask({ op: "recovery", incarnation: m.timestamp })
    return { ...m, authenticator: latin1(signature) }
  }
}

/** A new key, whose number and signature are the holder's. */
export const heldKey = async (ask: AskHolder): Promise<OwnKey> => {
  const pair = freshPair()
  const publicKey = Buffer.from(pair.publicKey, "latin1").toString("hex")
  const { counter, signature } = await ask({ op: "newKey", publicKey })
  return { ...pair, counter: Number(counter), signature: latin1(signature) }
}

const secretsOf = (hex: unknown): ReadonlyArray<Redacted.Redacted<Uint8Array>> =>
  (hex as ReadonlyArray<string>).map((h) => Redacted.make(new Uint8Array(Buffer.from(h, "hex"))))

/** The configuration with what the holder gives of the secrets. */
export const withHeldSecrets = async (
  config: ClusterConfig,
  replica: ReplicaId,
  ask: AskHolder,
): Promise<ClusterConfig> => {
  const { pairs, endpoints } = await ask({ op: "secrets" })
  const secrets = { _tag: "Held", replica, pairs: secretsOf(pairs) } as const
  return { ...config, secrets: { ...secrets, endpoints: secretsOf(endpoints) } }
}
