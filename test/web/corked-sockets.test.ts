import { once } from "node:events"
import { type AddressInfo, connect, createServer } from "node:net"
import { afterEach, expect, it } from "vitest"
import { CorkedSockets } from "../../src/web/corked-sockets.ts"

const server = createServer()
afterEach(() => void server.close())

it("writes of one turn leave at its end, and later ones at once", async () => {
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const { port } = server.address() as AddressInfo
  const sockets = new CorkedSockets()
  const socket = connect(port, "127.0.0.1")
  await once(socket, "connect")
  sockets.add(socket)
  sockets.cork()
  sockets.cork()
  expect(socket.writableCorked).toBe(1)
  socket.write("one")
  socket.write("two")
  expect(socket.writableLength).toBe(6)
  await new Promise((resolve) => process.nextTick(resolve))
  expect([socket.writableCorked, socket.writableLength]).toEqual([0, 0])
  socket.destroy()
  await once(socket, "close")
  // One that is gone is let alone.
  sockets.cork()
  expect(socket.writableCorked).toBe(0)
})
