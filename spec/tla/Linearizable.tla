---------------------------- MODULE Linearizable ----------------------------
(***************************************************************************)
(* A linearizable service: each call takes effect at one instant between   *)
(* its invocation and its answer. It refines DelayOnce, with every read    *)
(* replicated and its sketch installed at that instant.                    *)
(***************************************************************************)
EXTENDS Integers, Sequences

CONSTANTS Processes, Reads, Writes, InitialValue, Result(_, _), NextValue(_, _)

VARIABLES
  value,        \* the service's state
  call,         \* what each process waits for, with the result once it took effect
  answer,       \* the last answer to each process; it tells no path
  \* History variables: no guard asks them.
  log,          \* the writes that took effect
  done,         \* how many of them were before some effect that was answered
  seen          \* how many each read last saw
vars == <<value, call, answer, log, done, seen>>

Nowhere == -1
Max(a, b) == IF a > b THEN a ELSE b
NoCall == [stage |-> "idle"]
NoAnswer == [path |-> "none"]

Init ==
  /\ value = InitialValue
  /\ call = [p \in Processes |-> NoCall]
  /\ answer = [p \in Processes |-> NoAnswer]
  /\ log = <<>>
  /\ done = 0
  /\ seen = [q \in Reads |-> Nowhere]

Invoke(p, op) ==
  /\ call[p] = NoCall
  /\ call' = [call EXCEPT ![p] = [stage |-> "called", op |-> op, floor |-> done]]
  /\ UNCHANGED <<value, answer, log, done, seen>>

Effect(p) ==
  /\ call[p].stage = "called"
  /\ LET op == call[p].op
         writes == IF op \in Writes THEN Append(log, op) ELSE log
     IN /\ value' = IF op \in Writes THEN NextValue(value, op) ELSE value
        /\ call' = [call EXCEPT ![p] =
                      [stage |-> "effective", op |-> op, floor |-> call[p].floor,
                       at |-> Len(writes), result |-> Result(value, op)]]
        /\ log' = writes
        /\ seen' = IF op \in Reads THEN [seen EXCEPT ![op] = Len(writes)] ELSE seen
  /\ UNCHANGED <<answer, done>>

Respond(p) ==
  /\ call[p].stage = "effective"
  /\ call' = [call EXCEPT ![p] = NoCall]
  /\ answer' = [answer EXCEPT ![p] =
                  [op |-> call[p].op, path |-> "unknown", result |-> call[p].result]]
  /\ done' = Max(done, call[p].at)
  /\ UNCHANGED <<value, log, seen>>

Next == \E p \in Processes :
  (\E op \in Reads \cup Writes : Invoke(p, op)) \/ Effect(p) \/ Respond(p)
Spec == Init /\ [][Next]_vars

(***************************************************************************)
(* The refinement                                                          *)
(***************************************************************************)
DelayOnceCall(c) ==
  IF c.stage = "idle" THEN c
  ELSE [stage |-> "called", op |-> c.op, floor |-> c.floor, sample |-> Nowhere,
        at |-> IF c.stage = "called" THEN Nowhere ELSE c.at]
DelayOnceAnswer(a) == IF a = NoAnswer THEN a ELSE [a EXCEPT !.path = "replicated"]
Abstract == INSTANCE DelayOnce WITH
  table <- seen,
  call <- [p \in Processes |-> DelayOnceCall(call[p])],
  answer <- [p \in Processes |-> DelayOnceAnswer(answer[p])]
RefinesDelayOnce == Abstract!Spec
=============================================================================
