---- MODULE Counters ----
(* Far more states than a test waits for: for limits and interruption. *)
EXTENDS Naturals
VARIABLES a, b, c, d
Init == a = 0 /\ b = 0 /\ c = 0 /\ d = 0
Next == \/ a < 200 /\ a' = a + 1 /\ UNCHANGED <<b, c, d>>
        \/ b < 200 /\ b' = b + 1 /\ UNCHANGED <<a, c, d>>
        \/ c < 200 /\ c' = c + 1 /\ UNCHANGED <<a, b, d>>
        \/ d < 200 /\ d' = d + 1 /\ UNCHANGED <<a, b, c>>
Spec == Init /\ [][Next]_<<a, b, c, d>>
====
