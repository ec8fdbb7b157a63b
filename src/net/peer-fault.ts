/** What a peer, or whoever pretends to be one, can do wrong on a connection. */
import { Data } from "effect"

/** A frame that cannot be: too long, too short, or not the one that the handshake needs. */
export class BadFrame extends Data.TaggedError("BadFrame")<{ readonly reason: string }> {
  override get message(): string {
    return `bad frame: ${this.reason}`
  }
}

/** A MAC that does not verify: forged, replayed, out of order, or under another secret. */
export class BadMac extends Data.TaggedError("BadMac")<{ readonly where: "frame" | "handshake" }> {
  override get message(): string {
    return `the MAC of a ${this.where} does not verify`
  }
}

/** The other side refused the handshake, and said why. Not authenticated: a hint, no proof. */
export class Refused extends Data.TaggedError("Refused")<{ readonly reason: string }> {
  override get message(): string {
    return `refused: ${this.reason}`
  }
}

/** The other side takes less than it is sent: what waits for it exceeds the limit. */
export class TooSlow extends Data.TaggedError("TooSlow")<{ readonly queuedBytes: number }> {
  override get message(): string {
    return `too slow: ${this.queuedBytes} bytes wait to be sent`
  }
}

/** The handshake took too long. */
export class NoHandshake extends Data.TaggedError("NoHandshake")<{ readonly afterMs: number }> {
  override get message(): string {
    return `no handshake within ${this.afterMs} ms`
  }
}

/** A key that was replaced by a later one, or is none of the other side's. */
export class StaleKey extends Data.TaggedError("StaleKey")<{ readonly reason: string }> {
  override get message(): string {
    return `stale key: ${this.reason}`
  }
}

/** The connection ended: closed by the other side, or by the system. */
export class Disconnected extends Data.TaggedError("Disconnected")<{ readonly reason: string }> {
  override get message(): string {
    return this.reason
  }
}

export type PeerFault =
  | BadFrame
  | BadMac
  | Refused
  | TooSlow
  | NoHandshake
  | StaleKey
  | Disconnected
