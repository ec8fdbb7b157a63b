/** The first specification of a new cluster: small, whole, and there to be changed. */
import { join } from "node:path"

export interface TextFile {
  readonly path: string
  readonly text: string
}

const moduleName = "Cluster"

const moduleText = `------------------------------ MODULE ${moduleName} ------------------------------
(* One sequence number of this cluster, seen from afar: each correct replica   *)
(* votes for one value, a Byzantine one for all of them, and a quorum of votes *)
(* decides. Check it by                                                        *)
(*                                                                             *)
(*     prophecy tlc ${moduleName}.tla                                                *)
(*                                                                             *)
(* then take 1 away from Quorum and see how agreement is lost. The whole       *)
(* protocol is Pbft.tla, among the files of prophecy.                          *)
EXTENDS Naturals

CONSTANTS N,       \\* replicas
          F,       \\* how many of them may be Byzantine
          Values   \\* what may be decided

ASSUME N = 3 * F + 1

Quorum == N - F

VARIABLES waiting, \\* how many correct replicas have not voted
          votes    \\* votes[v]: how many of them voted for v

TypeOK == /\\ waiting \\in 0 .. N - F
          /\\ votes \\in [Values -> 0 .. N - F]

Init == /\\ waiting = N - F
        /\\ votes = [v \\in Values |-> 0]

Vote(v) == /\\ waiting > 0
           /\\ waiting' = waiting - 1
           /\\ votes' = [votes EXCEPT ![v] = @ + 1]

Next == \\E v \\in Values : Vote(v)

Spec == Init /\\ [][Next]_<<waiting, votes>>

Decided(v) == votes[v] + F >= Quorum

Agreement == \\A v, w \\in Values : Decided(v) /\\ Decided(w) => v = w
=============================================================================
`

const configText = (n: number, f: number): string => `SPECIFICATION Spec
CONSTANTS
  N = ${n}
  F = ${f}
  Values = {"a", "b"}
INVARIANTS
  TypeOK
  Agreement
\\* Once all have voted, nothing more happens.
CHECK_DEADLOCK FALSE
`

/** The module and its configuration for `n` = 3f + 1 replicas, in `spec` below `directory`. */
export const firstSpec = (directory: string, n: number): readonly [TextFile, TextFile] => {
  const at = (name: string): string => join(directory, "spec", name)
  return [
    { path: at(`${moduleName}.tla`), text: moduleText },
    { path: at(`${moduleName}.cfg`), text: configText(n, Math.floor((n - 1) / 3)) },
  ]
}
