-------------------------- MODULE RefineDProphecy ---------------------------
(***************************************************************************)
(* What clients of D-Prophecy see is delay-once linearizable: DelayOnce    *)
(* may always be in some state that its clients cannot tell from this one. *)
(*                                                                         *)
(* A mapping of states, as RefineProphecy has it, would have to know at    *)
(* which of the sketches that are around a read will be answered, when the *)
(* first of them is superseded: that is decided later, by what replicas    *)
(* state. DelayOnceMonitor keeps all states that DelayOnce may be in.      *)
(***************************************************************************)
EXTENDS MCDProphecy, TLC

VARIABLE possible  \* the states in which DelayOnce may be

Writes == {a.op : a \in {a \in Asked : a.kind = "write"}}
            \cup {StartLog[k].op : k \in {k \in 1 .. Len(StartLog) : StartLog[k].kind = "write"}}
M == INSTANCE DelayOnceMonitor

(***************************************************************************)
(* What was agreed on before is of one client, 9, that asked one thing     *)
(* after the other: all but the last was answered, and the last was if it  *)
(* is not after the last answer to a read.                                 *)
(***************************************************************************)
Answered == LET last == Index(StartLatest["x"]) IN
            IF last = Len(StartLog) THEN last ELSE Len(StartLog) - 1
RECURSIVE ValueBefore(_)
ValueBefore(k) == IF k = 0 THEN InitialValue
                  ELSE IF StartLog[k].kind = "read" THEN ValueBefore(k - 1)
                  ELSE NextValue(ValueBefore(k - 1), StartLog[k].op)
RECURSIVE Before9(_)
Before9(k) ==
  IF k = 0 THEN {M!FirstState}
  ELSE LET e == StartLog[k]
           called == M!SeenCall(Before9(k - 1), 9, e.op)
       IN M!SeenAnswer(called, 9, "replicated", Result(ValueBefore(k - 1), e.op))
PossibleAtStart ==
  IF Answered = Len(StartLog) THEN Before9(Answered)
  ELSE M!SeenCall(Before9(Answered), 9, StartLog[Len(StartLog)].op)

RefineInit == Init /\ possible = PossibleAtStart

Asking(c) == client[c].stage = "idle" /\ client'[c].stage # "idle"
IsTold(c) == client[c].stage # "idle" /\ client'[c].stage = "idle"
Seen(c) ==
  LET a == client'[c].answer IN
  possible' = IF Asking(c) THEN M!SeenCall(possible, c, Next1(c).op)
              ELSE IF IsTold(c) THEN M!SeenAnswer(possible, c, a.path, a.result) ELSE possible
\* One client's step at a time.
RefineNext ==
  /\ Next
  /\ LET moved == {c \in Clients : Asking(c) \/ IsTold(c)}
     IN IF moved = {} THEN UNCHANGED possible ELSE Seen(CHOOSE c \in moved : TRUE)
RefineSpec == RefineInit /\ [][RefineNext]_<<vars, possible>>

IsDelayOnce == possible # {}
=============================================================================
