----------------------------- MODULE DelayOnce ------------------------------
(***************************************************************************)
(* Delay-once linearizability as a machine, over any deterministic         *)
(* service: what clients may see of a sketcher that is right. Prophecy and *)
(* D-Prophecy refine it. ClientHistory.tla says the same of histories; TLC *)
(* shows that the machine makes no other ones.                             *)
(*                                                                         *)
(* Writes take effect one after the other. A position is a number of       *)
(* writes; the state there is that after them. A read is replicated or     *)
(* fast:                                                                   *)
(*   replicated  it takes the state at a position that no operation        *)
(*               contradicts that was answered before it began, and its    *)
(*               position is installed in the sketch table unless a higher *)
(*               one is there. Whether it is answered or not.              *)
(*   fast        it takes the position that the table has for this very    *)
(*               request at one instant between its call and its answer.   *)
(* So a fast read may miss writes, but sees a state that was, and never an *)
(* older one than any read of the same request that was answered before.   *)
(*                                                                         *)
(* For whoever refines it:                                                 *)
(*   log     the writes in the order of their effects, nothing else        *)
(*   done    of what was answered and not fast, the highest position: a    *)
(*           replicated read that begins now must not be before it. To be  *)
(*           kept as a history variable                                    *)
(*   table   the highest position that a replicated read of the request    *)
(*           ever installed. It does not shrink: where a table is evicted  *)
(*           or lost, keep what it had in a history variable, since nobody *)
(*           has to sample                                                 *)
(*   call    what each process waits for; `at` is the position of a write, *)
(*           or of a replicated read. A read that is replicated need not   *)
(*           take its position when it is ordered: Install picks any one   *)
(*           between `floor` and the present, also a past one              *)
(*   answer  the last answer to each process                               *)
(* A sample binds nobody: it may be taken again, and a read with one may   *)
(* still be replicated. Where one step does several things, the actions at *)
(* the end are the ones to map it to.                                      *)
(***************************************************************************)
EXTENDS Integers, Sequences

CONSTANTS
  Processes,        \* one call each at a time; one that gives up is never used again
  Reads, Writes,    \* requests; only Writes change the state
  InitialValue,
  Result(_, _),     \* Result(value, request): the service's answer
  NextValue(_, _)   \* NextValue(value, request): the service's next state

VARIABLES log, done, table, call, answer
vars == <<log, done, table, call, answer>>

Nowhere == -1
Max(a, b) == IF a > b THEN a ELSE b
Positions == 0 .. Len(log)

RECURSIVE ValueAt(_, _)
\* The state after the first k of these writes.
ValueAt(writes, k) ==
  IF k = 0 THEN InitialValue ELSE NextValue(ValueAt(writes, k - 1), writes[k])

NoCall == [stage |-> "idle"]
NoAnswer == [path |-> "none"]

IsCall(c) ==
  /\ DOMAIN c = {"stage", "op", "floor", "at", "sample"}
  /\ c.stage = "called"
  /\ c.op \in Reads \cup Writes
  /\ c.floor \in Positions
  /\ c.at \in Positions \cup {Nowhere}
  /\ c.sample \in Positions \cup {Nowhere}
IsAnswer(a) ==
  /\ DOMAIN a = {"op", "path", "result"}
  /\ a.op \in Reads \cup Writes
  /\ a.path \in {"replicated", "fast"}

TypeOK ==
  /\ log \in Seq(Writes)
  /\ done \in Positions
  /\ table \in [Reads -> Positions \cup {Nowhere}]
  /\ \A p \in Processes : call[p] = NoCall \/ IsCall(call[p])
  /\ \A p \in Processes : answer[p] = NoAnswer \/ IsAnswer(answer[p])

Init ==
  /\ log = <<>>
  /\ done = 0
  /\ table = [q \in Reads |-> Nowhere]
  /\ call = [p \in Processes |-> NoCall]
  /\ answer = [p \in Processes |-> NoAnswer]

Waits(p, requests) == call[p].stage = "called" /\ call[p].op \in requests

\* Process p calls; a read may sample at once.
Invoke(p, op) ==
  /\ call[p] = NoCall
  /\ \E k \in {Nowhere} \cup (IF op \in Reads THEN {table[op]} ELSE {}) :
       call' = [call EXCEPT ![p] = [stage |-> "called", op |-> op, floor |-> done,
                                    at |-> Nowhere, sample |-> k]]
  /\ UNCHANGED <<log, done, table, answer>>

\* The write of p takes effect.
Effect(p) ==
  /\ Waits(p, Writes)
  /\ call[p].at = Nowhere
  /\ log' = Append(log, call[p].op)
  /\ call' = [call EXCEPT ![p].at = Len(log) + 1]
  /\ UNCHANGED <<done, table, answer>>

\* Where the replicated read of p may be.
MayBeAt(p, k) ==
  /\ Waits(p, Reads)
  /\ call[p].at = Nowhere
  /\ k \in call[p].floor .. Len(log)

\* The replicated read of p took the state at k, which the sketch table hears of.
Installed(p, k) == table' = [table EXCEPT ![call[p].op] = Max(@, k)]
Install(p, k) ==
  /\ MayBeAt(p, k)
  /\ Installed(p, k)
  /\ call' = [call EXCEPT ![p].at = k]
  /\ UNCHANGED <<log, done, answer>>

\* The fast read of p takes what the table has.
CanSample(p) == Waits(p, Reads) /\ table[call[p].op] # Nowhere
Sample(p) ==
  /\ CanSample(p)
  /\ call' = [call EXCEPT ![p].sample = table[call[p].op]]
  /\ UNCHANGED <<log, done, table, answer>>

Answered(p, path, result) ==
  /\ call' = [call EXCEPT ![p] = NoCall]
  /\ answer' = [answer EXCEPT ![p] = [op |-> call[p].op, path |-> path, result |-> result]]
ReplicatedAnswer(p, k) ==
  /\ Answered(p, "replicated", Result(ValueAt(log, k), call[p].op))
  /\ done' = Max(done, k)
FastAnswer(p, k) ==
  /\ call[p].at = Nowhere
  /\ Answered(p, "fast", Result(ValueAt(log, k), call[p].op))
  /\ UNCHANGED <<log, done, table>>

\* A write's answer may tell of the state before it.
RespondWrite(p) ==
  /\ Waits(p, Writes)
  /\ call[p].at # Nowhere
  /\ Answered(p, "replicated", Result(ValueAt(log, call[p].at - 1), call[p].op))
  /\ done' = Max(done, call[p].at)
  /\ UNCHANGED <<log, table>>
RespondReplicated(p) ==
  /\ Waits(p, Reads)
  /\ call[p].at # Nowhere
  /\ ReplicatedAnswer(p, call[p].at)
  /\ UNCHANGED <<log, table>>
RespondFast(p) ==
  /\ Waits(p, Reads)
  /\ call[p].sample # Nowhere
  /\ FastAnswer(p, call[p].sample)

\* Two at once.
InstallAndRespond(p, k) ==
  /\ MayBeAt(p, k)
  /\ Installed(p, k)
  /\ ReplicatedAnswer(p, k)
  /\ UNCHANGED log
SampleAndRespond(p) ==
  /\ CanSample(p)
  /\ FastAnswer(p, table[call[p].op])

Next == \E p \in Processes :
  \/ \E op \in Reads \cup Writes : Invoke(p, op)
  \/ Effect(p)
  \/ \E k \in Positions : Install(p, k)
  \/ Sample(p)
  \/ RespondWrite(p)
  \/ RespondReplicated(p)
  \/ RespondFast(p)
  \/ \E k \in Positions : InstallAndRespond(p, k)
  \/ SampleAndRespond(p)

Spec == Init /\ [][Next]_vars
=============================================================================
