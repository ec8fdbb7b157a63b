------------------------------- MODULE Graph -------------------------------
(***************************************************************************)
(* Hooks that let a TLC run say which graph it explored. As written they   *)
(* are TRUE and cost nothing; with the classes of spec/tla/overrides on    *)
(* the class path they see every distinct state (as an invariant) and      *)
(* every step (as the last conjunct of an action).                         *)
(***************************************************************************)
RecordState(vars) == TRUE
RecordStep(action, nextVars) == TRUE
RecordWitness(name, reached) == TRUE
=============================================================================
