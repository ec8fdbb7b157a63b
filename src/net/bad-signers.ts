/**
 * Replicas that answer a client alike with bad signatures. Such an answer helps to complete a
 * request as any other, so signatures are looked at only where they are to be shown. From then on
 * an answer of who gave a bad one is looked at when it comes: one that others would not believe is
 * for its client alone, and the certificate is made of the answers of others, if there are enough.
 *
 * Outside the specification: signatures. An answer that nobody else believes is there one that is
 * for its client alone.
 */
import type { ReplicaId } from "../core/ids.ts"
import type { Group } from "../core/quorum.ts"
import type { Authentic, ClientMessage, Commit, Pom } from "../core/zyzzyva/message.ts"
import { claims } from "../core/zyzzyva/signed.ts"
import type { ZyzzyvaVerifier } from "./zyzzyva-signature.ts"

export class BadSigners {
  readonly #group: Group
  readonly #verifier: Pick<ZyzzyvaVerifier, "isSigned">
  readonly #known = new Set<ReplicaId>()

  constructor(group: Group, verifier: Pick<ZyzzyvaVerifier, "isSigned">) {
    this.#group = group
    this.#verifier = verifier
  }

  /** Whether others would believe what a client shows them. */
  canBeShown(message: Commit | Pom): boolean {
    const bad = claims(this.#group, message).filter((claim) => !this.#verifier.isSigned(claim))
    // What is wrong with a proof is its primary's, as is the order in an answer.
    if (message._tag === "Commit") for (const { signer } of bad) this.#known.add(signer)
    return bad.length === 0
  }

  /** An answer as far as others would believe it too. */
  heard(message: Authentic<ClientMessage>): Authentic<ClientMessage> {
    if (message._tag !== "SpecResponse" || !this.#known.has(message.replica)) return message
    const { order: _, ...own } = message
    if (claims(this.#group, own).every((claim) => this.#verifier.isSigned(claim))) return message
    return { ...message, signature: "", clientOnly: true }
  }
}
