/**
 * One authenticated connection: the handshake, then frames both ways. What is sent in one turn of
 * the loop leaves in one write; a side that does not read is dropped, not waited for.
 *
 * Outside the specification: connections. The network there loses, delays, repeats and reorders
 * whatever was sent.
 */
import { randomBytes } from "node:crypto"
import type { Socket } from "node:net"
import { writeMessage, type WireMessage } from "./codec.ts"
import { bareFrame, FrameOpener, FrameReader, FrameSealer } from "./frames.ts"
import {
  checkChallenge,
  checkProof,
  type Hello,
  helloSize,
  nonceSize,
  readHello,
  type SessionKeys,
  sessionKeys,
  writeChallenge,
  writeHello,
  writeProof,
  writeRefusal,
} from "./handshake.ts"
import { macSize } from "./hmac.ts"
import {
  BadFrame,
  Disconnected,
  NoHandshake,
  type PeerFault,
  Refused,
  TooSlow,
} from "./peer-fault.ts"
import type { Keying } from "./key-epochs.ts"
import { KeyedHandshake } from "./keyed-handshake.ts"
import { type Progress, writeProgress } from "./progress.ts"
import { newKeySize } from "./new-key.ts"
import { isAboutKeys, type Rekeying } from "./rekeying.ts"
import { type StateChunk, writeStateChunk } from "./state-wire.ts"
import type { Writer } from "./writer.ts"

export interface ConnectionLimits {
  readonly frameBytes: number
  readonly sendQueueBytes: number
}

/** Which side this is, and how it finds the shared secret. */
export type Role =
  | {
      readonly side: "initiator"
      readonly hello: Omit<Hello, "nonce">
      readonly secret: Uint8Array
      /** Where keys are refreshed. */
      readonly keying?: Keying | undefined
    }
  | {
      readonly side: "acceptor"
      /** The secret shared with whoever says this hello, or the number of a refusal. */
      readonly secretFor: (hello: Hello) => Uint8Array | number
      readonly keying?: Keying | undefined
    }

export interface ConnectionEvents {
  /** The other side is who it says. At the acceptor with its hello. */
  readonly opened: (connection: Connection, hello: Hello | undefined) => void
  /** An authentic payload: `bytes[from .. to)`, valid during the call. */
  readonly payload: (connection: Connection, bytes: Buffer, from: number, to: number) => void
  /** What comes from here on is under another key than what came before. */
  readonly rekeyed?: (connection: Connection) => void
  /** Called once, whatever the reason. `opened` says whether the handshake had succeeded. */
  readonly closed: (connection: Connection, fault: PeerFault, opened: boolean) => void
}

const handshakeFrameBytes = 128
const handshakeMs = 5_000
/** How long what waits may take to leave when the connection is closed. */
const closingMs = 500
/** A frame is closed when it holds this much: the other side can start on it. */
const softFrameBytes = 64 * 1024

const freshNonce = (): string => randomBytes(nonceSize).toString("latin1")

export class Connection {
  readonly #socket: Socket
  readonly #events: ConnectionEvents
  readonly #limits: ConnectionLimits
  readonly #reader = new FrameReader(handshakeFrameBytes)
  readonly #timer: NodeJS.Timeout
  #handle: (body: Buffer) => PeerFault | undefined
  #sealer: FrameSealer | undefined
  #opener: FrameOpener | undefined
  #frames: Array<Buffer> = []
  #closed = false
  #rekeying: Rekeying | undefined
  #unwatch: () => void = () => undefined

  constructor(socket: Socket, role: Role, limits: ConnectionLimits, events: ConnectionEvents) {
    this.#socket = socket
    this.#events = events
    this.#limits = limits
    if (role.keying !== undefined) this.#reader.limit = handshakeFrameBytes + newKeySize
    this.#timer = setTimeout(
      () => this.fail(new NoHandshake({ afterMs: handshakeMs })),
      handshakeMs,
    )
    this.#handle =
      role.side === "initiator" ? this.#initiate(role) : (body) => this.#answer(role, body)
    socket.setNoDelay(true)
    socket.setKeepAlive(true, 10_000)
    socket.on("data", (chunk: Buffer) => this.#data(chunk))
    socket.on("error", (error) => this.fail(new Disconnected({ reason: error.message })))
    socket.on("close", () => this.fail(new Disconnected({ reason: "closed by the other side" })))
  }

  get isOpen(): boolean {
    return this.#sealer !== undefined && !this.#closed
  }

  /** Bytes that the system has not taken yet. */
  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  #initiate(role: Extract<Role, { readonly side: "initiator" }>) {
    const first = writeHello({ ...role.hello, nonce: freshNonce() })
    const keyed = new KeyedHandshake(role.keying, first)
    this.#socket.write(bareFrame(keyed.sent))
    const other = { kind: "replica", id: role.hello.to } as const
    return (frame: Buffer): PeerFault | undefined => {
      const agreed = keyed.answered(other, role.secret, Buffer.from(frame))
      if ("_tag" in agreed) return agreed
      const { secret, said, rest: challenge } = agreed
      const fault = checkChallenge(secret, said, challenge)
      if (fault !== undefined) return fault
      this.#socket.write(bareFrame(writeProof(secret, said, challenge)))
      this.#rekeying = keyed.rekeying(other, { agreed, challenge, initiator: true })
      this.#open(sessionKeys(secret, said, challenge, true), undefined)
      return undefined
    }
  }

  #answer(role: Extract<Role, { readonly side: "acceptor" }>, body: Buffer): PeerFault | undefined {
    const bytes = Buffer.from(body)
    const hello = readHello(bytes.subarray(0, helloSize))
    if (hello instanceof BadFrame) return hello
    const long = hello === 1 ? 1 : role.secretFor(hello)
    if (hello === 1 || typeof long === "number") {
      this.#socket.write(bareFrame(writeRefusal(long as number)))
      return new Refused({ reason: `refusal ${long as number} sent` })
    }
    const { kind, id, firstClient: from, lastClient: to } = hello
    const other = kind === "replica" ? { kind, id } : { kind, id, from, to }
    const keyed = new KeyedHandshake(role.keying, bytes.subarray(0, helloSize))
    const agreed = keyed.called(other, long, bytes.subarray(helloSize))
    if ("_tag" in agreed) return agreed
    const { secret, said } = agreed
    const challenge = writeChallenge(secret, said, freshNonce())
    this.#socket.write(bareFrame(Buffer.concat([keyed.own, challenge])))
    this.#handle = (proof) => {
      const fault = checkProof(secret, said, challenge, proof)
      if (fault !== undefined) return fault
      this.#rekeying = keyed.rekeying(other, { agreed, challenge, initiator: false })
      this.#open(sessionKeys(secret, said, challenge, false), hello)
      return undefined
    }
    return undefined
  }

  #open(keys: SessionKeys, hello: Hello | undefined): void {
    clearTimeout(this.#timer)
    this.#reader.limit = this.#limits.frameBytes + macSize
    this.#sealer = new FrameSealer(keys.send)
    this.#opener = new FrameOpener(keys.receive)
    this.#unwatch = this.#rekeying?.watch(() => this.#refresh()) ?? this.#unwatch
    this.#events.opened(this, hello)
  }

  #data(chunk: Buffer): void {
    if (this.#closed) return
    const fault = this.#reader.push(chunk, (bytes, from, to) => {
      const wrong = this.#frame(bytes, from, to)
      if (wrong !== undefined) this.fail(wrong)
      return !this.#closed
    })
    if (fault !== null) this.fail(fault)
  }

  #frame(bytes: Buffer, from: number, to: number): PeerFault | undefined {
    if (this.#opener === undefined) return this.#handle(bytes.subarray(from, to))
    const payload = this.#opener.open(bytes, from, to)
    if ("_tag" in payload) return payload
    if (this.#rekeying !== undefined && isAboutKeys(payload.bytes[payload.from])) {
      return this.#aboutKeys(this.#rekeying, payload.bytes.subarray(payload.from, payload.to))
    }
    this.#events.payload(this, payload.bytes, payload.from, payload.to)
    return undefined
  }

  #aboutKeys(rekeying: Rekeying, bytes: Buffer): PeerFault | undefined {
    const offer = rekeying.takeOffer(bytes)
    if (offer === "taken") return this.#switch(rekeying)
    if (offer !== undefined) return offer
    const key = rekeying.takeSwitch(bytes)
    if ("_tag" in key) return key
    this.#opener = new FrameOpener(key)
    this.#events.rekeyed?.(this)
    return undefined
  }

  // The own key is a new one: the other side is told, and both go over to it.
  #refresh(): void {
    const [rekeying, sealer] = [this.#rekeying, this.#sealer]
    if (rekeying === undefined || sealer === undefined || this.#closed) return
    if (sealer.size > 0) this.#frames.push(sealer.seal())
    rekeying.offer(sealer.writer)
    this.#frames.push(sealer.seal())
    this.#switch(rekeying)
  }

  // What is sent from here on is under the newest keys of both.
  #switch(rekeying: Rekeying): undefined {
    const sealer = this.#sealer
    if (sealer === undefined) return
    if (sealer.size > 0) this.#frames.push(sealer.seal())
    const key = rekeying.switch(sealer.writer)
    this.#frames.push(sealer.seal())
    this.#sealer = new FrameSealer(key)
    this.flush()
    const stale = rekeying.due()
    const check = (): void => {
      const fault = this.#closed ? undefined : stale()
      if (fault !== undefined) this.fail(fault)
    }
    setTimeout(check, rekeying.graceMs).unref()
  }

  /** Adds a message of PBFT to what `flush` sends. */
  send(message: WireMessage): void {
    this.sendBy(writeMessage, message)
  }

  /** Adds what `write` writes of a message. */
  sendBy<M>(write: (writer: Writer, message: M) => void, message: M): void {
    if (this.#sealer === undefined || this.#closed) return
    write(this.#sealer.writer, message)
    this.#closeFullFrame(this.#sealer)
  }

  /** The same with a message's bytes. */
  sendBytes(bytes: Buffer, from: number, to: number): void {
    if (this.#sealer === undefined || this.#closed) return
    this.#sealer.writer.copy(bytes, from, to)
    this.#closeFullFrame(this.#sealer)
  }

  sendProgress(progress: Progress): void {
    if (this.#sealer === undefined || this.#closed) return
    writeProgress(this.#sealer.writer, progress)
  }

  sendChunk(chunk: StateChunk): void {
    if (this.#sealer === undefined || this.#closed) return
    writeStateChunk(this.#sealer.writer, chunk)
    this.#closeFullFrame(this.#sealer)
  }

  #closeFullFrame(sealer: FrameSealer): void {
    if (sealer.size >= softFrameBytes) this.#frames.push(sealer.seal())
  }

  /** One write for all that was added. */
  flush(): void {
    const sealer = this.#sealer
    if (sealer === undefined || this.#closed) return
    if (sealer.size > 0) this.#frames.push(sealer.seal())
    const [first] = this.#frames
    if (first === undefined) return
    if (this.#frames.length === 1) this.#socket.write(first)
    else {
      this.#socket.cork()
      for (const frame of this.#frames) this.#socket.write(frame)
      this.#socket.uncork()
    }
    this.#frames = []
    const { queuedBytes } = this
    if (queuedBytes > this.#limits.sendQueueBytes) this.fail(new TooSlow({ queuedBytes }))
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    if (!this.#closed) this.#socket.resume()
  }

  /** Ends the connection at once; what waits to be sent is lost. */
  fail(fault: PeerFault): void {
    if (this.#closed) return
    this.#closed = true
    this.#unwatch()
    clearTimeout(this.#timer)
    // A refusal must still go out: end, and do not wait.
    if (fault._tag === "Refused") this.#socket.end()
    else this.#socket.destroy()
    this.#events.closed(this, fault, this.#sealer !== undefined)
  }

  /** Sends what waits and ends the connection. */
  close(): void {
    this.flush()
    if (this.#closed) return
    this.#closed = true
    this.#unwatch()
    clearTimeout(this.#timer)
    this.#socket.destroySoon()
    // Whoever does not take what waits is not waited for.
    setTimeout(() => this.#socket.destroy(), closingMs).unref()
  }
}
