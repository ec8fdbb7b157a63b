/** What a running replica says of itself, as plain data: the status query and the ready line. */

/** Counts by name: an action of the specification, `Ignore:<why>`, or an event of the network. */
export type Counters = Readonly<Record<string, number>>

export interface PeerStatus {
  readonly replica: number
  readonly connected: boolean
  /** What the peer told last: its view and whether it takes part in it, its low watermark, ... */
  readonly view: number
  readonly active: boolean
  readonly low: number
  /** ... and the last sequence number that it executed. */
  readonly executed: number
  /** ... and what has to be stable before it is recovered; 0 when it waits for nothing. */
  readonly awaited: number
  /** Bytes that wait to be sent to it. */
  readonly queuedBytes: number
}

/** Of a replica that lost its disk or was recovered with it. */
export interface RecoveryStatus {
  /** As what it came back. */
  readonly incarnation: number
  /** The checkpoint that has to be stable before it is recovered; null until it was taken back. */
  readonly votesFrom: number | null
  /** Whether it votes: without its disk not before it is recovered. */
  readonly votes: boolean
  /** With its disk: what it sends nothing above; null until it has estimated it, and without. */
  readonly bound: number | null
  /** Whether it counts as correct again. */
  readonly recovered: boolean
}

export interface ReplicaStatus {
  readonly schema: "prophecy-status/1"
  readonly replica: number
  readonly view: number
  /** Whether it takes part in the view; false while the view changes. */
  readonly active: boolean
  /** Whether it is the primary of the view, and the view has started. */
  readonly primary: boolean
  readonly low: number
  readonly executed: number
  /** The last sequence number assigned, at the primary. */
  readonly assigned: number
  /** Requests that wait for a sequence number. */
  readonly queue: number
  /**
   * The checkpoint that this replica missed: it is out of reach of the others' logs, and
   * fetches the state. Null while it follows.
   */
  readonly missedCheckpoint: number | null
  /** Null for a replica that always had its disk. */
  readonly recovery: RecoveryStatus | null
  readonly peers: ReadonlyArray<PeerStatus>
  /** Connected clients' endpoints. */
  readonly endpoints: number
  readonly actions: Counters
  readonly network: Counters
  readonly store: {
    readonly logBytes: number
    readonly groups: number
    readonly compactions: number
    readonly snapshots: number
  }
  readonly trace: { readonly steps: number; readonly dropped: number } | null
  /** Milliseconds by what the process did, and how many turns its loop took. */
  readonly times: {
    readonly receiveMs: number
    readonly stepMs: number
    readonly storeMs: number
    readonly sendMs: number
    /** Waiting for the disk, while the loop goes on. */
    readonly syncMs: number
    readonly turns: number
  }
  /** Microseconds of this process's CPU, and seconds since it started. */
  readonly cpuUser: number
  readonly cpuSystem: number
  readonly uptime: number
}

/** One line of a replica process's standard output. */
export type ReplicaLine =
  | {
      readonly event: "ready"
      readonly replica: number
      readonly host: string
      readonly port: number
      readonly pid: number
      /** Where it starts from: 0 for an empty log. */
      readonly executed: number
      readonly trace: string | null
    }
  | { readonly event: "status"; readonly status: ReplicaStatus }
  | { readonly event: "missed-checkpoint"; readonly replica: number; readonly seq: number }
  | { readonly event: "stopped"; readonly replica: number; readonly executed: number }
