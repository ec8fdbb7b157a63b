/** The actions of spec/tla/Zyzzyva.tla that a replica takes, under their names there. */
export type ReplicaAction =
  | "RecvRequest"
  | "SendOrderReq"
  | "RecvOrderReq"
  | "RecvFillHole"
  | "Execute"
  | "RecvRead"
  | "AnswerRead"
  | "RecvSpecHeader"
  | "RecvCheckpoint"
  | "SendFetchState"
  | "RecvFetchState"
  | "RecvState"
  | "RecvCommit"
  | "Timeout"
  | "RecvAccusation"
  | "RecvPom"
  | "RecvViewChange"
  | "SendNewView"
  | "RecvNewView"
  | "EnterView"
  | "RecvViewConfirm"
  | "Restart"
  | "Rejoin"

/** The actions of spec/tla/Zyzzyva.tla that a client takes. */
export type ClientAction =
  | "ClientSubmit"
  | "ClientRecvSpecResponse"
  | "ClientRecvReadResponse"
  | "ClientCommit"
  | "ClientTimeout"
  | "ClientRecvLocalCommit"

export type Action = ReplicaAction | ClientAction
