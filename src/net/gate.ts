/**
 * What depends on records waits here until they are durable, and happens then in its order.
 * Records gather in a group while the one before is written; what comes after a record of the
 * gathering group waits for that group, everything else for the one that is being written.
 */
export class Gate<A> {
  readonly #gathers: () => boolean
  readonly #act: (item: A) => void
  #gathered: Array<A> = []
  #written: Array<A> | undefined

  /** `gathers`: whether the gathering group holds records. */
  constructor(gathers: () => boolean, act: (item: A) => void) {
    this.#gathers = gathers
    this.#act = act
  }

  /** How much waits. */
  get waiting(): number {
    return this.#gathered.length + (this.#written?.length ?? 0)
  }

  pass(item: A): void {
    if (this.#gathers()) this.#gathered.push(item)
    else if (this.#written !== undefined) this.#written.push(item)
    else this.#act(item)
  }

  /** The group that has gathered is being written from here on. */
  writing(): void {
    this.#written = this.#gathered
    this.#gathered = []
  }

  /** The group that was being written is durable. */
  durable(): void {
    const due = this.#written ?? []
    this.#written = undefined
    for (const item of due) this.#act(item)
  }
}
