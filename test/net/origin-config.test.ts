import { describe, expect, it } from "vitest"
import { checkClusterConfig, freshClusterConfig } from "../../src/net/cluster-config.ts"

const ports = [7001, 7002, 7003, 7004]
const file = freshClusterConfig(ports, { service: "origin" })
const good = {
  ...file,
  replicas: file.replicas.map((r, id) => ({ ...r, origin: `http://127.0.0.1:${8000 + id}/base` })),
}

const issues = (changes: object): ReadonlyArray<string> =>
  checkClusterConfig({ ...good, ...changes }).map(
    ({ path, found, expected }) => `${path}: found ${found}, expected ${expected}`,
  )

describe("the origins of a configuration", () => {
  it("are URLs, one a replica", () => {
    expect(issues({})).toEqual([])
    const [first, second, ...others] = good.replicas
    const { origin: _, ...without } = first ?? { origin: "" }
    expect(issues({ replicas: [without, { ...second, origin: "ftp://x" }, ...others] })).toEqual([
      "replicas[0].origin: found nothing, expected the http or https URL of its origin",
      "replicas[1].origin: found ftp://x, expected the http or https URL of its origin",
    ])
    expect(issues({ service: "album", replicas: file.replicas })).toEqual([])
  })

  it.each(["tentative", "readOnly", "digestReplies"])("do not go with %s", (name) => {
    expect(issues({ [name]: true })).toEqual([
      `${name}: found true, expected false with service origin`,
    ])
    expect(issues({ [name]: true, service: "album" })).toEqual([])
  })

  it("give answers that fit into a frame", () => {
    const [issue] = issues({ origins: { bodyBytes: 16 * 1024 * 1024 } })
    expect(issue).toMatch(/^origins\.bodyBytes: found 16777216, expected at most \d+: a frame$/)
  })

  it("are normalised by rules that are checked", () => {
    const rules = { dropHeaders: ["x-build"], dropCookies: [], body: [] }
    expect(issues({ origins: { normalise: rules } })).toEqual([])
    const wrong = { ...rules, body: [{ path: "(", find: "a", replace: "" }] }
    expect(issues({ origins: { normalise: wrong } })).toHaveLength(1)
    expect(issues({ origins: { timeoutMs: 0 } })[0]).toMatch(/^origins\.timeoutMs: found 0/)
  })
})
