import { createHash } from "node:crypto"
import type { Digests } from "../../../src/trace-check/replay.ts"

const sha256 = (text: string): string => createHash("sha256").update(text, "latin1").digest("hex")

/** Digests for tests: SHA-256 of JSON. The running system's are those of its wire format. */
export const testDigests: Digests = {
  batchDigest: (batch) =>
    sha256(JSON.stringify(batch.map((r) => [r.client, r.timestamp, r.operation]))),
  checkpointDigest: (seq, service, table) =>
    sha256(JSON.stringify([seq, service, table.map((e) => [e.timestamp, e.result])])),
}

export const textDigest = sha256
