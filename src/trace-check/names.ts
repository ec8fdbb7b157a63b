/** Names in the order in which they are first asked for. */
export class Names {
  readonly #prefix: string
  readonly #names = new Map<string, string>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  of(content: string): string {
    const known = this.#names.get(content)
    if (known !== undefined) return known
    const name = `${this.#prefix}${this.#names.size + 1}`
    this.#names.set(content, name)
    return name
  }

  /** What has a name. */
  get texts(): ReadonlyArray<string> {
    return [...this.#names.keys()]
  }

  /** What those of its names that stand in a text are short for, as definitions. */
  definitions(text: string): ReadonlyArray<string> {
    const used = new Set(text.match(new RegExp(`\\b${this.#prefix}\\d+\\b`, "g")))
    return [...this.#names].flatMap(([content, name]) =>
      used.has(name) ? [`${name} == ${content}`] : [],
    )
  }
}
