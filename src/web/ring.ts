/**
 * The sketchers of one group of replicas, as the front end before them sees it: who is asked for a
 * page, what is under way, and how pages change hands: new reads of a page that moves wait until
 * nothing of it is under way at its last owner (spec/tla/Partition.tla, Move). A sketcher that is
 * dead is followed by a standby under its name, at once: what was under way there is lost, and what
 * comes after starts without sketches (Die).
 */
import {
  firstMembers,
  type History,
  isMoved,
  type Member,
  type Members,
  type Owned,
  ownedIn,
  present,
  withMembers,
} from "./ownership.ts"

/** A place in the ring, and where whoever has it now listens. */
export interface Place {
  readonly name: string
  readonly url: string
}

/** A page of which a request was sent on; `done` says that it is over. */
export interface Sent extends Owned {
  readonly url: string
  readonly done: () => void
}

interface Flight {
  readonly page: string
  readonly owner: Member
}

export class Ring {
  readonly #urls = new Map<string, string>()
  readonly #starts = new Map<string, number>()
  /** By name the address of one that died: who still names it means whoever followed. */
  readonly #dead = new Map<string, string>()
  #standbys: Array<string>
  readonly #flights = new Set<Flight>()
  #history: History
  /** What the members will be, while pages are on their way to them. */
  #next: Members | undefined
  #waiting: Array<() => void> = []

  constructor(places: ReadonlyArray<Place>, standbys: ReadonlyArray<string>) {
    this.#standbys = [...standbys]
    for (const { name, url } of places) this.#urls.set(name, url)
    this.#history = firstMembers(this.#membersOf(places))
  }

  get places(): ReadonlyArray<Place> {
    return present(this.#history).members.map(({ name }) => ({ name, url: this.#url(name) }))
  }

  get standbys(): ReadonlyArray<string> {
    return this.#standbys
  }

  /** How often the members changed. */
  get term(): number {
    return present(this.#history).term
  }

  /** Waits while the page changes hands; then says who is to be asked. */
  async send(page: string): Promise<Sent | undefined> {
    while (this.#next !== undefined && isMoved(page, present(this.#history), this.#next)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    const owned = ownedIn(page, this.#history)
    if (owned === undefined) return undefined
    const flight = { page, owner: owned.owner }
    this.#flights.add(flight)
    const done = (): void => {
      this.#flights.delete(flight)
      this.#proceed()
    }
    return { ...owned, url: this.#url(owned.owner.name), done }
  }

  /** The members from now on; pages that move do so when nothing of them is under way. */
  change(places: ReadonlyArray<Place>, standbys: ReadonlyArray<string>): void {
    for (const { name, url } of places) {
      if (this.#urls.get(name) === url || this.#dead.get(name) === url) continue
      // Another address is another process: it has no sketches.
      this.#starts.set(name, this.#startOf(name) + 1)
      this.#urls.set(name, url)
    }
    const used = new Set(places.map(({ name }) => this.#url(name)))
    this.#standbys = standbys.filter((url) => !used.has(url))
    const { term } = present(this.#history)
    this.#next = { term: term + 1, members: this.#membersOf(places) }
    this.#proceed()
  }

  /** The member is dead. False when nobody can follow, or somebody has already. */
  replace({ name, start }: Member): boolean {
    if (this.#startOf(name) !== start) return true
    const url = this.#standbys.shift()
    if (url === undefined) return false
    this.#dead.set(name, this.#url(name))
    this.#urls.set(name, url)
    this.#starts.set(name, start + 1)
    const again = (members: Members): ReadonlyArray<Member> =>
      members.members.map((m) => (m.name === name ? { name, start: start + 1 } : m))
    this.#history = withMembers(this.#history, again(present(this.#history)))
    if (this.#next !== undefined) {
      this.#next = { term: this.term + 1, members: again(this.#next) }
    }
    this.#proceed()
    return true
  }

  #proceed(): void {
    const next = this.#next
    if (next === undefined) return
    const now = present(this.#history)
    // (What is under way at a dead one is lost, and ends by itself.)
    if ([...this.#flights].some(({ page }) => isMoved(page, now, next))) return
    this.#next = undefined
    this.#history = withMembers(this.#history, next.members)
    for (const go of this.#waiting.splice(0)) go()
  }

  #membersOf(places: ReadonlyArray<Place>): ReadonlyArray<Member> {
    return places.map(({ name }) => ({ name, start: this.#startOf(name) }))
  }

  #startOf(name: string): number {
    return this.#starts.get(name) ?? 0
  }

  #url(name: string): string {
    return this.#urls.get(name) ?? ""
  }
}
