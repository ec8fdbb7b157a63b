--------------------------- MODULE ClientHistory ----------------------------
(***************************************************************************)
(* Linearizability and delay-once linearizability of a history, by their   *)
(* definitions: some order of the operations, and for each fast read some  *)
(* position in it. src/consistency judges recorded histories by the same   *)
(* definitions.                                                            *)
(*                                                                         *)
(* A history is the sequence of what one object's clients saw:             *)
(*   [type |-> "invoke", process |-> p, op |-> request]                    *)
(*   [type |-> "ok", process |-> p, path |-> path, result |-> result]      *)
(* with path "replicated", "fast" or "unknown". An operation is named by   *)
(* the index of its invocation. One without an ok may have taken effect at *)
(* any time since, or not.                                                 *)
(***************************************************************************)
EXTENDS Integers, Sequences, FiniteSets

CONSTANTS Reads, Writes, InitialValue, Result(_, _), NextValue(_, _)

Never == 1000000
Invoked(h) == {i \in 1 .. Len(h) : h[i].type = "invoke"}
\* The index of the ok of operation x, or Never.
Return(h, x) ==
  LET after == {j \in x + 1 .. Len(h) : h[j].process = h[x].process}
  IN IF after = {} THEN Never ELSE CHOOSE j \in after : \A k \in after : j <= k
Completed(h) == {x \in Invoked(h) : Return(h, x) # Never}
Open(h) == Invoked(h) \ Completed(h)
OfReads(h, s) == {x \in s : h[x].op \in Reads}
ResultOf(h, x) == h[Return(h, x)].result
WithPath(h, path) == {x \in OfReads(h, Completed(h)) : h[Return(h, x)].path = path}
\* a <_H b
Before(h, a, b) == Return(h, a) < b

Orders(h, s) ==
  {w \in [1 .. Cardinality(s) -> s] :
     \A i, j \in 1 .. Cardinality(s) : i < j => (w[i] # w[j] /\ ~Before(h, w[j], w[i]))}

RECURSIVE After(_, _, _)
\* The state after the first k operations of w.
After(h, w, k) ==
  IF k = 0 THEN InitialValue
  ELSE LET before == After(h, w, k - 1)
       IN IF h[w[k]].op \in Reads THEN before ELSE NextValue(before, h[w[k]].op)
Legal(h, w) ==
  \A k \in DOMAIN w :
    w[k] \in Completed(h) => ResultOf(h, w[k]) = Result(After(h, w, k - 1), h[w[k]].op)

Linearizable(h) ==
  \E opened \in SUBSET (Open(h) \ OfReads(h, Open(h))) :
    \E w \in Orders(h, Completed(h) \cup opened) : Legal(h, w)

\* Whether fast read x may be at position k of w, as far as x alone is concerned.
Genuine(h, w, x, k) == ResultOf(h, x) = Result(After(h, w, k), h[x].op)
HasSource(h, w, x, k) ==
  /\ h[w[k]].op = h[x].op
  /\ \A i \in 1 .. k : w[i] < Return(h, x)
DelayedOnce(h, w, x, k) ==
  \A i \in DOMAIN w : (h[w[i]].op = h[x].op /\ Before(h, w[i], x)) => i <= k
MayBe(h, w, x, k) == Genuine(h, w, x, k) /\ HasSource(h, w, x, k) /\ DelayedOnce(h, w, x, k)
\* With each fast read as early as it can be, after those that were over before it.
RECURSIVE Earliest(_, _, _)
Earliest(h, w, fast) ==
  IF fast = {} THEN <<>>
  ELSE LET x == CHOOSE y \in fast : \A z \in fast : Return(h, z) <= Return(h, y)
           others == Earliest(h, w, fast \ {x})
           ks == {k \in DOMAIN w :
                    /\ MayBe(h, w, x, k)
                    /\ \A y \in fast \ {x} :
                         (Before(h, y, x) /\ h[y].op = h[x].op) => others[y] <= k}
           least == IF ks = {} THEN Never ELSE CHOOSE k \in ks : \A j \in ks : k <= j
       IN [y \in fast |-> IF y = x THEN least ELSE others[y]]
Explained(h, w, fast) ==
  LET k == Earliest(h, w, fast) IN \A x \in fast : k[x] # Never

DelayOnceHistory(h) ==
  \E opened \in SUBSET Open(h), replicated \in SUBSET WithPath(h, "unknown") :
    LET writes == Completed(h) \ OfReads(h, Completed(h))
        fast == WithPath(h, "fast") \cup (WithPath(h, "unknown") \ replicated)
    IN \E w \in Orders(h, writes \cup WithPath(h, "replicated") \cup replicated \cup opened) :
         Legal(h, w) /\ Explained(h, w, fast)

\* The same history, of clients that were not told which reads were fast.
Untold(h) ==
  [i \in DOMAIN h |-> IF h[i].type = "ok" THEN [h[i] EXCEPT !.path = "unknown"] ELSE h[i]]
=============================================================================
