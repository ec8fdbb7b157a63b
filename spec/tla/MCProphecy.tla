----------------------------- MODULE MCProphecy -----------------------------
(***************************************************************************)
(* Small instances of Prophecy for TLC and, with the same names and        *)
(* values, for the explorer of src/model-check. Each .cfg beside this file *)
(* picks its constants; spec/README.md says what each one is for.          *)
(*                                                                         *)
(* The service: pages "x", "y" and "z" of one object. The write "share"    *)
(* changes two of them, "undo" brings the first one back.                  *)
(***************************************************************************)
EXTENDS Prophecy, Graph

MCInitialValue == [x |-> 0, y |-> 0, z |-> 0]
MCNextValue(v, op) ==
  CASE op = "share" -> [v EXCEPT !.x = 1, !.y = 1]
    [] op = "undo" -> [v EXCEPT !.x = 0]
MCResult(v, op) == IF op \in DOMAIN v THEN <<op, v[op]>> ELSE <<op, v.x>>

FullDigest(result) == result
\* What is left of a digest when it is cut short: two results have the same.
TruncatedDigest(result) == <<result[2] % 8>>

\* What clients ask for, and where.
At(s, kind, op) == [kind |-> kind, op |-> op, at |-> s, fresh |-> FALSE]
Read(op) == At(0, "read", op)
Write(op) == At(0, "write", op)
Fresh(op) == [Read(op) EXCEPT !.fresh = TRUE]
OneAsks(ops) == [c \in {0} |-> ops]
TwoAsk(one, other) == [c \in {0, 1} |-> IF c = 0 THEN one ELSE other]

ReadsTwice == OneAsks(<<Read("x"), Read("x")>>)
ReadsThrice == OneAsks(<<Read("x"), Read("x"), Read("x")>>)
WritesBetween == OneAsks(<<Read("x"), Write("share"), Read("x")>>)
ReadsFresh == OneAsks(<<Read("x"), Write("share"), Fresh("x"), Read("x")>>)
ThreePages == OneAsks(<<Read("x"), Read("y"), Read("z"), Read("x")>>)
SharesAndUndoes ==
  OneAsks(<<Read("x"), Write("share"), Fresh("x"), Write("undo"), Read("x")>>)
OneWrites == TwoAsk(<<Write("share")>>, <<Read("x"), Read("x")>>)
BothRead == TwoAsk(<<Read("x"), Read("x")>>, <<Read("x")>>)
BothReadAndWrite == TwoAsk(<<Write("share"), Read("x")>>, <<Read("x"), Read("x")>>)
ReadsAndWrites == TwoAsk(<<Write("share"), Write("undo")>>, <<Read("x"), Read("y"), Read("x")>>)
LateRead == TwoAsk(<<Read("x")>>, <<Write("share"), Read("x"), Read("x")>>)
LateReadOfThree == TwoAsk(<<Read("x")>>, <<Read("x"), Read("y"), Read("z"), Read("x")>>)
RestartsBetween == TwoAsk(<<Read("x")>>, <<Write("share"), Write("undo"), Read("x")>>)
ReadsAgain == TwoAsk(<<Read("x")>>, <<Read("x"), Read("x")>>)
Hops == OneAsks(<<Read("x"), Write("share"), At(1, "read", "x"), Read("x")>>)
Owned == OneAsks(<<Read("x"), At(1, "read", "y"), Write("share"), Read("x"), At(1, "read", "y")>>)

(***************************************************************************)
(* What Byzantine replica 3 may say besides the truth. A call is named by  *)
(* its number, next * C + c.                                               *)
(***************************************************************************)
FastReplies(ids, results) == {FastReply(0, id, 3, r) : id \in ids, r \in results}
NothingInjected == {}
\* Pages that are, that were, and that nobody wrote; the last has the short digest of the first.
AnyPage == FastReplies({2, 3, 4}, {<<"x", 0>>, <<"x", 1>>, <<"x", 8>>})
OldPage == FastReplies({3, 4, 5, 7}, {<<"x", 0>>})
\* Results that nobody computed, from a position that nothing has.
ForgedReplies ==
  {Reply(k, t, 3, [seq |-> 9, place |-> 0], <<"x", 8>>) : k \in {0, 1}, t \in {1, 2}}

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
  \/ \E s \in Sketchers : AnySketcherGiveUp(s) /\ Step("SketcherGiveUp")
  \/ AnyOrder /\ Step("Order")
  \/ \E i \in Correct : Apply(i) /\ Step("Apply")
  \/ \E i \in Correct : AnyRecvFastRead(i) /\ Step("RecvFastRead")
  \/ \E i \in Replicas : AnyAnswerReadOnly(i) /\ Step("AnswerReadOnly")

MCSpec == Init /\ [][MCNext]_vars
GraphRecorded == RecordState(vars)

-----------------------------------------------------------------------------
(***************************************************************************)
(* What must be reachable, so that the rest is not vacuous.                *)
(***************************************************************************)
SomeCall(P(_)) == \E s \in Sketchers : \E id \in DOMAIN calls[s] : P(calls[s][id])
SomeAnswer(P(_)) == \E c \in Clients : client[c].answer # NoAnswer /\ P(client[c].answer)
Ordered(s) == {id \in DOMAIN calls[s] : calls[s][id].stage = "ordered"}
Gone == \E c \in Clients : client[c].state = "gone"
Witnesses ==
  /\ RecordWitness("ReachFast", SomeAnswer(LAMBDA a : a.path = "fast"))
  /\ RecordWitness("ReachStale", SomeAnswer(LAMBDA a :
       a.path = "fast" /\ a.result # ResultAt(Len(log), a.op)))
  /\ RecordWitness("ReachMismatch", SomeCall(LAMBDA k : k.stage # "fast" /\ k.digest # NoDigest))
  /\ RecordWitness("ReachTwoOrdered", \E s \in Sketchers : Cardinality(Ordered(s)) > 1)
  /\ RecordWitness("ReachQueued", \E s \in Sketchers : queue[s] # <<>>)
  /\ RecordWitness("ReachDropped", \E s \in Sketchers : table[s].floor # Nowhere)
  /\ RecordWitness("ReachOut", \E s \in Sketchers : Rotation(s) # Replicas)
  /\ RecordWitness("ReachGone", Gone)
  /\ RecordWitness("ReachFastAfterRestart", Gone /\ SomeAnswer(LAMBDA a : a.path = "fast"))
  /\ RecordWitness("ReachSecondInBatch", SomeAnswer(LAMBDA a : a.position.place > 0))
  /\ RecordWitness("ReachAllAnswered", \A c \in Clients : client[c].next > Len(ClientOps[c]))
  \* The left sides of the invariants.
  /\ RecordWitness("Genuine", SomeAnswer(LAMBDA a : TRUE))
  /\ RecordWitness("SketchesGenuine", \E s \in Sketchers : DOMAIN table[s].young # {})
  /\ RecordWitness("Once", \E c \in Clients :
       client[c].answer # NoAnswer /\ client[c].promised # Nowhere)
  /\ RecordWitness("SessionOK", \E c \in Sessions : client[c].answer # NoAnswer)
  /\ RecordWitness("LanesBounded", \E s \in Sketchers : Ordered(s) # {})
=============================================================================
