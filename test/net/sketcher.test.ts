/** The sketcher before four replicas as processes: the album, liars, a killed primary. */
import { it } from "@effect/vitest"
import { Effect } from "effect"
import { describe, expect } from "vitest"
import { nowhere } from "../../src/core/prophecy/position.ts"
import type { Behaviour } from "../../src/net/misbehave.ts"
import {
  type Album,
  album,
  decoded,
  type Got,
  made,
  operation,
  photosOf,
  read,
  settled,
  write,
} from "./album.ts"

/** Every replica answers so from now on: one that answers for its status has heard it. */
const allBehave = ({ cluster }: Album, behaviour: Behaviour) =>
  Effect.forEach([0, 1, 2, 3], (replica) => {
    cluster.behave(replica, behaviour)
    return cluster.status(replica)
  })

const photoIn = ({ response }: Got): { readonly uploadedAt: number } => {
  const { photos } = JSON.parse(response.body) as { photos: [{ uploadedAt: number }] }
  return photos[0]
}

describe("a sketcher before four replicas", () => {
  it.live("reads fast what it read before, and the group's answer when that has changed", () =>
    Effect.gen(function* () {
      const a = yield* album()
      const { response, way, position } = yield* write(a, "PUT", "/album/trip")
      expect([response.status, way]).toStrictEqual([201, { path: "replicated", reason: "write" }])
      const first = yield* read(a, "alice", "/album/trip")
      expect(first.way).toStrictEqual({ path: "replicated", reason: "no-sketch" })
      expect(first.position.seq).toBeGreaterThan(position.seq)
      yield* settled(a)
      const second = yield* read(a, "alice", "/album/trip")
      expect(second.way.path).toBe("fast")
      expect(second.response).toStrictEqual(first.response)
      // Another user's key is another key.
      expect((yield* read(a, "bob", "/album/trip")).response.status).toBe(403)
      const before = Date.now()
      yield* write(a, "PUT", "/album/trip/photo/sea", "x")
      const third = yield* read(a, "alice", "/album/trip")
      // The time of the upload is the one that the group agreed on.
      const { uploadedAt } = photoIn(third)
      expect(uploadedAt).toBeGreaterThanOrEqual(before)
      expect(uploadedAt).toBeLessThanOrEqual(Date.now())
      expect([third.way, photosOf(third)]).toStrictEqual([
        { path: "replicated", reason: "mismatch" },
        1,
      ])
      yield* settled(a)
      expect((yield* read(a, "alice", "/album/trip")).way.path).toBe("fast")
      const fresh = yield* read(a, "alice", "/album/trip", { fresh: true })
      expect(fresh.way).toStrictEqual({ path: "replicated", reason: "fresh" })
      const { ways } = yield* a.sketcher.status
      expect(ways).toMatchObject({ fast: 2, mismatch: 1, "no-sketch": 2, fresh: 1, write: 2 })
    }).pipe(Effect.scoped),
  )

  it.live("garbage and silence never reach a client", () =>
    Effect.gen(function* () {
      const a = yield* album({ fastReadMs: 100 })
      yield* made(a)
      const right = yield* read(a, "alice", "/album/trip/photo/sea")
      for (const behaviour of ["garbage", "mute"] as const) {
        yield* allBehave(a, behaviour)
        const got = yield* read(a, "alice", "/album/trip/photo/sea")
        expect(got.response).toStrictEqual(right.response)
        const reason = behaviour === "mute" ? "timeout" : "mismatch"
        expect(got.way).toStrictEqual({ path: "replicated", reason })
      }
    }).pipe(Effect.scoped),
  )

  it.live(
    "old answers are given until a replicated read has seen the change, and never again",
    () =>
      Effect.gen(function* () {
        const a = yield* album()
        yield* made(a)
        yield* read(a, "alice", "/album/trip")
        // Every replica remembers its first answer, and from now on gives nothing else.
        for (let k = 0; k < 60; k++) yield* read(a, "alice", "/album/trip")
        yield* allBehave(a, "old")
        const { position } = yield* write(a, "PUT", "/album/trip/photo/hut", "y")
        const old = yield* read(a, "alice", "/album/trip")
        expect([old.way, photosOf(old)]).toMatchObject([{ path: "fast" }, 1])
        // Who has written asks for what is after that.
        const own = yield* read(a, "alice", "/album/trip", { after: position })
        expect([own.way, photosOf(own)]).toStrictEqual([
          { path: "replicated", reason: "session" },
          2,
        ])
        for (let k = 0; k < 10; k++)
          expect(photosOf(yield* read(a, "alice", "/album/trip"))).toBe(2)
      }).pipe(Effect.scoped),
  )

  it.live("goes on without the primary; one that is no read is refused as a fast read", () =>
    Effect.gen(function* () {
      const a = yield* album({ fastReadMs: 100 })
      yield* made(a)
      yield* read(a, "alice", "/album/trip")
      yield* a.cluster.kill(0)
      expect((yield* write(a, "PUT", "/album/trip/photo/hut", "y")).response.status).toBe(201)
      // Nobody is drawn who is not there: no read waits for a dead one.
      for (let k = 0; k < 12; k++) {
        const { way } = yield* read(a, "alice", "/album/trip/photo/sea")
        expect(way).not.toEqual({ path: "replicated", reason: "timeout" })
      }
      // (One of the others may lag, and its old answer is a fast read's: so a fresh one.)
      expect(photosOf(yield* read(a, "alice", "/album/trip", { fresh: true }))).toBe(2)
      // A write that somebody declares to be a read is executed once, in its turn.
      const put = operation("alice", "PUT", "/album/trip/photo/hut", "z")
      const twice = [1, 2].map(() =>
        a.sketcher.read({ key: put, operation: put, fresh: false, after: nowhere }),
      )
      for (const one of twice) expect(decoded(yield* one).way.path).toBe("replicated")
      const hut = yield* read(a, "alice", "/album/trip/photo/hut", { fresh: true })
      const { body } = hut.response
      expect(body).toBe("z")
    }).pipe(Effect.scoped),
  )

  it.live("without sketches it is proxied PBFT", () =>
    Effect.gen(function* () {
      const a = yield* album({ sketches: false })
      yield* made(a)
      for (let k = 0; k < 3; k++) {
        const got = yield* read(a, "alice", "/album/trip")
        expect(got.way).toStrictEqual({ path: "replicated", reason: "proxied" })
      }
    }).pipe(Effect.scoped),
  )
})
