----------------------------- MODULE MCProphecy -----------------------------
(***************************************************************************)
(* Small instances of Prophecy for TLC and, with the same names and        *)
(* values, for the explorer of src/model-check. Each .cfg beside this file *)
(* picks its constants; spec/README.md says what each one is for.          *)
(*                                                                         *)
(* The service: two pages, "x" and "y", of one object. The write "share"   *)
(* changes both, "undo" brings the first one back.                         *)
(***************************************************************************)
EXTENDS Prophecy, Graph

MCInitialValue == [x |-> 0, y |-> 0]
MCNextValue(v, op) ==
  CASE op = "share" -> [x |-> 1, y |-> 1]
    [] op = "undo" -> [v EXCEPT !.x = 0]
    [] OTHER -> v
MCResult(v, op) == IF op \in {"x", "y"} THEN <<op, v[op]>> ELSE <<op, v.x>>

FullDigest(result) == result
\* What is left of a digest when it is cut short: two results have the same.
TruncatedDigest(result) == result[2] % 8

\* What clients ask for, and where.
At(s, kind, op) == [kind |-> kind, op |-> op, at |-> s, fresh |-> FALSE]
Read(op) == At(0, "read", op)
Write(op) == At(0, "write", op)
Fresh(op) == [Read(op) EXCEPT !.fresh = TRUE]

ReadsTwice == [c \in {0} |-> <<Read("x"), Read("x")>>]
ReadsAndWrites == [c \in {0, 1} |-> IF c = 0 THEN <<Write("share"), Write("undo")>>
                                   ELSE <<Read("x"), Read("y"), Read("x")>>]
OneWrites == [c \in {0, 1} |-> IF c = 0 THEN <<Write("share")>> ELSE <<Read("x"), Read("x")>>]
BothRead == [c \in {0, 1} |-> IF c = 0 THEN <<Write("share"), Read("x")>>
                             ELSE <<Read("x"), Read("x"), Read("x")>>]

\* What Byzantine replica 3 may say besides the truth: pages that nobody wrote.
FastReplies(b, s, ids, results) ==
  {FastReply(s, id, b, r) : id \in ids, r \in results}
NothingInjected == {}

-----------------------------------------------------------------------------
Step(action) == RecordStep(action, vars')
MCNext ==
  \/ \E c \in Clients, r \in Replicas : SketcherRecvRead(c, r) /\ Step("SketcherRecvRead")
  \/ \E c \in Clients : SketcherRecvWrite(c) /\ Step("SketcherRecvWrite")
  \/ AnySketcherRecvFastReply /\ Step("SketcherRecvFastReply")
  \/ \E s \in Sketchers : AnySketcherFastTimeout(s) /\ Step("SketcherFastTimeout")
  \/ \E s \in Sketchers, l \in 1 .. Lanes :
       AnySketcherRecvReply(s, l) /\ Step("SketcherRecvReply")
  \/ \E s \in Sketchers, l \in 1 .. Lanes : SketcherRetransmit(s, l) /\ Step("SketcherRetransmit")
  \/ \E s \in Sketchers, r \in Replicas : SketcherReadmit(s, r) /\ Step("SketcherReadmit")
  \/ \E s \in Sketchers : SketcherRestart(s) /\ Step("SketcherRestart")
  \/ AnyOrder /\ Step("Order")
  \/ \E i \in Correct : Apply(i) /\ Step("Apply")
  \/ \E i \in Correct : AnyAnswerFast(i) /\ Step("AnswerFast")
  \/ \E i \in Correct : AnyAnswerReadOnly(i) /\ Step("AnswerReadOnly")

MCSpec == Init /\ [][MCNext]_vars
GraphRecorded == RecordState(vars)
=============================================================================
