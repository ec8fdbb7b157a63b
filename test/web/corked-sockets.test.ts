import { once } from "node:events"
import { createServer as createHttpServer } from "node:http"
import { type AddressInfo, connect, createServer, type Server, Socket } from "node:net"
import { afterEach, expect, it, vi } from "vitest"
import { corkWrites } from "../../src/web/corked-sockets.ts"
import { encodeRequest } from "../../src/web/http-message.ts"
import { defaultRules, normaliser } from "../../src/web/normalise.ts"
import { openOrigin } from "../../src/web/origin.ts"

let server: Server | undefined
afterEach(() => {
  server?.close()
  vi.restoreAllMocks()
})

const portOf = async (listening: Server): Promise<number> => {
  server = listening.listen(0, "127.0.0.1")
  await once(listening, "listening")
  return (listening.address() as AddressInfo).port
}

it("writes of one turn leave at its end", async () => {
  const socket = connect(await portOf(createServer()), "127.0.0.1")
  await once(socket, "connect")
  corkWrites(socket)
  for (const _ of [1, 2]) {
    expect(socket.writableCorked).toBe(0)
    socket.write("one")
    socket.write("two")
    expect([socket.writableCorked, socket.writableLength]).toEqual([1, 6])
    await new Promise((resolve) => process.nextTick(resolve))
    expect([socket.writableCorked, socket.writableLength]).toEqual([0, 0])
  }
  socket.write("three")
  socket.destroy()
  await once(socket, "close")
})

it("questions on a connection that was idle leave in one write", async () => {
  const answering = createHttpServer((_, response) => response.end("page"))
  const url = new URL(`http://127.0.0.1:${await portOf(answering)}`)
  const normalise = normaliser(defaultRules)
  const settings = { timeoutMs: 10_000, bodyBytes: 1_000, pipelining: 4 }
  const { execute, close } = openOrigin({ url, normalise, ...settings })
  const about = { method: "GET", authority: "", headers: [], body: "" }
  const ask = (target: string) => execute(encodeRequest({ ...about, target }))
  await ask("/first")
  // The connection has nothing under way from here on.
  await new Promise((resolve) => setTimeout(resolve, 20))
  const together: Array<number> = []
  const { _writev } = Socket.prototype
  vi.spyOn(Socket.prototype, "_writev").mockImplementation(function (this: Socket, chunks, done) {
    together.push(chunks.length)
    return _writev?.call(this, chunks, done)
  })
  const answers = await Promise.all(["/a", "/b", "/c", "/d"].map(ask))
  expect(answers.every(({ isOrigins }) => isOrigins)).toBe(true)
  expect(together).toContain(4)
  close()
})
