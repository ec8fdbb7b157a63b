/** The actions of spec/tla/DProphecy.tla that a client takes, under their names there. */
export type DClientAction =
  | "ClientRead"
  | "ClientWrite"
  | "ClientRecvSketchReply"
  | "ClientSketchTimeout"
  | "ClientRecvOrderedReply"

/** The one that a replica takes besides those of PBFT. */
export type DReplicaAction = "RecvSketchRead"
