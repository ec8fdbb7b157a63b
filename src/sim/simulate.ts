/** Runs a scenario in the protocol that it names. */
import type { Outcome } from "./outcome.ts"
import { type PbftOptions, PbftProtocol } from "./pbft-protocol.ts"
import type { Scenario } from "./scenario.ts"
import { type Listener, Simulation } from "./simulation.ts"
import { type ZyzzyvaOptions, ZyzzyvaProtocol } from "./zyzzyva-protocol.ts"

export interface SimulationOptions extends PbftOptions, ZyzzyvaOptions {
  readonly story?: Listener
}

export const simulate = (scenario: Scenario, options: SimulationOptions): Outcome =>
  scenario.cluster.protocol === "zyzzyva"
    ? new Simulation(scenario, new ZyzzyvaProtocol(scenario, options), options.story).run()
    : new Simulation(scenario, new PbftProtocol(scenario, options), options.story).run()
