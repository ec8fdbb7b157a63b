/** The specification that traces name: the one that comes with this copy of prophecy. */
import { createHash } from "node:crypto"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { specFolder } from "./installation.ts"

/** SHA-256 of spec/tla/Pbft.tla, in hexadecimal. */
export const specDigest = (): string =>
  createHash("sha256")
    .update(readFileSync(join(specFolder, "Pbft.tla")))
    .digest("hex")
