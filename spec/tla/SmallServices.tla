---------------------------- MODULE SmallServices ---------------------------
(***************************************************************************)
(* The services of the small models of consistency, and the history of     *)
(* what their clients see.                                                 *)
(*   register    holds one value; each write writes itself                 *)
(*   album       the talk's example: photos, and a list of who may see     *)
(*               them. Alice takes her colleague off the list, then        *)
(*               uploads photos of the beach                               *)
(***************************************************************************)
EXTENDS Integers, Sequences

RegisterReads == {"get"}
RegisterWrites == {"1", "2"}
OneWrite == {"1"}
RegisterInitial == "null"
RegisterResult(v, op) == IF op = "get" THEN v ELSE "done"
RegisterNext(v, op) == op

AlbumReads == {"colleague's page"}
AlbumWrites == {"remove colleague", "upload photos"}
AlbumInitial == [allowed |-> {"colleague"}, photos |-> {}]
AlbumResult(v, op) ==
  IF op \notin AlbumReads THEN "done"
  ELSE IF "colleague" \notin v.allowed THEN "forbidden"
  ELSE IF v.photos = {} THEN "no photos" ELSE "photos"
AlbumNext(v, op) ==
  CASE op = "remove colleague" -> [v EXCEPT !.allowed = {}]
    [] op = "upload photos" -> [v EXCEPT !.photos = {"beach"}]

-----------------------------------------------------------------------------
\* What a process sees of one step, from its call before and after it and its last answer.
Seen(p, before, after, answer) ==
  CASE before.stage = "idle" /\ after.stage # "idle" ->
         <<[type |-> "invoke", process |-> p, op |-> after.op]>>
    [] before.stage # "idle" /\ after.stage = "idle" ->
         <<[type |-> "ok", process |-> p, path |-> answer.path, result |-> answer.result]>>
    [] OTHER -> <<>>
RECURSIVE SeenBy(_, _, _, _)
SeenBy(processes, before, after, answers) ==
  IF processes = {} THEN <<>>
  ELSE LET p == CHOOSE p \in processes : TRUE
       IN Seen(p, before[p], after[p], answers[p])
            \o SeenBy(processes \ {p}, before, after, answers)
=============================================================================
