/** A client that authenticates to one replica under another secret than the replica has. */
import type { ClusterConfig } from "../src/net/cluster-config.ts"
import { freshMasters, fromMasters } from "../src/net/secrets.ts"

/** The configuration as such a client has it. */
export const withWrongSecret = (config: ClusterConfig, victim: number): ClusterConfig => {
  const [own, other] = [config.secrets, fromMasters(freshMasters(config.replicas.length))]
  if (own._tag !== "Masters" || other._tag !== "Masters") return config
  const masters = own.masters.with(victim, other.masters[victim] as (typeof own.masters)[number])
  return { ...config, secrets: { ...own, masters } }
}
