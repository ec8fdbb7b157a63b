import { type AddressInfo, createServer } from "node:net"
import { describe, expect, it, onTestFinished } from "vitest"
import { isAlive, pressCtrlC, run, scratch, type Started, start } from "./command.ts"

interface Serving {
  readonly url: string
  readonly replicas: ReadonlyArray<{ readonly id: number; readonly pid: number }>
}

const serve = async (
  args: ReadonlyArray<string>,
  cwd = scratch(),
): Promise<Started & { readonly serving: Serving }> => {
  // A configured cluster says itself what it serves.
  const service = args.includes("--config") ? [] : ["--service", "kv"]
  const all = ["start", "--serve", ...service, "--port", "0", "--json", ...args]
  const started = start(all, { cwd })
  onTestFinished(() => void started.child.kill("SIGKILL"))
  await expect.poll(started.stdout, { timeout: 60_000 }).toMatch(/\}\n$/)
  return { ...started, serving: JSON.parse(started.stdout()) }
}
const put = (url: string, key: string, body: string) =>
  fetch(`${url}/kv/${key}`, { method: "PUT", body }).then(({ status }) => status)
const get = (url: string, key: string) => fetch(`${url}/kv/${key}`).then((r) => r.text())
const status = (url: string) => fetch(`${url}/status`).then((r) => r.json())

describe("prophecy start --serve --service kv", () => {
  it("survives a killed backup, says so, and leaves nothing behind", async () => {
    const cwd = scratch()
    const { child, ended, stderr, serving } = await serve(["--out", "run"], cwd)
    const { url, replicas } = serving
    expect(replicas).toHaveLength(4)
    expect(await put(url, "greeting", "hello")).toBe(204)
    expect(await status(url)).toMatchObject({ schema: "prophecy-group/1", n: 4, f: 1, down: [] })
    process.kill(replicas[3]?.pid ?? 0, "SIGKILL")
    await expect
      .poll(stderr, { timeout: 60_000 })
      .toMatch(/replica 3 has ended; 3 of 4 run: the service goes on/)
    expect(await get(url, "greeting")).toBe("hello")
    expect(await put(url, "greeting", "again")).toBe(204)
    expect(await get(url, "greeting")).toBe("again")
    expect(await status(url)).toMatchObject({
      view: 0,
      primary: 0,
      down: [3],
      requests: { completed: 4 },
    })
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    child.kill("SIGTERM")
    expect((await ended).code).toBe(143)
    expect(replicas.filter(({ pid }) => isAlive(pid))).toEqual([])
    // The trace of the killed replica is cut; the others conform without it.
    const others = ["clients-0-63", "replica-0", "replica-1", "replica-2"]
    const traces = others.map((name) => `run/traces/${name}.0.ndjson`)
    const replayed = await run(["replay", "--quiet", ...traces], { cwd })
    expect(replayed).toMatchObject({ code: 0, stderr: "" })
    expect(replayed.stdout).toMatch(/^untraced +replica 3/m)
  })

  it("survives a killed primary: the next view has another one", async () => {
    const { child, ended, stderr, serving } = await serve(["--no-trace"])
    const { url, replicas } = serving
    expect(await put(url, "greeting", "hello")).toBe(204)
    expect(await status(url)).toMatchObject({ view: 0, active: true, primary: 0, down: [] })
    process.kill(replicas[0]?.pid ?? 0, "SIGKILL")
    expect(await get(url, "greeting")).toBe("hello")
    expect(await put(url, "greeting", "again")).toBe(204)
    expect(await get(url, "greeting")).toBe("again")
    expect(stderr()).toMatch(/replica 0 has ended; 3 of 4 run: the service goes on/)
    const now = () => status(url)
    await expect
      .poll(now, { timeout: 60_000 })
      .toMatchObject({ view: expect.toSatisfy((v: number) => v > 0), active: true, down: [0] })
    // On a slow machine the view after the next one may be the first that lasts.
    const { view, primary } = (await now()) as { view: number; primary: number }
    expect(primary).toBe(view % 4)
    expect(primary).not.toBe(0)
    expect((await fetch(`${url}/healthz`)).status).toBe(200)
    child.kill("SIGTERM")
    expect((await ended).code).toBe(143)
  })

  it("says what is wrong when too many replicas are down", async () => {
    const started = await serve(["--no-trace", "--timeout", "500"])
    const { url, replicas } = started.serving
    for (const id of [2, 3]) process.kill(replicas[id]?.pid ?? 0, "SIGKILL")
    const healthz = () => fetch(`${url}/healthz`).then((r) => r.status)
    await expect.poll(healthz, { timeout: 60_000 }).toBe(503)
    const health = await fetch(`${url}/healthz`).then((r) => r.json())
    expect(health).toEqual({ healthy: false, why: "2 of 4 replicas run; 3 are needed" })
    const late = await fetch(`${url}/kv/a`)
    expect([late.status, await late.json()]).toEqual([
      504,
      expect.objectContaining({ error: "NoAnswer", limit: 500 }),
    ])
    pressCtrlC(started)
    expect((await started.ended).code).toBe(130)
    expect(replicas.filter(({ pid }) => isAlive(pid))).toEqual([])
  })

  it("serves a configured cluster, keeps its values, and starts dead replicas again", async () => {
    const cwd = scratch()
    const port = 20_000 + Math.floor(Math.random() * 10_000)
    await run(["init", "--port", String(port)], { cwd })
    const first = await serve(["--config", "cluster.json"], cwd)
    expect(await put(first.serving.url, "kept", "value")).toBe(204)
    first.child.kill("SIGTERM")
    expect((await first.ended).code).toBe(143)
    const second = await serve(["--config", "cluster.json", "--restart-dead"], cwd)
    const { url, replicas } = second.serving
    expect(await get(url, "kept")).toBe("value")
    process.kill(replicas[0]?.pid ?? 0, "SIGKILL")
    await expect.poll(second.stderr, { timeout: 60_000 }).toMatch(/replica 0 runs again, pid \d+/)
    expect(await get(url, "kept")).toBe("value")
    second.child.kill("SIGTERM")
    expect((await second.ended).code).toBe(143)
  })

  it("refuses a port that is in use, before it starts anything", async () => {
    const server = createServer()
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
    const { port } = server.address() as AddressInfo
    const cwd = scratch()
    const args = ["start", "--serve", "--port", String(port)]
    const { code, stdout, stderr } = await run(args, { cwd })
    expect([code, stdout]).toEqual([2, ""])
    expect(stderr).toContain(`cannot listen on 127.0.0.1:${port}: it is in use`)
    expect(stderr).not.toContain("starting")
  })
})
