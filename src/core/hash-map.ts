/**
 * A persistent map from texts: a trie over the bits of the key's hash. A write copies one short
 * array a level, and equal maps have equal structure whatever the order of the writes.
 */
interface Leaf<A> {
  /** Entries whose keys have one hash, by key: almost always one. */
  readonly entries: ReadonlyArray<readonly [key: string, value: A]>
  readonly hash: number
}
interface Branch<A> {
  readonly children: ReadonlyArray<Node<A> | undefined>
}
type Node<A> = Leaf<A> | Branch<A>

export interface HashMap<A> {
  readonly size: number
  readonly root: Node<A> | undefined
}

const bits = 4
const width = 1 << bits
const mask = width - 1

export const empty: HashMap<never> = { size: 0, root: undefined }

// FNV-1a. Nothing but speed depends on it.
const hashOf = (key: string): number => {
  let h = 0x811c9dc5
  for (let k = 0; k < key.length; k++) h = Math.imul(h ^ key.charCodeAt(k), 0x01000193)
  return (h ^ (h >>> 15)) >>> 0
}

const slotOf = (hash: number, depth: number): number => (hash >>> (depth * bits)) & mask

const isLeaf = <A>(node: Node<A>): node is Leaf<A> => "entries" in node

export const get = <A>(map: HashMap<A>, key: string): A | undefined => {
  const hash = hashOf(key)
  let node = map.root
  for (let depth = 0; node !== undefined && !isLeaf(node); depth++) {
    node = node.children[slotOf(hash, depth)]
  }
  if (node === undefined || node.hash !== hash) return undefined
  return node.entries.find(([k]) => k === key)?.[1]
}

const withEntry = <A>(leaf: Leaf<A>, key: string, value: A): Leaf<A> => {
  const others = leaf.entries.filter(([k]) => k !== key)
  const entries = [...others, [key, value] as const].sort(([a], [b]) => (a < b ? -1 : 1))
  return { ...leaf, entries }
}

const branchOf = <A>(leaf: Leaf<A>, depth: number): Branch<A> => {
  const children = new Array<Node<A> | undefined>(width).fill(undefined)
  children[slotOf(leaf.hash, depth)] = leaf
  return { children }
}

const put = <A>(node: Node<A> | undefined, leaf: Leaf<A>, depth: number): Node<A> => {
  if (node === undefined) return leaf
  if (isLeaf(node) && node.hash === leaf.hash) {
    return leaf.entries.reduce((all, [key, value]) => withEntry(all, key, value), node)
  }
  const branch = isLeaf(node) ? branchOf(node, depth) : node
  const slot = slotOf(leaf.hash, depth)
  const children = branch.children.slice()
  children[slot] = put(children[slot], leaf, depth + 1)
  return { children }
}

export const has = <A>(map: HashMap<A>, key: string): boolean => get(map, key) !== undefined

/** The map with this entry; `value` is not undefined. */
export const set = <A>(map: HashMap<A>, key: string, value: A): HashMap<A> => ({
  size: has(map, key) ? map.size : map.size + 1,
  root: put(map.root, { hash: hashOf(key), entries: [[key, value]] }, 0),
})

const entriesOf = <A>(node: Node<A> | undefined): ReadonlyArray<readonly [string, A]> => {
  if (node === undefined) return []
  return isLeaf(node) ? node.entries : node.children.flatMap(entriesOf)
}

/** Every entry, by key. */
export const entries = <A>(map: HashMap<A>): ReadonlyArray<readonly [string, A]> =>
  entriesOf(map.root).toSorted(([a], [b]) => (a < b ? -1 : 1))
