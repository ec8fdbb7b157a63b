/**
 * Sockets to one server, whose writes of one turn leave together: several questions on one
 * connection cost one system call, and the server reads them at once.
 */
import type { Socket } from "node:net"
import { buildConnector } from "undici"

type Connector = ReturnType<typeof buildConnector>

export class CorkedSockets {
  readonly #sockets = new Set<Socket>()
  readonly #connect = buildConnector({})
  #corked = false

  /** Opens a connection for whoever asks for one. */
  readonly connect: Connector = (options, callback) =>
    this.#connect(options, (...result) => {
      if (result[0] === null) {
        const [, socket] = result
        this.#sockets.add(socket)
        socket.once("close", () => this.#sockets.delete(socket))
      }
      callback(...result)
    })

  /** What is written from now on waits for the end of this turn. */
  cork(): void {
    if (this.#corked) return
    this.#corked = true
    for (const socket of this.#sockets) socket.cork()
    process.nextTick(this.#uncork)
  }

  readonly #uncork = (): void => {
    this.#corked = false
    // (One that was connected since has nothing to let go, which does no harm.)
    for (const socket of this.#sockets) socket.uncork()
  }
}
