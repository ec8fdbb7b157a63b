/**
 * Ends the process, and does end it.
 *
 * A plain process.exit waits for V8's threads. One that compiles may be waiting for the main thread
 * to collect garbage, which it never does again: the process hangs (nodejs/node issue 54918). Short
 * commands on a busy machine did, one in fifty. So nothing new is compiled from here on, and
 * what compiles gets the room it may be waiting for.
 */
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

/** Above this, collecting takes longer than it is worth; such a heap has room to compile in. */
const smallHeapBytes = 256 * 2 ** 20

export const leave = (code: number): never => {
  for (const tier of ["sparkplug", "maglev", "opt"]) setFlagsFromString(`--no-${tier}`)
  if (process.memoryUsage().heapUsed < smallHeapBytes) {
    setFlagsFromString("--expose-gc")
    runInNewContext("gc")()
  }
  return process.exit(code)
}
