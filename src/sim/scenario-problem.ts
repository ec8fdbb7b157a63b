/** What is wrong with a scenario whose fields all have their types; src/cli checks those. */
import { groupOf } from "../core/quorum.ts"
import { parseOperation } from "./operation.ts"
import { idsOf } from "./run-config.ts"
import {
  type Behaviour,
  type Crash,
  type Fault,
  idOf,
  isReplicaName,
  type NodeName,
  type Say,
  type Scenario,
} from "./scenario.ts"

export interface Problem {
  /** As in `faults[2].replica`. */
  readonly path: string
  readonly problem: string
}

type Found = ReadonlyArray<Problem>

const at = (path: string, problem: string): Found => [{ path, problem }]

const nodeProblem = (scenario: Scenario, path: string, name: NodeName): Found => {
  const { n, clients, hostileClients } = scenario.cluster
  const count = isReplicaName(name) ? n : clients + hostileClients
  if (/^[rc](0|[1-9][0-9]*)$/.test(name) && idOf(name) < count) return []
  const last = `r0 to r${n - 1} and c0 to c${clients + hostileClients - 1}`
  return at(path, `there is no node "${name}"; there are ${last}`)
}

const nodeProblems = (s: Scenario, path: string, names: ReadonlyArray<NodeName>): Found =>
  names.flatMap((name, k) => nodeProblem(s, `${path}[${k}]`, name))

const replicaProblem = ({ cluster }: Scenario, path: string, replica: number): Found =>
  replica < cluster.n ? [] : at(path, `there is no replica ${replica} of ${cluster.n}`)

const clusterProblems = ({ cluster }: Scenario): Found => {
  const { n, checkpointInterval, logSize, quorum } = cluster
  if (n > 64) return at("cluster.n", "at most 64 replicas")
  if (logSize % checkpointInterval !== 0 || logSize < 2 * checkpointInterval) {
    return at("cluster.logSize", "a multiple of checkpointInterval, at least twice as much")
  }
  if (cluster.zyzzyva5 === true && n % 5 !== 1) return at("cluster.n", "5f + 1 for Zyzzyva5")
  if (quorum !== undefined && (quorum < 1 || quorum > n)) {
    return at("cluster.quorum", `1 to ${n}; the safe one is ${groupOf(n).quorum}`)
  }
  return []
}

const sayer = (scenario: Scenario, path: string, name: NodeName): Found => {
  const { clients } = scenario.cluster
  if (isReplicaName(name) || idOf(name) >= clients) return nodeProblem(scenario, path, name)
  return at(path, `${name} is correct: only replicas and clients from c${clients} on are hostile`)
}

const faultProblems = (scenario: Scenario, fault: Fault, path: string): Found => {
  switch (fault._tag) {
    case "Cut": {
      const order = fault.startMs <= fault.endMs ? [] : at(`${path}.endMs`, "before startMs")
      const from = nodeProblems(scenario, `${path}.from`, fault.from)
      return [...from, ...nodeProblems(scenario, `${path}.to`, fault.to), ...order]
    }
    case "Crash":
    case "Rekey":
      return replicaProblem(scenario, `${path}.replica`, fault.replica)
    case "Say": {
      const { message, from, to } = fault
      const ofClient = message._tag === "Request" || message._tag === "Read"
      const kind = isReplicaName(from) !== ofClient || isToBeTakenBack(scenario, fault)
      const who = ofClient ? "a client sends requests" : "a replica sends this"
      return [
        ...sayer(scenario, `${path}.from`, from),
        ...nodeProblems(scenario, `${path}.to`, to),
        ...(kind ? [] : at(`${path}.message._tag`, `${who}, not ${from}`)),
      ]
    }
  }
}

// A replica asks to be taken back in a name of its own.
const isToBeTakenBack = (scenario: Scenario, { from, message }: Say): boolean => {
  const { recoverers } = idsOf(scenario)
  if (recoverers === undefined || message._tag !== "Request") return false
  return isReplicaName(from) && message.client === recoverers + idOf(from)
}

const namesIn = (behaviour: Behaviour): ReadonlyArray<NodeName> => {
  if (behaviour._tag === "Twins") return [...behaviour.first, ...behaviour.second]
  return "to" in behaviour ? behaviour.to : []
}

// What only one protocol has.
const protocolProblems = (scenario: Scenario): Found => {
  const isZyzzyva = scenario.cluster.protocol === "zyzzyva"
  const name = isZyzzyva ? "zyzzyva" : "pbft"
  const refused = (path: string, what: string): Found =>
    at(path, `${what} is not of the protocol ${name}`)
  const cluster = Object.keys(scenario.cluster)
    .filter((field) => (isZyzzyva ? pbftFields : zyzzyvaFields).has(field))
    .flatMap((field) => refused(`cluster.${field}`, field))
  const said = scenario.faults.flatMap((fault, k) => {
    if (fault._tag !== "Say") return []
    const { _tag } = fault.message
    const known = isZyzzyva ? zyzzyvaSaid.has(_tag) : _tag !== "Accusation"
    return known ? [] : refused(`faults[${k}].message._tag`, _tag)
  })
  const done = scenario.byzantine.flatMap(({ behaviours }, k) =>
    behaviours.flatMap((b, j) => {
      const path = `byzantine[${k}].behaviours[${j}]`
      const ofPbft = b._tag === "FalseTime"
      const ofZyzzyva = b._tag === "FalseViewChange" && (isZyzzyvaStory(b.story) || "view" in b)
      return (isZyzzyva ? ofPbft : ofZyzzyva) ? refused(path, b._tag) : []
    }),
  )
  const back = scenario.faults.flatMap((fault, k) =>
    fault._tag === "Crash" && isZyzzyva ? backOfPbft(fault, `faults[${k}]`, refused) : [],
  )
  const rekeyed = scenario.faults.flatMap((fault, k) =>
    fault._tag === "Rekey" && scenario.cluster.newKeys !== true
      ? at(`faults[${k}]`, "keys change only where cluster.newKeys says so")
      : [],
  )
  return [...cluster, ...said, ...done, ...back, ...rekeyed, ...inTurn(scenario)]
}

// Who lies since another is back: that one lied, and is recovered.
const inTurn = ({ byzantine, faults }: Scenario): Found =>
  byzantine.flatMap(({ since }, k) => {
    if (since === undefined) return []
    const lied = byzantine.some((b) => b.replica === since && b.since === undefined)
    const back = faults.some((f) => f._tag === "Crash" && f.replica === since && f.recovered)
    return lied && back ? [] : at(`byzantine[${k}].since`, `r${since} does not lie and come back`)
  })

const backOfPbft = (
  { recovered }: Crash,
  path: string,
  refused: (path: string, what: string) => Found,
): Found => (recovered === true ? refused(`${path}.recovered`, "a recovery") : [])

const zyzzyvaFields = new Set([
  "zyzzyva5",
  "commitFirst",
  "preferredQuorums",
  "separateExecution",
  "vouchOrders",
  "rule",
  "confirmViews",
  "commitMs",
])
const pbftFields = new Set([
  "replyQuorum",
  "tentative",
  "maxTentative",
  "fetchDecisions",
  "agreedTimeMs",
  "newKeys",
  "keepVotes",
  "bigRequestBytes",
])
const zyzzyvaSaid = new Set(["Request", "Accusation", "Checkpoint"])
const isZyzzyvaStory = (story: string): boolean => story === "copied" || story === "hoarded"

const requestProblems = (scenario: Scenario): Found =>
  scenario.requests.flatMap(({ client, operation }, k) => {
    const path = `requests[${k}]`
    const { clients } = scenario.cluster
    const known =
      client < clients ? [] : at(`${path}.client`, `${clients} clients are correct, from 0 on`)
    if (parseOperation(operation) !== undefined) return known
    const forms = "put KEY VALUE, get KEY, delete KEY, cas KEY EXPECTED|- VALUE"
    return [...known, ...at(`${path}.operation`, `"${operation}" is none of ${forms}`)]
  })

/** All that is wrong, in the order of the file. */
export const problemsOf = (scenario: Scenario): Found => [
  ...clusterProblems(scenario),
  ...protocolProblems(scenario),
  ...scenario.clocks.flatMap(({ node }, k) => nodeProblem(scenario, `clocks[${k}].node`, node)),
  ...scenario.faults.flatMap((fault, k) => faultProblems(scenario, fault, `faults[${k}]`)),
  ...scenario.byzantine.flatMap(({ replica, behaviours }, k) => [
    ...replicaProblem(scenario, `byzantine[${k}].replica`, replica),
    ...behaviours.flatMap((b, j) =>
      nodeProblems(scenario, `byzantine[${k}].behaviours[${j}]`, namesIn(b)),
    ),
  ]),
  ...scenario.fates.flatMap(({ from, to }, k) => nodeProblems(scenario, `fates[${k}]`, [from, to])),
  ...requestProblems(scenario),
  ...(scenario.calmAtMs <= scenario.endMs ? [] : at("endMs", "before calmAtMs")),
]
