/**
 * Which of several sketchers has a page, and since when; spec/tla/Partition.tla. A page belongs to
 * one of them at any time (rendezvous hashing: each page has its own order of the members, and the
 * first that is there has it), so a member that comes or goes moves its own pages and no others.
 *
 * The *term* of a page's owner names the change of members with which it got the page. Sketches are
 * filed under page and term: what a sketcher knew of a page before it lost it is never found again.
 */
import { hash } from "node:crypto"

/** A member; another start of it is another one, with no sketches. */
export interface Member {
  readonly name: string
  readonly start: number
}

/** The members after a change; `term` counts the changes. */
export interface Members {
  readonly term: number
  readonly members: ReadonlyArray<Member>
}

/** Oldest first, never empty. */
export type History = ReadonlyArray<Members>

/** The field of a request that says the term of its page; a client's own is not passed on. */
export const termField = "prophecy-term"

/** Changes that are remembered: who has had a page for longer gets it anew, so to say. */
const termsKept = 64

const weightOf = (page: string, name: string): string =>
  hash("sha256", `${name.length} ${name} ${page}`, "hex")

const isSame = (a: Member | undefined, b: Member | undefined): boolean =>
  a?.name === b?.name && a?.start === b?.start

/** The member that has the page; undefined when there is none at all. */
export const ownerOf = (page: string, { members }: Members): Member | undefined =>
  members.reduce<{ readonly member: Member; readonly weight: string } | undefined>(
    (best, member) => {
      const weight = weightOf(page, member.name)
      return best === undefined || weight > best.weight ? { member, weight } : best
    },
    undefined,
  )?.member

export const firstMembers = (members: ReadonlyArray<Member>): History => [{ term: 0, members }]

/** The members now. */
export const present = (history: History): Members => history.at(-1) as Members

/** The history with these members from now on. */
export const withMembers = (history: History, members: ReadonlyArray<Member>): History =>
  [...history, { term: present(history).term + 1, members }].slice(-termsKept)

export interface Owned {
  readonly owner: Member
  readonly term: number
}

/** Who has the page now, and since which term without interruption. */
export const ownedIn = (page: string, history: History): Owned | undefined => {
  const owner = ownerOf(page, present(history))
  if (owner === undefined) return undefined
  const since = history.findLastIndex((members) => !isSame(ownerOf(page, members), owner)) + 1
  return { owner, term: (history[since] as Members).term }
}

/** Whether the page changes hands from one to the other. */
export const isMoved = (page: string, before: Members, after: Members): boolean =>
  !isSame(ownerOf(page, before), ownerOf(page, after))
