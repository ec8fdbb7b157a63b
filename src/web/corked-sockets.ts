/**
 * Sockets to one server, whose writes of one turn leave together: several questions on one
 * connection cost one system call, and the server reads them at once.
 */
import type { Socket } from "node:net"

/**
 * What is written from now on waits for the end of its turn. (Whoever writes may do so long after
 * it was asked to: a connection that was idle is looked at first.)
 */
export const corkWrites = (socket: Socket): void => {
  const write = socket.write.bind(socket) as (...given: ReadonlyArray<unknown>) => boolean
  let isCorked = false
  const uncork = (): void => {
    isCorked = false
    socket.uncork()
  }
  socket.write = (...given: ReadonlyArray<unknown>): boolean => {
    if (!isCorked) {
      isCorked = true
      socket.cork()
      process.nextTick(uncork)
    }
    return write(...given)
  }
}
