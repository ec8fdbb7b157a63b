/** Keeps a connection to one address: calls, and calls again with growing pauses. */
import { randomInt } from "node:crypto"
import { connect } from "node:net"
import type { Address } from "./cluster-config.ts"
import {
  Connection,
  type ConnectionEvents,
  type ConnectionLimits,
  type Role,
} from "./connection.ts"

export interface Backoff {
  readonly firstMs: number
  readonly lastMs: number
}

export const defaultBackoff: Backoff = { firstMs: 40, lastMs: 500 }

/** The pause before attempt `attempt` (from 0): doubles up to the last, a random half less. */
export const pauseMs = (backoff: Backoff, attempt: number, random: number): number => {
  const full = Math.min(backoff.lastMs, backoff.firstMs * 2 ** Math.min(attempt, 30))
  return full * (1 - random / 2)
}

export interface DialerOptions {
  readonly address: Address
  readonly role: Extract<Role, { readonly side: "initiator" }>
  readonly limits: ConnectionLimits
  readonly events: ConnectionEvents
  readonly backoff?: Backoff
}

export class Dialer {
  readonly #options: DialerOptions
  #attempt = 0
  #connection: Connection | undefined
  #timer: NodeJS.Timeout | undefined
  #stopped = false

  constructor(options: DialerOptions) {
    this.#options = options
    this.#dial()
  }

  #dial(): void {
    const { address, role, limits, events } = this.#options
    const socket = connect(address.port, address.host)
    this.#connection = new Connection(socket, role, limits, {
      payload: events.payload,
      opened: (connection, hello) => {
        this.#attempt = 0
        events.opened(connection, hello)
      },
      closed: (connection, fault, opened) => {
        this.#connection = undefined
        events.closed(connection, fault, opened)
        if (!this.#stopped) this.#later()
      },
    })
  }

  #later(): void {
    const random = randomInt(1_000_000) / 1_000_000
    const pause = pauseMs(this.#options.backoff ?? defaultBackoff, this.#attempt, random)
    this.#attempt++
    this.#timer = setTimeout(() => this.#dial(), pause)
  }

  /** Ends the connection and calls no more. */
  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
    this.#connection?.close()
  }
}
