/** Zyzzyva in a simulation. */
import type { ClientId, ReplicaId } from "../core/ids.ts"
import {
  type ClientInput,
  type ClientState,
  type ClientStep,
  initClient,
  stepClient,
  type UnsignedRequest,
} from "../core/zyzzyva/client.ts"
import {
  type Authentic,
  type ClientMessage,
  type Commit,
  isForClient,
  type Pom,
} from "../core/zyzzyva/message.ts"
import { authenticatorFor } from "./authenticators.ts"
import { type ClientMachine, ClientNode } from "./client-node.ts"
import { byzantineReplicas } from "./faulty.ts"
import type { Hashing } from "./host.ts"
import { microseconds } from "./network.ts"
import { isGet, operationBytes } from "./operation.ts"
import type { Protocol, ReplicaSeat, Seat } from "./protocol.ts"
import { Random } from "./random.ts"
import { clockRate } from "./run-config.ts"
import {
  clientName,
  idOf,
  type NodeName,
  replicaName,
  type Say,
  type Scenario,
} from "./scenario.ts"
import { messageText } from "./story.ts"
import { wrapperOf } from "./wrapper.ts"
import { zyzzyvaMakers, type ZyzzyvaSetting } from "./zyzzyva-behaviours.ts"
import { type Making, zyzzyvaClientConfig, zyzzyvaConfig } from "./zyzzyva-config.ts"
import { zyzzyvaMessageOf } from "./zyzzyva-hostile.ts"
import { ZyzzyvaLedger } from "./zyzzyva-ledger.ts"
import { Signatures, type ZyzzyvaMessage } from "./zyzzyva-messages.ts"
import { ZyzzyvaReplicaNode, type ZyzzyvaStepped } from "./zyzzyva-replica-node.ts"
import { zyzzyvaClientStory, zyzzyvaReplicaStory } from "./zyzzyva-story.ts"

export interface ZyzzyvaOptions {
  readonly hashing: Hashing
  /** Told each step of a replica, its states included. */
  readonly inspectZyzzyva?: (stepped: ZyzzyvaStepped) => void
}

type Asked = UnsignedRequest | Commit | Pom
type Machine = ClientMachine<ZyzzyvaMessage, Asked, ClientState, ClientInput, ClientStep["action"]>

export class ZyzzyvaProtocol implements Protocol<ZyzzyvaMessage> {
  readonly monitor: ZyzzyvaLedger
  readonly #scenario: Scenario
  readonly #options: ZyzzyvaOptions
  readonly #making: Making
  readonly #correct: Array<ZyzzyvaReplicaNode> = []

  constructor(scenario: Scenario, options: ZyzzyvaOptions) {
    this.#scenario = scenario
    this.#options = options
    const { hashing } = options
    this.#making = { hashing, signatures: new Signatures(hashing.hash) }
    const { fast, commit } = zyzzyvaClientConfig(scenario, 0, this.#making).needs
    const liars = byzantineReplicas(scenario).length
    const states = () => this.#correct.map(({ state }) => state)
    this.monitor = new ZyzzyvaLedger(states, { liars, fast, commit })
  }

  readonly textOf = messageText

  readonly replica = (seat: ReplicaSeat<ZyzzyvaMessage>): ZyzzyvaReplicaNode => {
    const { id, twin, correct, host, stepped } = seat
    const { cluster, syncMs, seed } = this.#scenario
    const config = zyzzyvaConfig(this.#scenario, id, this.#making)
    const name = replicaName(id)
    const { logSize } = config
    const send = (to: NodeName, message: ZyzzyvaMessage): void => {
      const { state, holds } = node
      if (correct) this.monitor.sent({ id, state, logSize, message, holds })
      host.send(to, message)
    }
    const node: ZyzzyvaReplicaNode = new ZyzzyvaReplicaNode({
      config,
      making: this.#making,
      progressMs: cluster.progressMs,
      viewChangeMs: cluster.viewChangeMs,
      recoveryPeriodMs: cluster.recoveryPeriodMs ?? 0,
      sync: [microseconds(syncMs[0]), microseconds(syncMs[1])],
      rate: clockRate(this.#scenario, name),
      host: { ...host, send },
      random: new Random(seed, `disk ${name} ${twin}`),
      stepped: (what) => {
        stepped({ action: what.step.action, story: () => zyzzyvaReplicaStory(what) })
        if (correct) this.monitor.stepped(what)
        this.#options.inspectZyzzyva?.(what)
      },
    })
    if (correct) this.#correct.push(node)
    return node
  }

  readonly client = (id: ClientId, { host, stepped }: Seat<ZyzzyvaMessage>) =>
    new ClientNode({
      machine: this.#clientMachine(id),
      requests: this.#scenario.requests.filter(({ client }) => client === id),
      rate: clockRate(this.#scenario, clientName(id)),
      host,
      stepped: (_, input, step) => {
        stepped({ action: step.action, story: () => zyzzyvaClientStory(input, step) })
        const { done } = step.state
        const isDone = step.effects.some((e) => e._tag === "Complete")
        if (isDone && done !== undefined && input._tag === "Receive") {
          this.monitor.completes(input.message.view, done)
        }
      },
      ended: () => undefined,
    })

  #clientMachine(id: ClientId): Machine {
    const config = zyzzyvaClientConfig(this.#scenario, id, this.#making)
    const { signatures } = this.#making
    const { group } = config
    const { cluster } = this.#scenario
    const everyone = Array.from({ length: group.n }, (_, replica) => replica)
    return {
      initial: initClient(config),
      step: (state, input) => stepClient(config, state, input),
      submit: ({ timestamp }, text) => {
        const submit = { _tag: "Submit" as const, operation: operationBytes(text) }
        if (cluster.readOnly === true && isGet(text)) return { ...submit, readOnly: true }
        const replier = timestamp % group.n
        const asked = cluster.digestReplies === true ? { ...submit, replier } : submit
        const first = cluster.commitFirst === true && timestamp % 2 === 1
        const alone = cluster.preferredQuorums === true && timestamp % 3 > 0
        return {
          ...asked,
          ...(first ? { commitFirst: true as const } : {}),
          ...(alone ? { clientOnly: true as const } : {}),
        }
      },
      timeout: (waitedMs) => ({ _tag: "Timeout", waitedMs }),
      heard: (message) => {
        if (!isForClient(message) || !signatures.verify(group, message)) return undefined
        return { _tag: "Receive", message: message as Authentic<ClientMessage> }
      },
      sealed: (message) =>
        message._tag === "Request" || message._tag === "Read"
          ? { ...message, authenticator: authenticatorFor(message, everyone) }
          : message,
    }
  }

  readonly liar = (id: ReplicaId) => {
    const { seed, byzantine } = this.#scenario
    const behaviours = byzantine.find(({ replica }) => replica === id)?.behaviours ?? []
    const config = zyzzyvaConfig(this.#scenario, id, this.#making)
    const random = new Random(seed, `byzantine ${replicaName(id)}`)
    const setting: ZyzzyvaSetting = { ...this.#making, config, random }
    return wrapperOf<ZyzzyvaMessage, ZyzzyvaSetting>(zyzzyvaMakers, behaviours, setting)
  }

  readonly said = (say: Say): ZyzzyvaMessage => {
    const config = zyzzyvaConfig(
      this.#scenario,
      idOf(say.from) % this.#scenario.cluster.n,
      this.#making,
    )
    return zyzzyvaMessageOf({ cluster: this.#scenario.cluster, config }, say)
  }
}
