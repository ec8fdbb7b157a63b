/** In what two responses differ, in words: for whoever has to find out which origin is wrong. */
import { hash } from "node:crypto"
import type { Bytes } from "../core/ids.ts"
import { decodeResponse, type Header, type HttpResponse, isNotHttp } from "./http-message.ts"

/** A value that is longer is cut: it is to be recognised, not read. */
const shown = 60

const quoted = (values: ReadonlyArray<Bytes>): string => {
  if (values.length === 0) return "none"
  const text = JSON.stringify(values.join(", "))
  return text.length <= shown ? text : `${text.slice(0, shown)}...`
}

const bodyText = (body: Bytes): string =>
  `${body.length} bytes (sha256 ${hash("sha256", Buffer.from(body, "latin1"), "hex").slice(0, 16)})`

const valuesOf = (headers: ReadonlyArray<Header>, name: string): ReadonlyArray<Bytes> =>
  headers.filter(([n]) => n === name).map(([, value]) => value)

const differencesOf = (one: HttpResponse, other: HttpResponse): ReadonlyArray<string> => {
  const names = [...new Set([...one.headers, ...other.headers].map(([name]) => name))]
  const fields = names.flatMap((name) => {
    const [here, there] = [one, other].map(({ headers }) => quoted(valuesOf(headers, name)))
    return here === there ? [] : [`${name} ${here} against ${there}`]
  })
  return [
    ...(one.status === other.status ? [] : [`status ${one.status} against ${other.status}`]),
    ...fields,
    ...(one.body === other.body
      ? []
      : [`body of ${bodyText(one.body)} against ${bodyText(other.body)}`]),
  ]
}

/** What the encoded response `one` has other than `other`; empty where they are equal. */
export const responseDifferences = (one: Bytes, other: Bytes): ReadonlyArray<string> => {
  if (one === other) return []
  const [here, there] = [decodeResponse(one), decodeResponse(other)]
  if (isNotHttp(here)) return [`no response: ${here.why}`]
  if (isNotHttp(there)) return [`a response against none: ${there.why}`]
  return differencesOf(here, there)
}
