import { describe, expect, it } from "vitest"
import { readText, repositoryRoot } from "../../ci/repository.ts"

interface Lock {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string
        readonly resolved?: string
        readonly optionalDependencies?: Readonly<Record<string, string>>
      }
    >
  >
}

/** What would make `npm ci` fail elsewhere: packages of other platforms that are not recorded. */
const unportable = ({ packages }: Lock): ReadonlyArray<string> =>
  Object.entries(packages).flatMap(([path, { resolved, optionalDependencies = {} }]) => [
    ...(resolved?.startsWith("http") ? [`${path}: an address`] : []),
    ...Object.keys(optionalDependencies)
      .filter((name) => !isRecorded(packages, path, name))
      .map((name) => `${path}: ${name} is not recorded`),
  ])

// Beside the package that needs it, or in a folder above.
const isRecorded = (packages: Lock["packages"], path: string, name: string): boolean => {
  const parts = path.split("/node_modules/")
  const folders = parts.map((_, k) => parts.slice(0, k + 1).join("/node_modules/"))
  const places = ["", ...folders.map((folder) => `${folder}/`)]
  return places.some((place) => `${place}node_modules/${name}` in packages)
}

const exact = /^\d+\.\d+\.\d+$/

describe("the lock file", () => {
  it("names every package of every platform, and no address", () => {
    const lock = JSON.parse(readText(repositoryRoot, "package-lock.json")) as Lock
    expect(unportable(lock)).toEqual([])
    expect(Object.keys(lock.packages).length).toBeGreaterThan(10)
  })

  it("is not taken for portable when one is missing", () => {
    const tool = { optionalDependencies: { "@tool/linux": "1.0.0", "@tool/mac": "1.0.0" } }
    const packages = { "node_modules/tool": tool, "node_modules/@tool/linux": {} }
    expect(unportable({ packages })).toEqual(["node_modules/tool: @tool/mac is not recorded"])
    const nested = { ...packages, "node_modules/tool/node_modules/@tool/mac": {} }
    expect(unportable({ packages: nested })).toEqual([])
    const address = { "node_modules/a": { resolved: "https://example.org/a.tgz" } }
    expect(unportable({ packages: address })).toEqual(["node_modules/a: an address"])
  })

  it("belongs to exact versions", () => {
    const { dependencies, devDependencies } = JSON.parse(
      readText(repositoryRoot, "package.json"),
    ) as Record<string, Record<string, string>>
    const versions = Object.entries({ ...dependencies, ...devDependencies })
    expect(versions.filter(([, version]) => !exact.test(version))).toEqual([])
    expect(versions.length).toBeGreaterThan(5)
  })
})
