import { remembering } from "../core/oldest.ts"
import { decodeRequest } from "./http-message.ts"

/** What an operation asks of an origin; of those that come again and again it is known. */
export const originRequest = remembering(decodeRequest, { most: 10_000, longest: 4_096 })
