/**
 * What a client asks for as messages of its own, in both protocols: see codec.ts.
 *
 * Outside the specification: bytes. Messages are values there.
 */
import type { SignedRead, SignedRequest } from "../core/request.ts"
import {
  type CodecLimits,
  readAuthenticator,
  readMarks,
  readRequest,
  writeAuthenticator,
  writeMarks,
  writeRead,
  writeRequest,
} from "./batch-codec.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

/** A message, and where that lies which its digest covers: `from .. to`. */
export interface DecodedAsk<M> {
  readonly message: M
  readonly from: number
  readonly to: number
}

export const writeSignedRequest = (writer: Writer, m: SignedRequest): void => {
  writeRequest(writer, m)
  writeAuthenticator(writer, m.authenticator)
  writeMarks(writer, m)
}

export const writeSignedRead = (writer: Writer, m: SignedRead): void => {
  writeRead(writer, m)
  writeAuthenticator(writer, m.authenticator)
}

export const readSignedRequest = (
  reader: Reader,
  limits: CodecLimits,
): DecodedAsk<SignedRequest & { readonly _tag: "Request" }> => {
  const from = reader.at
  const { client, timestamp, operation } = readRequest(reader, limits)
  const to = reader.at
  const authenticator = readAuthenticator(reader, limits)
  const signed = { client, timestamp, operation, authenticator, ...readMarks(reader, limits) }
  return { message: { _tag: "Request", ...signed }, from, to }
}

export const readSignedRead = (
  reader: Reader,
  limits: CodecLimits,
): DecodedAsk<SignedRead & { readonly _tag: "Read" }> => {
  const from = reader.at
  reader.u8("kind")
  const { client, timestamp, operation } = readRequest(reader, limits)
  const to = reader.at
  const authenticator = readAuthenticator(reader, limits)
  return { message: { _tag: "Read", client, timestamp, operation, authenticator }, from, to }
}
