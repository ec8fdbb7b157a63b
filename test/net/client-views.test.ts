import { describe, expect, it, onTestFinished } from "vitest"
import type { Reply } from "../../src/core/pbft/message.ts"
import { ClientLoop } from "../../src/net/client-loop.ts"
import { endpointKeys } from "../../src/net/keys.ts"
import { pbftClient } from "../../src/net/pbft-client.ts"
import { base, listening, type Listening, until } from "./callers.ts"

/** Four replicas that only listen, and eight clients whose own timers never fire. */
const clients = async () => {
  const replicas = await Promise.all([0, 1, 2, 3].map((id) => listening(id)))
  const completed: Array<number> = []
  const config = { ...base, retransmitMs: 3_600_000 }
  const keys = endpointKeys(config, 0)
  const loop = new ClientLoop({
    config,
    protocol: pbftClient(config, keys, 0),
    keys,
    endpoint: 0,
    from: 0,
    to: 7,
    log: () => undefined,
    trace: () => undefined,
    completed: (client) => completed.push(client),
    connections: () => undefined,
  })
  onTestFinished(() => loop.close())
  await until("all are connected", () => loop.connected().length === 4)
  const reply = (replica: number, client: number, view: number): void => {
    const { peers } = replicas[replica] as Listening
    const message: Reply = { _tag: "Reply", view, client, timestamp: 1, replica, result: "" }
    peers.toClient(client, message)
    peers.flush()
  }
  /** The clients whose request each replica has received. */
  const heard = (): ReadonlyArray<ReadonlyArray<number>> =>
    replicas.map(({ inputs }) =>
      inputs.flatMap((i) =>
        i._tag === "Receive" && i.message._tag === "Request" ? [i.message.client] : [],
      ),
    )
  const hangUp = (replica: number): Promise<void> => (replicas[replica] as Listening).peers.close()
  return { loop, completed, reply, heard, hangUp }
}

describe("clients of one pool", () => {
  it("call the primary of the view that f + 1 replicas answered in, whoever heard", async () => {
    const { loop, completed, reply, heard } = await clients()
    loop.submit(0, "", false)
    loop.submit(1, "", false)
    await until("the primary has both", () => heard()[0]?.length === 2)
    expect(heard()).toStrictEqual([[0, 1], [], [], []])
    reply(1, 0, 1)
    reply(2, 0, 1)
    await until("client 0 is answered", () => completed.length === 1)
    expect(loop.view).toBe(1)
    // Client 1 waits for an old primary, and client 2 would call it: their requests go to all.
    loop.submit(2, "", false)
    await until("all have both", () => heard().every((all) => all.includes(1) && all.includes(2)))
    expect(heard().map((all) => all.filter((c) => c === 1).length)).toStrictEqual([2, 1, 1, 1])
    // Client 0 knows, and calls the new primary alone.
    loop.submit(0, "", false)
    await until("the new primary has it", () => heard()[1]?.includes(0) === true)
    expect(heard().map((all) => all.filter((c) => c === 0).length)).toStrictEqual([1, 1, 0, 0])
  })

  it("call everybody when the connection to the primary breaks, and as long as it is", async () => {
    const { loop, hangUp, heard } = await clients()
    loop.submit(0, "", false)
    await until("the primary has it", () => heard()[0]?.length === 1)
    await hangUp(0)
    await until("the others have it", () =>
      heard()
        .slice(1)
        .every((all) => all.includes(0)),
    )
    loop.submit(1, "", false)
    await until("they have the next one", () =>
      heard()
        .slice(1)
        .every((all) => all.includes(1)),
    )
    expect(heard().map((all) => all.length)).toStrictEqual([1, 2, 2, 2])
  })

  it("do not believe one replica that there is a later view", async () => {
    const { loop, completed, reply, heard } = await clients()
    loop.submit(0, "", false)
    reply(3, 0, 9)
    reply(2, 0, 0)
    await until("client 0 is answered", () => completed.length === 1)
    expect(loop.view).toBe(0)
    loop.submit(1, "", false)
    await until("the primary has both", () => heard()[0]?.length === 2)
    expect(heard()).toStrictEqual([[0, 1], [], [], []])
  })
})
