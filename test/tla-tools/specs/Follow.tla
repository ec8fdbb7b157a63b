---- MODULE Follow ----
(* Follows a recorded trace of a counter, one event a step; accepted by depth. *)
EXTENDS Naturals, Sequences, TLC
CONSTANT Third
VARIABLES line, count
Events == <<"up", "up", Third, "up">>
Init == line = 1 /\ count = 0
Up == Events[line] = "up" /\ count' = count + 1
Down == Events[line] = "down" /\ count > 0 /\ count' = count - 1
Next == line <= Len(Events) /\ line' = line + 1 /\ (Up \/ Down)
Noted == count = 2 => PrintT(<<"reached", count>>)
====
