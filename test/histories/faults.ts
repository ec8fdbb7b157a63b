/**
 * What happens to a group and its sketcher in one round. One replica answers fast reads badly: the
 * one that may be faulty. Besides, a correct one stands still and then has to catch up, the primary
 * is killed, or the sketcher is. Whoever is killed comes back with what its disk held, so it is
 * slow and no more.
 */
import { setTimeout as pause } from "node:timers/promises"
import { Effect } from "effect"
import { groupOf, primaryOf } from "../../src/core/quorum.ts"
import type { RunningCluster } from "../../src/net/cluster.ts"
import type { Behaviour } from "../../src/net/misbehave.ts"
import type { Random } from "../../src/sim/random.ts"
import type { CommandProcess } from "./command-process.ts"

export interface System {
  readonly cluster: RunningCluster
  readonly sketcher: CommandProcess
  readonly random: Random
}

export const blows = ["none", "lag", "primary", "sketcher"] as const
export type Blow = (typeof blows)[number]

const lies: ReadonlyArray<Behaviour> = ["stale", "old", "garbage", "mute"]

/** What a round does: whose fast answers are bad, how, and what else happens. */
export interface Plan {
  readonly liar: number
  readonly behaviour: Behaviour
  readonly blow: Blow
  /** When the blow falls, and for how long, in milliseconds. */
  readonly afterMs: number
  readonly forMs: number
}

/** The plan of round `k`, from 0: each kind of blow and of lie comes again and again. */
export const planOf = (k: number, random: Random, replicas: number): Plan => ({
  liar: random.below(replicas),
  behaviour: lies[(k + Math.floor(k / blows.length)) % lies.length] as Behaviour,
  blow: blows[k % blows.length] as Blow,
  afterMs: random.between(50, 300),
  forMs: random.between(100, 500),
})

const primary = async (cluster: RunningCluster): Promise<number> => {
  const statuses = await Effect.runPromise(Effect.forEach(cluster.running(), cluster.status))
  const view = Math.max(...statuses.filter(({ active }) => active).map((s) => s.view), 0)
  return primaryOf(groupOf(cluster.config.replicas.length), view)
}

/** A correct replica hears nothing for a while, and answers from its old state until it has. */
const lag = async ({ cluster }: System, plan: Plan): Promise<void> => {
  const pid = cluster.pid((plan.liar + 1) % cluster.config.replicas.length)
  if (pid === undefined) return
  process.kill(pid, "SIGSTOP")
  await pause(plan.forMs)
  process.kill(pid, "SIGCONT")
}

const strike = async (system: System, plan: Plan): Promise<void> => {
  const { cluster, sketcher } = system
  switch (plan.blow) {
    case "none":
      return
    case "lag":
      return await lag(system, plan)
    case "primary": {
      const victim = await primary(cluster)
      await Effect.runPromise(cluster.kill(victim))
      await pause(plan.forMs)
      await Effect.runPromise(cluster.start(victim))
      if (victim === plan.liar) cluster.behave(victim, plan.behaviour)
      return
    }
    case "sketcher":
      await sketcher.kill()
      return await sketcher.start(strikesOf(system.random))
  }
}

/** A sketcher that drops whoever answers badly, or one that asks it again and again. */
export const strikesOf = (random: Random): ReadonlyArray<string> => [
  "--strikes",
  random.chance(0.5) ? "0" : "3",
]

/** The round's lies begin, its blow falls, and all is as it was. */
export const carryOut = async (system: System, plan: Plan): Promise<void> => {
  const { cluster } = system
  cluster.behave(plan.liar, plan.behaviour)
  await pause(plan.afterMs)
  await strike(system, plan)
}

export const heal = ({ cluster }: System, plan: Plan): void => cluster.behave(plan.liar, "honest")
