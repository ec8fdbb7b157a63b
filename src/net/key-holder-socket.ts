/**
 * The socket between a replica and its key holder: a file that only its owner may use.
 *
 * Outside the specification: see key-holder.ts.
 */
import { chmodSync, rmSync } from "node:fs"
import { connect, createServer, type Server } from "node:net"
import { createInterface } from "node:readline"
import { Data } from "effect"
import type { HolderAnswer, HolderQuestion, KeyHolder } from "./key-holder.ts"

/** The holder is not there, or does not do what it was asked. */
export class HolderError extends Data.TaggedError("HolderError")<{
  readonly path: string
  readonly reason: string
}> {
  override get message(): string {
    return `the key holder at ${this.path}: ${this.reason}`
  }
}

/** Answers questions at the path until it is closed. */
export const serveHolder = (holder: KeyHolder, path: string): Promise<Server> =>
  new Promise((resolve, reject) => {
    rmSync(path, { force: true })
    const server = createServer((socket) => {
      socket.on("error", () => undefined)
      const lines = createInterface({ input: socket })
      lines.on("error", () => undefined)
      lines.on("line", (line) => {
        let answer: HolderAnswer
        try {
          answer = holder.answer(JSON.parse(line) as HolderQuestion)
        } catch (cause) {
          answer = { error: cause instanceof Error ? cause.message : String(cause) }
        }
        socket.write(`${JSON.stringify(answer)}\n`)
      })
    })
    server.once("error", reject)
    server.listen(path, () => {
      chmodSync(path, 0o600)
      resolve(server)
    })
  })

export type AskHolder = (question: HolderQuestion) => Promise<Record<string, unknown>>

const answerMs = 5_000

/** Asks the holder at the path: each question on a connection of its own. */
export const holderAt =
  (path: string): AskHolder =>
  (question) =>
    new Promise((resolve, reject) => {
      const socket = connect(path)
      const fail = (reason: string): void => {
        socket.destroy()
        reject(new HolderError({ path, reason }))
      }
      socket.setTimeout(answerMs, () => fail("no answer"))
      socket.once("error", (error) => fail(error.message))
      socket.once("close", () => fail("it closed the connection"))
      const lines = createInterface({ input: socket })
      lines.once("error", (error) => fail(error.message))
      lines.once("line", (line) => {
        const answer = JSON.parse(line) as Record<string, unknown>
        if (typeof answer["error"] === "string") return fail(answer["error"])
        resolve(answer)
        socket.end()
      })
      socket.write(`${JSON.stringify(question)}\n`)
    })
