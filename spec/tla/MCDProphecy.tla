---------------------------- MODULE MCDProphecy -----------------------------
(***************************************************************************)
(* Small instances of DProphecy for TLC and, with the same names and       *)
(* values, for the explorer of src/model-check. The service is that of     *)
(* MCProphecy.                                                             *)
(***************************************************************************)
EXTENDS DProphecy, Graph

MCInitialValue == [x |-> 0, y |-> 0, z |-> 0]
MCNextValue(v, op) ==
  CASE op = "share" -> [v EXCEPT !.x = 1, !.y = 1]
    [] op = "undo" -> [v EXCEPT !.x = 0]
MCResult(v, op) == IF op \in DOMAIN v THEN <<op, v[op]>> ELSE <<op, v.x>>
FullDigest(result) == result

Read(op) == [kind |-> "read", op |-> op]
Write(op) == [kind |-> "write", op |-> op]
OneAsks(ops) == [c \in {0} |-> ops]
ReadsOnce == OneAsks(<<Read("x")>>)
ReadsTwice == OneAsks(<<Read("x"), Read("x")>>)
WritesThenReads == OneAsks(<<Write("share"), Read("x")>>)
TwoAsk(one, other) == [c \in {0, 1} |-> IF c = 0 THEN one ELSE other]
OneWrites == TwoAsk(<<Read("x")>>, <<Write("share")>>)
TwoRead == TwoAsk(<<Read("x")>>, <<Read("x")>>)

\* What was agreed on before: by a client that is gone.
Entry(t, op, kind) == [client |-> 9, timestamp |-> t, kind |-> kind, op |-> op]
NothingBefore == <<>>
NothingAnswered == [q \in Reads |-> Nowhere]

\* The page was read once, by everybody.
ReadBefore == <<Entry(1, "x", "read")>>
AllApplied == [i \in Correct |-> Len(StartLog)]
FirstAnswered == [q \in Reads |-> Position(1)]

\* And changed since, which one replica has executed.
WrittenSince == <<Entry(1, "x", "read"), Entry(2, "share", "write")>>
OneWrote == [i \in Correct |-> IF i = 0 THEN 2 ELSE 1]

\* The page was 0, then 1, and is 0 again; each was read, and the first two reads were answered. The
\* third was executed by one replica so far, and one lags behind the second.
ComesBack == <<Entry(1, "x", "read"), Entry(2, "share", "write"), Entry(3, "x", "read"),
               Entry(4, "undo", "write"), Entry(5, "x", "read")>>
OneAhead == [i \in Correct |-> IF i = 0 THEN 5 ELSE IF i = 1 THEN 3 ELSE 1]
ThirdAnswered == [q \in Reads |-> Position(3)]

(***************************************************************************)
(* What Byzantine replica 3 says of its sketch, and as the executor of the *)
(* result: what was true at some time, and what never was.                 *)
(***************************************************************************)
NothingInjected == {}
SketchOf(value, p) == [digest |-> FullDigest(<<"x", value>>), position |-> p]
OldSketches ==
  {NoSketch, SketchOf(0, Position(1)), SketchOf(1, Position(3)), SketchOf(0, Position(5))}
SketchLies(ids, sketches) == {SketchReply(0, id, 3, s, NoResult) : id \in ids, s \in sketches}
ExecutorLies(ids, sketches, results) ==
  {SketchReply(0, id, 3, s, r) : id \in ids, s \in sketches, r \in results}
AnySketch == SketchLies({1, 2}, OldSketches)
AnyPage == ExecutorLies({1, 2}, {NoSketch, SketchOf(0, Position(1)), SketchOf(8, Position(1))},
                        {NoResult, <<"x", 0>>, <<"x", 8>>})

-----------------------------------------------------------------------------
Step(action) == RecordStep(action, vars')
MCNext ==
  \/ \E c \in Clients, e \in Executors : ClientRead(c, e) /\ Step("ClientRead")
  \/ \E c \in Clients : ClientWrite(c) /\ Step("ClientWrite")
  \/ \E c \in Clients : AnyClientRecvSketchReply(c) /\ Step("ClientRecvSketchReply")
  \/ \E c \in Clients : ClientSketchTimeout(c) /\ Step("ClientSketchTimeout")
  \/ \E c \in Clients : AnyClientRecvOrderedReply(c) /\ Step("ClientRecvOrderedReply")
  \/ \E i \in Correct : AnyRecvSketchRead(i) /\ Step("RecvSketchRead")
  \/ AnyOrder /\ Step("Order")
  \/ \E i \in Correct : Apply(i) /\ Step("Apply")

MCSpec == Init /\ [][MCNext]_vars
GraphRecorded == RecordState(vars)
Witnesses ==
  /\ RecordWitness("ReachFast", \E c \in Clients :
       client[c].answer # NoAnswer /\ client[c].answer.path = "fast")
  /\ RecordWitness("ReachOrderedRead", \E c \in Clients :
       client[c].stage = "ordered" /\ Next1(c).kind = "read")
  /\ RecordWitness("ReachStale", \E c \in Clients :
       /\ client[c].answer # NoAnswer
       /\ client[c].answer.path = "fast"
       /\ client[c].answer.result # ResultAt(Len(log), client[c].answer.op))
  /\ RecordWitness("ReachAllAnswered", \A c \in Clients : client[c].next > Len(ClientOps[c]))
  /\ RecordWitness("Genuine", \E c \in Clients : client[c].answer # NoAnswer)
  /\ RecordWitness("Once", \E c \in Clients :
       client[c].answer # NoAnswer /\ client[c].promised # Nowhere)
=============================================================================
