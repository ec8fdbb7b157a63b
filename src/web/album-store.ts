/** The album's state: albums, who may see them, and their photos, in SQLite. */
import { createHash } from "node:crypto"
import { DatabaseSync, type StatementSync } from "node:sqlite"
import type { Bytes, Digest } from "../core/ids.ts"

export interface Album {
  readonly name: string
  readonly owner: string
  /** Who may look at it, besides its owner; sorted. */
  readonly allowed: ReadonlyArray<string>
}

export interface PhotoEntry {
  readonly name: string
  readonly type: string
  readonly bytes: number
  /** SHA-256 of the content, hexadecimal. */
  readonly digest: Digest
  /** Milliseconds since 1970, as the replicas agreed on it. */
  readonly uploadedAt: number
}

export interface Photo extends PhotoEntry {
  readonly body: Buffer
}

const tables = `
  CREATE TABLE album (name TEXT PRIMARY KEY, owner TEXT NOT NULL, allowed TEXT NOT NULL) STRICT;
  CREATE TABLE photo (
    album TEXT NOT NULL REFERENCES album (name), name TEXT NOT NULL, type TEXT NOT NULL,
    body BLOB NOT NULL, digest TEXT NOT NULL, uploaded INTEGER NOT NULL,
    PRIMARY KEY (album, name)) STRICT;
  CREATE TABLE clock (now INTEGER NOT NULL) STRICT;
  INSERT INTO clock VALUES (0);`

const sha256 = (data: string | Uint8Array): Digest =>
  createHash("sha256").update(data).digest("hex")

/** A value of a row, which SQLite's types promise and TypeScript does not know. */
type Row = Record<string, string | number | Uint8Array>

export class AlbumStore {
  readonly #db = new DatabaseSync(":memory:")
  readonly #statements = new Map<string, StatementSync>()

  constructor() {
    this.#db.exec(tables)
  }

  #query(sql: string): StatementSync {
    const known = this.#statements.get(sql)
    if (known !== undefined) return known
    const made = this.#db.prepare(sql)
    this.#statements.set(sql, made)
    return made
  }

  #rows(sql: string, ...values: ReadonlyArray<string>): ReadonlyArray<Row> {
    return this.#query(sql).all(...values) as Array<Row>
  }

  /** The last agreed time, in milliseconds since 1970. */
  get now(): number {
    return Number(this.#rows("SELECT now FROM clock")[0]?.["now"])
  }

  set now(time: number) {
    this.#query("UPDATE clock SET now = ?").run(time)
  }

  album(name: string): Album | undefined {
    const row = this.#rows("SELECT owner, allowed FROM album WHERE name = ?", name)[0]
    if (row === undefined) return undefined
    const allowed = JSON.parse(String(row["allowed"])) as ReadonlyArray<string>
    return { name, owner: String(row["owner"]), allowed }
  }

  putAlbum({ name, owner, allowed }: Album): void {
    const text = JSON.stringify([...new Set(allowed)].sort())
    this.#query(
      "INSERT INTO album VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET owner = ?2, allowed = ?3",
    ).run(name, owner, text)
  }

  photos(album: string): ReadonlyArray<PhotoEntry> {
    return this.#rows(
      `SELECT name, type, length(body) AS bytes, digest, uploaded FROM photo
       WHERE album = ? ORDER BY name`,
      album,
    ).map(entryOf)
  }

  photo(album: string, name: string): Photo | undefined {
    const row = this.#rows(
      `SELECT name, type, length(body) AS bytes, digest, uploaded, body FROM photo
       WHERE album = ? AND name = ?`,
      album,
      name,
    )[0]
    if (row === undefined) return undefined
    return { ...entryOf(row), body: Buffer.from(row["body"] as Uint8Array) }
  }

  putPhoto(album: string, photo: Pick<Photo, "name" | "type" | "body" | "uploadedAt">): void {
    const { name, type, body, uploadedAt } = photo
    this.#query(
      `INSERT INTO photo VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET type = ?3, body = ?4, digest = ?5, uploaded = ?6`,
    ).run(album, name, type, body, sha256(body), uploadedAt)
  }

  /** Whether there was one. */
  removePhoto(album: string, name: string): boolean {
    const done = this.#query("DELETE FROM photo WHERE album = ? AND name = ?").run(album, name)
    return done.changes > 0
  }

  /** Every row in one order; a photo's content by its digest only. */
  digest(): Digest {
    const hash = createHash("sha256").update(`${this.now}\n`)
    for (const row of this.#rows("SELECT * FROM album ORDER BY name")) {
      hash.update(`${JSON.stringify([row["name"], row["owner"], row["allowed"]])}\n`)
    }
    const photos = "SELECT album, name, type, digest, uploaded FROM photo ORDER BY album, name"
    for (const row of this.#rows(photos)) {
      const { album, name, type, digest, uploaded } = row
      hash.update(`${JSON.stringify([album, name, type, digest, uploaded])}\n`)
    }
    return hash.digest("hex")
  }

  snapshot(): Bytes {
    const photos = this.#rows("SELECT * FROM photo ORDER BY album, name").map((row) => ({
      ...row,
      body: Buffer.from(row["body"] as Uint8Array).toString("base64"),
    }))
    const albums = this.#rows("SELECT * FROM album ORDER BY name")
    return Buffer.from(JSON.stringify({ now: this.now, albums, photos })).toString("latin1")
  }

  /** False, and nothing changed, when the bytes are no snapshot. */
  restore(snapshot: Bytes): boolean {
    this.#db.exec("BEGIN")
    try {
      const { now, albums, photos } = JSON.parse(Buffer.from(snapshot, "latin1").toString()) as {
        now: number
        albums: ReadonlyArray<Row>
        photos: ReadonlyArray<Row>
      }
      this.#db.exec("DELETE FROM photo; DELETE FROM album")
      this.now = now
      const album = this.#query("INSERT INTO album VALUES (?, ?, ?)")
      for (const a of albums) {
        album.run(String(a["name"]), String(a["owner"]), String(a["allowed"]))
      }
      for (const p of photos) {
        this.putPhoto(String(p["album"]), {
          name: String(p["name"]),
          type: String(p["type"]),
          body: Buffer.from(String(p["body"]), "base64"),
          uploadedAt: Number(p["uploaded"]),
        })
      }
      this.#db.exec("COMMIT")
      return true
    } catch {
      // Bytes that are no JSON, or rows that the tables refuse: all is as it was.
      this.#db.exec("ROLLBACK")
      return false
    }
  }

  close(): void {
    this.#db.close()
  }
}

const entryOf = (row: Row): PhotoEntry => ({
  name: String(row["name"]),
  type: String(row["type"]),
  bytes: Number(row["bytes"]),
  digest: String(row["digest"]),
  uploadedAt: Number(row["uploaded"]),
})
