---- MODULE Doubling ----
(* Twice is wrong here on purpose: only the Java override makes the invariant true. *)
EXTENDS Naturals
VARIABLE x
Twice(n) == n
Init == x = 1
Next == x < 8 /\ x' = Twice(x)
Grows == x = 8 \/ Twice(x) > x
====
