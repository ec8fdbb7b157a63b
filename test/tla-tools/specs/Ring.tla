---- MODULE Ring ----
(* A token goes round; a node may hold on to it. Small, with self-loops, repeated edges and an
   action that is never taken. *)
EXTENDS Integers, TLC

CONSTANTS Node, Laps

VARIABLES
    at,     \* the node that holds the token
    laps,   \* completed rounds of each node
    note    \* a value that TLC wraps over lines

vars == <<at, laps, note>>

Long == [phase |-> "pre-prepared \"twice\"", back |-> "a\\b", list |-> <<1, 2, 3, 4, 5, 6, 7>>,
         gaps |-> (0 :> TRUE @@ 2 :> FALSE), low |-> -3, none |-> << >>]

Init ==
    /\ at \in Node
    /\ laps = [n \in Node |-> 0]
    /\ note = [n \in Node |-> {}]

Pass(n) ==
    /\ at = n
    /\ laps[n] < Laps
    /\ laps' = [laps EXCEPT ![n] = @ + 1]
    /\ note' = [note EXCEPT ![n] = {Long}]
    /\ \E next \in Node \ {n} : at' = next

Hold == \E n \in Node : at = n /\ UNCHANGED vars

Reset ==
    /\ \A n \in Node : laps[n] = Laps
    /\ laps' = [n \in Node |-> 0]
    /\ UNCHANGED <<at, note>>

Never == at \notin Node /\ UNCHANGED vars

Next == (\E n \in Node : Pass(n)) \/ Hold \/ Reset \/ Never

Spec == Init /\ [][Next]_vars
FairSpec == Spec /\ \A n \in Node : WF_vars(Pass(n))

TypeOK == laps \in [Node -> 0..Laps]
SmallLaps == \A n \in Node : laps[n] < Laps
NoLead == \A m, n \in Node : laps[m] <= laps[n] + Laps - 1
Symmetry == Permutations(Node)

OneStep == [][\A n \in Node : laps'[n] \in {laps[n], laps[n] + 1, 0}]_vars
NeverReset == [][laps' # [n \in Node |-> 0]]_laps
SomeLaps == <>(\E n \in Node : laps[n] = Laps)
====
