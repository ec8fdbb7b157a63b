/** PBFT in a simulation. */
import type { Authentic, Reply } from "../core/pbft/message.ts"
import {
  type ClientInput,
  type ClientState,
  type ClientStep,
  initClient,
  stepClient,
  type UnsignedRequest,
} from "../core/pbft/client.ts"
import { clientLine } from "../core/pbft/trace.ts"
import type { ClientId, ReplicaId } from "../core/ids.ts"
import { groupOf } from "../core/quorum.ts"
import type { TraceNode } from "../core/trace-event.ts"
import { authenticatorFor } from "./authenticators.ts"
import { makers, type Setting } from "./behaviours.ts"
import { type ClientMachine, ClientNode } from "./client-node.ts"
import { tooManyFaulty } from "./faulty.ts"
import type { Hashing, ReplicaStepped } from "./host.ts"
import { messageOf } from "./hostile.ts"
import { Ledger } from "./ledger.ts"
import type { WireMessage } from "./messages.ts"
import { microseconds } from "./network.ts"
import { isGet, operationBytes } from "./operation.ts"
import type { Protocol, ReplicaSeat, Seat } from "./protocol.ts"
import { Random } from "./random.ts"
import { Recorder, type WriteLine } from "./recorder.ts"
import { ReplicaNode } from "./replica-node.ts"
import { clientConfig, clockRate, driverOptions, replicaConfig, runHeader } from "./run-config.ts"
import { clientName, type NodeName, replicaName, type Say, type Scenario } from "./scenario.ts"
import { clientStory, messageText, replicaStory } from "./story.ts"
import { wrapperOf } from "./wrapper.ts"

export interface PbftOptions {
  readonly hashing: Hashing
  /** SHA-256 of the specification, for the traces. */
  readonly spec: string
  readonly write: WriteLine
  /** Told each step of a replica, its states included. */
  readonly inspect?: (stepped: ReplicaStepped) => void
}

export class PbftProtocol implements Protocol<WireMessage> {
  readonly monitor: Ledger
  readonly #scenario: Scenario
  readonly #options: PbftOptions
  readonly #correct: Array<ReplicaNode> = []

  constructor(scenario: Scenario, options: PbftOptions) {
    this.#scenario = scenario
    this.#options = options
    const { n, quorum } = scenario.cluster
    const needed = (quorum ?? groupOf(n).quorum) - groupOf(n).f
    const states = () => this.#correct.map(({ state }) => state)
    // Those who lie in turn are not watched, and support all the same while they do not.
    const inTurn = scenario.byzantine.some(({ since }) => since !== undefined)
    this.monitor = new Ledger(states, !tooManyFaulty(scenario) && !inTurn, needed)
  }

  readonly textOf = messageText

  #recorder(node: TraceNode): Recorder {
    const { write, spec } = this.#options
    return new Recorder(write, runHeader(this.#scenario, spec), node)
  }

  readonly replica = ({
    id,
    twin,
    correct,
    host,
    stepped,
  }: ReplicaSeat<WireMessage>): ReplicaNode => {
    const { cluster, syncMs, seed } = this.#scenario
    const { hashing, inspect } = this.#options
    const config = replicaConfig(this.#scenario, id, hashing)
    const name = replicaName(id)
    const send = (to: NodeName, message: WireMessage): void => {
      const high = node.state.log.low + config.logSize
      if (correct) this.monitor.sent({ config, message, high, holds: node.holds })
      host.send(to, message)
    }
    const node: ReplicaNode = new ReplicaNode({
      config,
      ...driverOptions(cluster),
      sync: [microseconds(syncMs[0]), microseconds(syncMs[1])],
      rate: clockRate(this.#scenario, name),
      hashing,
      host: { ...host, send },
      random: new Random(seed, `disk ${name} ${twin}`),
      recorder: correct ? this.#recorder({ kind: "replica", id }) : undefined,
      stepped: (what) => {
        stepped({ action: what.step.action, story: () => replicaStory(what) })
        if (correct) this.monitor.stepped(what)
        inspect?.(what)
      },
    })
    if (correct) this.#correct.push(node)
    return node
  }

  readonly client = (id: ClientId, { host, stepped }: Seat<WireMessage>) => {
    const node = { kind: "clients" as const, from: id, to: id, firstTimestamp: 0 }
    const recorder = this.#recorder(node)
    let steps = 0
    return new ClientNode({
      machine: this.#clientMachine(id),
      requests: this.#scenario.requests.filter(({ client }) => client === id),
      rate: clockRate(this.#scenario, clientName(id)),
      host,
      stepped: (before, input, step) => {
        recorder.line(clientLine({ n: ++steps, client: id }, before, step, input))
        const what = { client: id, before, input, step }
        stepped({ action: step.action, story: () => clientStory(what) })
      },
      ended: () => recorder.end(),
    })
  }

  #clientMachine(
    id: ClientId,
  ): ClientMachine<WireMessage, UnsignedRequest, ClientState, ClientInput, ClientStep["action"]> {
    const { cluster } = this.#scenario
    const config = clientConfig(this.#scenario, id, this.#options.hashing)
    const everyone = Array.from({ length: config.group.n }, (_, replica) => replica)
    return {
      initial: initClient(config),
      step: (state, input) => stepClient(config, state, input),
      submit: ({ timestamp }, text) => {
        const submit = { _tag: "Submit" as const, operation: operationBytes(text) }
        if (cluster.readOnly === true && isGet(text)) return { ...submit, readOnly: true }
        const replier = timestamp % config.group.n
        return cluster.digestReplies === true ? { ...submit, replier } : submit
      },
      timeout: (waitedMs) => ({ _tag: "Timeout", waitedMs }),
      heard: (message) =>
        message._tag === "Reply"
          ? { _tag: "Receive", message: message as Authentic<Reply> }
          : undefined,
      sealed: (message): WireMessage => ({
        ...message,
        authenticator: authenticatorFor(message, everyone),
      }),
    }
  }

  readonly liar = (id: ReplicaId) => {
    const { seed, byzantine } = this.#scenario
    const { hashing } = this.#options
    const behaviours = byzantine.find(({ replica }) => replica === id)?.behaviours ?? []
    const config = replicaConfig(this.#scenario, id, hashing)
    const random = new Random(seed, `byzantine ${replicaName(id)}`)
    return wrapperOf<WireMessage, Setting>(makers, behaviours, { config, random, hashing })
  }

  readonly said = (say: Say): WireMessage => {
    const config = replicaConfig(this.#scenario, 0, this.#options.hashing)
    return messageOf({ cluster: this.#scenario.cluster, config }, say)
  }
}
