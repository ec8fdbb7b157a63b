/** The actions of spec/tla/Prophecy.tla that a sketcher takes, under their names there. */
export type SketcherAction =
  | "SketcherRecvRead"
  | "SketcherRecvWrite"
  | "SketcherRecvFastReply"
  | "SketcherFastTimeout"
  | "SketcherRecvReply"
  | "SketcherRetransmit"
  | "SketcherReadmit"
  | "SketcherRestart"
  | "SketcherGiveUp"

/** The one that a replica takes besides those of PBFT. */
export type ProphecyReplicaAction = "RecvFastRead"
