/**
 * The specification that traces name: the one that comes with this copy of prophecy.
 */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { specFolder } from "./installation.ts"

const modules = { pbft: "Pbft.tla", zyzzyva: "Zyzzyva.tla" } as const

/** SHA-256 of the protocol's module in spec/tla, in hexadecimal. */
export const specDigest = (protocol: keyof typeof modules = "pbft"): string =>
  createHash("sha256")
    .update(readFileSync(join(specFolder, modules[protocol])))
    .digest("hex")
