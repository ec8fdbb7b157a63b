/**
 * The talk's story, step by step: Alice takes Bob off her album's list, then uploads a photo that
 * he must not see. Whoever may answer with an old state may still show Bob the old album, but never
 * the new photo. Told on any service that takes requests.
 */
import type { HttpRequest, HttpResponse } from "./http-message.ts"
import { WeakStore } from "./weak-store.ts"

/** What was asked by whom, and what came of it. */
export interface StoryStep {
  readonly who: string
  /** In words for people. */
  readonly does: string
  readonly status: number
  /** The photos that the answer shows; undefined for what shows none. */
  readonly sees?: ReadonlyArray<string>
  /** How the answer was come by, where the service says it. */
  readonly how?: string
}

export interface Story {
  readonly store: string
  readonly steps: ReadonlyArray<StoryStep>
  /** Whether Bob was shown the photo that was uploaded after he was taken off the list. */
  readonly leaked: boolean
}

export interface Asked {
  readonly response: HttpResponse
  readonly how?: string
}

export type Ask = (request: HttpRequest) => Promise<Asked>

export interface StoryService {
  readonly store: string
  readonly ask: Ask
  /** Called between Alice's writes and Bob's last look: the worst that the store may do now. */
  readonly meanwhile: () => Promise<void>
}

const requestOf = (user: string, method: string, target: string, body = ""): HttpRequest => ({
  method,
  authority: "album",
  target,
  headers: [
    ...(method === "PUT" ? [["content-type", "image/svg+xml"] as const] : []),
    ["x-user", user] as const,
  ],
  body,
})

const photosIn = ({ status, body }: HttpResponse): ReadonlyArray<string> => {
  if (status !== 200) return []
  const album = JSON.parse(Buffer.from(body, "latin1").toString()) as {
    photos: ReadonlyArray<{ name: string }>
  }
  return album.photos.map(({ name }) => name)
}

const picture = (text: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="120" height="60"><text y="35">${text}</text></svg>`

export const beforePhoto = "beach"
export const secretPhoto = "surprise-party"

/** Tells the story with an album of that name, which must not be there yet. */
export const tellStory = async (service: StoryService, album: string): Promise<Story> => {
  const steps: Array<StoryStep> = []
  const act = async (does: string, request: HttpRequest): Promise<StoryStep> => {
    const { response, how } = await service.ask(request)
    const who = request.headers.find(([name]) => name === "x-user")?.[1] ?? ""
    const isLook = request.method === "GET"
    const step: StoryStep = {
      who,
      does,
      status: response.status,
      ...(isLook ? { sees: photosIn(response) } : {}),
      ...(how === undefined ? {} : { how }),
    }
    steps.push(step)
    return step
  }
  const path = `/album/${album}`
  const photo = (name: string): HttpRequest =>
    requestOf("alice", "PUT", `${path}/photo/${name}`, picture(name))
  const look = requestOf("bob", "GET", path)
  await act("makes an album", requestOf("alice", "PUT", path))
  await act("puts Bob on its list", requestOf("alice", "PUT", `${path}/access`, '["bob"]'))
  await act(`uploads "${beforePhoto}"`, photo(beforePhoto))
  await act("looks at the album", look)
  await act("takes Bob off the list", requestOf("alice", "PUT", `${path}/access`, "[]"))
  await act(`uploads "${secretPhoto}"`, photo(secretPhoto))
  await service.meanwhile()
  const looks = [await act("looks again", look), await act("looks once more", look)]
  const leaked = looks.some(({ sees }) => sees?.includes(secretPhoto) === true)
  return { store: service.store, steps, leaked }
}

/**
 * The album on a weakly consistent store of two replicas: Alice's writes go to the first, Bob reads
 * at the second, which hears of the upload before it hears of the list.
 */
export const weakStory = (): StoryService => {
  const store = new WeakStore(2)
  const catchUp = (): void => {
    while (store.behind(1) > 0) store.hear(1)
  }
  let first = true
  return {
    store: "a weakly consistent store",
    ask: async (request) => {
      if (request.method !== "GET") return { response: store.write(0, request) }
      if (first) catchUp()
      first = false
      return { response: store.read(1, request) }
    },
    meanwhile: async () => store.hear(1, 1),
  }
}
