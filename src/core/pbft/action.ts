/** The actions of spec/tla/Pbft.tla that a replica takes, under their names there. */
export type ReplicaAction =
  | "RecvRequest"
  | "SendPrePrepare"
  | "RecvPrePrepare"
  | "RecvFetchPrePrepare"
  | "RecvPrepare"
  | "RecvCommit"
  | "Execute"
  | "ExecuteTentatively"
  | "Settle"
  | "RecvRead"
  | "AnswerRead"
  | "RecvCheckpoint"
  | "Timeout"
  | "RecvViewChange"
  | "SendNewView"
  | "RecvNewView"
  | "RecvFetchBatch"
  | "RecvBatch"
  | "EnterView"
  | "SendFetchState"
  | "RecvFetchState"
  | "RecvState"
  | "Restart"
  | "Rejoin"
  | "Recover"
  | "RecvQueryStable"
  | "RecvReplyStable"

/** The actions of spec/tla/Pbft.tla that a client takes. */
export type ClientAction = "ClientSubmit" | "ClientTimeout" | "ClientRecvReply"

export type Action = ReplicaAction | ClientAction
