import { createHash } from "node:crypto"
import { batchDigest, checkpointDigest, resultDigest } from "../../../src/net/digests.ts"
import type { Digests } from "../../../src/trace-check/replay.ts"

/** The digests of the running system, so that its command can read what tests record. */
export const digests: Digests = { batchDigest, checkpointDigest, resultDigest }

/** SHA-256 of a text, hexadecimal. */
export const textDigest = (text: string): string =>
  createHash("sha256").update(text, "latin1").digest("hex")
