/**
 * Sockets to one server, whose writes of one turn leave together: several questions on one
 * connection cost one system call, and the server reads them at once.
 */
import type { Socket } from "node:net"

export class CorkedSockets {
  readonly #sockets = new Set<Socket>()
  #corked = false

  /** One that is connected. */
  add(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once("close", () => this.#sockets.delete(socket))
  }

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
