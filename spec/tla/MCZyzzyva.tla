------------------------------ MODULE MCZyzzyva ------------------------------
(***************************************************************************)
(* Small instances of Zyzzyva for TLC and, with the same names and values, *)
(* for the explorer of src/model-check. Each .cfg beside this file picks   *)
(* its constants; spec/README.md says what each one is for.                *)
(*                                                                         *)
(* The service: its state is the sequence of executed requests, and the    *)
(* result of an operation tells its position, so that a different order    *)
(* gives a different answer.                                               *)
(***************************************************************************)
EXTENDS Zyzzyva, Graph, TLC

MCIsRead(op) == op = "r"
MCResult(v, r) == <<r.op, Len(v) + 1>>
MCNextValue(v, r) == Append(v, r)
MCStateDigest(h, v, t) == <<h, v, t>>
MCInitialValue == <<>>

\* What correct clients ask for.
AsksA == [c \in {0} |-> <<"a">>]
AsksAThenB == [c \in {0} |-> <<"a", "b">>]
Reads == [c \in {0} |-> <<"r">>]
AsksAThenReads == [c \in {0} |-> <<"a", "r">>]
TwoAsk == [c \in {0, 1} |-> IF c = 0 THEN <<"a">> ELSE <<"b">>]
NobodyAsks == [c \in {} |-> <<>>]

(***************************************************************************)
(* What Byzantine processes say. src/model-check/zyzzyva-universe.ts       *)
(* builds the same sets under the same names.                              *)
(***************************************************************************)
Sig(c, t, op, auth) == [client |-> c, timestamp |-> t, op |-> op, auth |-> auth]
BatchA(auth) == <<Sig(0, 1, "a", auth)>>
BatchB(auth) == <<Sig(1, 1, "b", auth)>>
BatchC(auth) == <<Sig(1, 2, "c", auth)>>
DigestA == Digest(BatchA({}))
DigestB == Digest(BatchB({}))
DigestC == Digest(BatchC({}))
\* The histories of these batches.
A == <<DigestA>>
B == <<DigestB>>
BC == <<DigestB, DigestC>>
AC == <<DigestA, DigestC>>

OrderTo(to, v, h, batch) == [OrderReq(v, Len(h), h, batch) EXCEPT !.to = to]
Cert(v, h, who) == Certificate(v, Len(h), h, who)
Header(i, v, h) == SpecHeader(i, v, Len(h), h)
Response(i, v, h, ordered, c, t, r) ==
  SpecResponse(i, v, Len(h), h, ordered, [client |-> c, timestamp |-> t, result |-> r])
Acknowledged(i, v, h, c) == LocalCommit(i, v, Len(h), h, c)
Contradiction(v, h, g) == Pom({Order(v, Len(h), h), Order(v, Len(g), g)})
LastOrder(v, h) == [seq |-> Len(h), view |-> v, history |-> h]
Change(i, v, orders, certs, who) == ViewChange(i, v, InitialStable, orders, certs, who)
RequestTo(to, c, t, op, auth) == [Request(c, t, op, to) EXCEPT !.auth = auth]

NothingInjected == {}

\* A Byzantine client whose authenticator is good at the primary only, or everywhere.
ClientUniverse == {RequestTo(Replicas, 1, 1, "b", Replicas), RequestTo(Replicas, 1, 1, "b", {0})}

\* A Byzantine primary orders one thing at two backups and another at the third; its client gets a
\* certificate for the first; and it claims the second afterwards.
TwoStories ==
  {OrderTo({1, 2}, 0, A, BatchA(Replicas)), OrderTo({3}, 0, B, BatchB(Replicas)),
   Commit(1, Cert(0, A, {0, 1, 2})), Accusation(0, 0),
   Change(0, 1, {LastOrder(0, B)}, {}, {0, 1})}

\* The same without the certificate, and without helping anyone to a proof of it.
Split ==
  {OrderTo({1, 2}, 0, A, BatchA(Replicas)), OrderTo({3}, 0, B, BatchB(Replicas)),
   Accusation(0, 0), Change(0, 1, {LastOrder(0, B)}, {}, {0, 1})}

\* It orders at one backup only, and says no more.
HalfTold == {OrderTo({1, 2}, 0, B, BatchB(Replicas))}

\* It skips the first number at one backup, and contradicts itself.
Holes ==
  {OrderTo({1}, 0, B, BatchB(Replicas)), OrderTo({1, 2}, 0, BC, BatchC(Replicas)),
   OrderTo({2}, 0, AC, BatchC(Replicas))}

(***************************************************************************)
(* One correct process among liars: whatever all the others say, its own   *)
(* promises hold. Among what they say is, for each guard, something that   *)
(* only this guard turns away.                                             *)
(***************************************************************************)

\* For the client 0, which asks twice.
ForClient ==
  {Response(i, 0, A, TRUE, 0, 1, <<"a", 1>>) : i \in {0, 1, 2}} \cup
  {Response(3, 0, A, TRUE, 0, 1, <<"x", 1>>), Response(3, 0, B, TRUE, 0, 1, <<"a", 1>>),
   Response(2, 1, A, FALSE, 0, 1, <<"a", 1>>), Response(1, 0, A, TRUE, 1, 1, <<"a", 1>>),
   Response(1, 0, A, TRUE, 0, 2, <<"a", 1>>)} \cup
  {Acknowledged(i, 0, A, 0) : i \in {0, 1, 2}} \cup
  {Acknowledged(3, 0, B, 0), Acknowledged(3, 1, A, 0), Acknowledged(3, 0, A, 1)} \cup
  {Response(i, 0, AC, FALSE, 0, 2, <<"b", 2>>) : i \in Replicas}

\* For the backup 1: two orders of the primary 0, and all that is said of them.
ForBackup ==
  {OrderTo({1}, 0, B, BatchB(Replicas)), OrderTo(Replicas, 0, BC, BatchC(Replicas)),
   OrderTo(Replicas, 0, A, BatchA(Replicas)),
   \* Wrong history, another view, numbers out of the window, bad requests.
   OrderTo(Replicas, 0, AC, BatchC(Replicas)), OrderTo(Replicas, 1, B, BatchB(Replicas)),
   OrderTo(Replicas, 0, A \o BC, BatchC(Replicas)), OrderTo(Replicas, 0, <<>>, BatchC(Replicas)),
   OrderTo(Replicas, 0, <<DigestC>>, BatchC({0, 2})),
   OrderTo(Replicas, 0, <<NullDigest>>, <<>>),
   OrderTo(Replicas, 0, <<Digest(BatchA({}) \o BatchC({}))>>, BatchA(Replicas) \o BatchC(Replicas)),
   OrderTo(Replicas, 0, <<Digest(<<Sig(2, 1, "a", {})>>)>>, <<Sig(2, 1, "a", Replicas)>>)} \cup
  {FillHole(2, 0, 1, 1), FillHole(2, 1, 1, 2), FillHole(2, 0, 3, 4)} \cup
  {Commit(1, Cert(0, B, {0, 1, 2})), Commit(1, Cert(0, BC, {0, 2, 3})),
   Commit(1, Cert(0, B, {0, 2})), Commit(1, Cert(1, B, {0, 2, 3})),
   Commit(2, Cert(0, B, {0, 2, 3}))}

\* For the same, what is said at checkpoints.
ForCheckpoints ==
  LET d == StateDigest(B, B[1], [c \in AllClients |->
             IF c = 1 THEN [timestamp |-> 1, result |-> <<"b", 1>>, seq |-> 1, history |-> B]
             ELSE NoEntry])
  IN {OrderTo(Replicas, 0, B, BatchB(Replicas)), OrderTo(Replicas, 0, BC, BatchC(Replicas)),
      RequestTo(Replicas, 1, 1, "b", Replicas)} \cup
     {Header(i, 0, B) : i \in {0, 2}} \cup
     {Header(3, 0, A), Header(3, 1, B), Header(3, 0, B \o BC)} \cup
     {Checkpoint(i, 0, 1, d) : i \in {0, 2}} \cup
     {Checkpoint(3, 0, 1, MCStateDigest(A, A[1], InitialTable)), Checkpoint(3, 1, 1, d),
      Checkpoint(3, 0, 4, d)} \cup
     {Commit(1, Cert(0, B, {0, 2, 3})), Commit(1, Cert(0, A, {0, 2, 3}))}

\* For replica 1: what takes it out of view 0, and into view 1, whose primary it is, or view 2.
ForChanger ==
  LET b == {LastOrder(0, B)}
      said(i, v, orders, certs) == Change(i, v, orders, certs, {2, 3})
      cert == Cert(0, B, {0, 2, 3})
      two == {said(0, 2, {}, {cert}), said(2, 2, {LastOrder(1, A)}, {}),
              said(3, 2, {LastOrder(1, A)}, {})}
  IN {OrderTo(Replicas, 0, BC, BatchC(Replicas)), OrderTo(Replicas, 0, B, BatchB(Replicas)),
      Accusation(2, 0), Accusation(3, 1), Contradiction(0, A, B),
      Contradiction(1, A, B), Contradiction(0, A, BC),
      said(0, 1, {}, {}), said(2, 1, b, {}), said(3, 1, {LastOrder(0, A)}, {cert})} \cup
     \* VIEW-CHANGEs that no correct replica sends.
     {said(0, 0, {}, {}), Change(0, 1, {}, {}, {2}), said(0, 1, {LastOrder(1, B)}, {}),
      said(0, 1, {LastOrder(0, B \o BC)}, {}), said(0, 1, b \cup {LastOrder(0, A)}, {}),
      said(0, 1, {}, {Cert(0, B, {0, 2})}), said(0, 1, {}, {Cert(1, B, {0, 2, 3})}),
      said(0, 1, {}, {Cert(0, B \o BC, {0, 2, 3})}),
      ViewChange(0, 1, [InitialStable EXCEPT !.seq = 1], {}, {}, {2, 3})} \cup
     \* NEW-VIEWs, the first of them good.
     {NewView(2, two), NewView(2, {said(0, 2, {}, {}), said(2, 2, b, {})}),
      NewView(2, {said(0, 1, {}, {}), said(2, 1, b, {}), said(3, 1, {LastOrder(0, A)}, {cert})}),
      NewView(0, two)}

\* For replica 1 where a view is confirmed: it begins view 2 as two others do.
ForConfirmer ==
  LET said(i) == Change(i, 2, {LastOrder(0, B)}, {}, {2, 3}) IN
  {NewView(2, {said(0), said(2), said(3)})} \cup
  {ViewConfirm(i, 2, 1, B) : i \in {0, 2}} \cup
  {ViewConfirm(3, 2, 1, A), ViewConfirm(3, 1, 1, B)} \cup
  {OrderTo(Replicas, 2, BC, BatchC(Replicas)), Accusation(3, 2)}

\* For replica 1, which fetches: states that are good, of another history, of a view to come, of too
\* few, and with another digest; a view that starts from a state.
ForFetcher ==
  LET entry(t, r, h) == [timestamp |-> t, result |-> r, seq |-> Len(h), history |-> h]
      tableB == [c \in AllClients |-> IF c = 1 THEN entry(1, <<"b", 1>>, B) ELSE NoEntry]
      tableA == [c \in AllClients |-> IF c = 0 THEN entry(1, <<"a", 1>>, A) ELSE NoEntry]
      tableAC == [c \in AllClients |->
                    IF c = 0 THEN entry(1, <<"a", 1>>, A) ELSE entry(2, <<"c", 2>>, AC)]
      b == [value |-> B[1], table |-> tableB, history |-> B]
      a == [value |-> A[1], table |-> tableA, history |-> A]
      ac == [value |-> A[1] \o AC[2], table |-> tableAC, history |-> AC]
      of(v, cp, by) == [view |-> v, seq |-> Len(cp.history),
                        digest |-> MCStateDigest(cp.history, cp.value, cp.table), replicas |-> by]
      who == {0, 2, 3}
      began(i) == [Change(i, 2, {}, {}, {2, 3}) EXCEPT !.stable = of(0, b, who)]
  IN {State(of(0, cp, who), cp) : cp \in {a, b, ac}} \cup
     {State(of(0, b, {0, 2}), b), State(of(1, b, who), b), State(of(0, a, who), b)} \cup
     {State(of(2, ac, who), ac)} \cup
     {FetchState(2, 0), NewView(2, {began(i) : i \in who})}

\* The same where it orders by itself before and after.
ForLateFetcher ==
  ForFetcher \cup
  {OrderTo(Replicas, 0, B, BatchB(Replicas)), OrderTo(Replicas, 0, BC, BatchC(Replicas)),
   OrderTo(Replicas, 0, AC \o B, BatchB(Replicas)), Commit(1, Cert(0, BC, {0, 2, 3}))}

\* For the client 0, which asks one replica for the result: results and digests of it, another
\* digest, one of another view, and acknowledgements.
ForDigestClient ==
  LET said(i) == Response(i, 0, A, TRUE, 0, 1, <<"a", 1>>)
  IN {said(i) : i \in {0, 1}} \cup {Digested(said(i)) : i \in Replicas} \cup
     {Digested(Response(3, 0, A, TRUE, 0, 1, <<"x", 1>>)),
      Digested(Response(1, 1, A, FALSE, 0, 1, <<"a", 1>>))} \cup
     {Acknowledged(i, 0, A, 0) : i \in {0, 1, 2}}

\* For the backup 1: requests that ask it, or another, for the result; again; and in a new view. One
\* wants no signature, which is nothing here.
AskingOf(r, batch) == [k \in 1 .. Len(batch) |-> With(batch[k], "replier", r)]
AloneOf(batch) == [k \in 1 .. Len(batch) |-> ClientOnly(batch[k])]
ForDigestBackup ==
  LET said(i) == Change(i, 2, {LastOrder(0, B)}, {}, {2, 3})
  IN {OrderTo(Replicas, 0, B, AskingOf(2, BatchB(Replicas))),
      OrderTo(Replicas, 0, BC, AloneOf(AskingOf(1, BatchC(Replicas)))),
      With(RequestTo(Replicas, 1, 1, "b", Replicas), "replier", 2),
      RequestTo(Replicas, 1, 2, "c", Replicas),
      NewView(2, {said(i) : i \in {0, 2, 3}})}

\* For the client 0, which reads: of one history, of others, committed and not; and what it is
\* answered when it has had its read ordered.
ReadOf(i, v, h, c, t, r) ==
  ReadResponse(i, v, Len(h), h, [client |-> c, timestamp |-> t, result |-> r])
ForReadClient ==
  LET said(i) == ReadOf(i, 0, B, 0, 1, <<"r", 2>>)
  IN {said(i) : i \in Replicas} \cup {Committed(said(i)) : i \in {0, 1, 2}} \cup
     {ReadOf(3, 0, BC, 0, 1, <<"r", 2>>), ReadOf(3, 0, B, 0, 1, <<"r", 1>>),
      ReadOf(2, 1, B, 0, 1, <<"r", 2>>), ReadOf(0, 0, B, 1, 1, <<"r", 2>>),
      ReadOf(0, 0, B, 0, 2, <<"r", 2>>)} \cup
     {Response(i, 0, A, TRUE, 0, 1, <<"r", 1>>) : i \in {0, 1, 2}} \cup
     {Acknowledged(i, 0, A, 0) : i \in {0, 1, 2}}

\* For the backup 1: requests to read, one of which the service does not take for a read, while
\* batches are ordered and one is certified.
ReadTo(c, t, op, auth) == [Read(c, t, op) EXCEPT !.auth = auth]
ForReader ==
  {ReadTo(0, 1, "r", Replicas), ReadTo(0, 1, "r", {0}), ReadTo(0, 2, "w", Replicas),
   ReadTo(1, 1, "r", Replicas), ReadTo(2, 1, "r", Replicas),
   OrderTo(Replicas, 0, B, BatchB(Replicas)), Commit(1, Cert(0, B, {0, 2, 3}))}
\* The same while it leaves its view: two batches, and one read.
ForLeavingReader ==
  {ReadTo(0, 1, "r", Replicas), Accusation(2, 0), OrderTo(Replicas, 0, B, BatchB(Replicas)),
   OrderTo(Replicas, 0, BC, BatchC(Replicas)),
   NewView(2, {Change(i, 2, {LastOrder(0, B)}, {}, {2, 3}) : i \in {0, 2, 3}})}
\* The same where it fetches states.
ForFetchingReader ==
  {m \in ForFetcher : m.type = "State"} \cup
  {ReadTo(0, 2, "r", Replicas), OrderTo(Replicas, 0, A, BatchA(Replicas))}

\* A Byzantine primary orders what the client 0 asked for, answers as it should, and answers its
\* read as if nothing had ever been ordered.
Forgets ==
  {OrderTo({1, 2, 3}, 0, A, BatchA(Replicas)), Response(0, 0, A, TRUE, 0, 1, <<"a", 1>>),
   Committed(ReadOf(0, 0, <<>>, 0, 2, <<"r", 1>>))}

\* It orders at two backups only, and helps to end its view; a client that is no process here reads.
\* What completes its read is read from the answers of correct replicas.
ReadHalfTold == HalfTold \cup {Accusation(0, 0), ReadTo(0, 1, "r", Replicas)}

\* For the client 0, which asks to be answered when its request is committed: answers that are, and
\* that are not yet; by digest; of another view and another result.
ForFirstClient ==
  LET said(i) == Response(i, 0, A, TRUE, 0, 1, <<"a", 1>>)
  IN {said(i) : i \in {0, 1}} \cup {Committed(said(i)) : i \in {0, 2, 3}} \cup
     {Committed(Digested(said(1))), Committed(Response(3, 0, A, TRUE, 0, 1, <<"x", 1>>)),
      Committed(Response(2, 1, A, FALSE, 0, 1, <<"a", 1>>))} \cup
     {Acknowledged(i, 0, A, 0) : i \in {0, 1, 2}}

\* For the backup 1: a batch that is to be committed before it is answered, and one that is not;
\* what others say of both, a certificate, the request again.
FirstOf(batch) == [k \in 1 .. Len(batch) |-> With(batch[k], "commitFirst", TRUE)]
ForFirstBackup ==
  {OrderTo(Replicas, 0, B, FirstOf(AskingOf(2, BatchB(Replicas)))),
   OrderTo(Replicas, 0, B \o A, BatchA(Replicas)),
   Header(0, 0, B), Header(2, 0, B), Header(3, 0, A), Header(2, 0, B \o A),
   Commit(1, Cert(0, B \o A, {0, 2, 3})), RequestTo(Replicas, 1, 1, "b", Replicas)}
\* The same through a change of views, where the batch comes back with the new one.
ForFirstLeaver ==
  {OrderTo(Replicas, 0, B, FirstOf(BatchB(Replicas))), Header(0, 0, B), Header(2, 0, B),
   Header(2, 2, B),
   NewView(2, {Change(i, 2, {LastOrder(0, B)}, {}, {2, 3}) : i \in {0, 2, 3}})}

\* A Byzantine primary orders at two backups only what is to be committed first.
FirstHalfTold == {OrderTo({1, 2}, 0, B, FirstOf(BatchB(Replicas)))}

\* For the client 0, which asks for answers for itself alone: such, signed ones, one of another
\* result and one of another view.
ForPreferredClient ==
  LET said(i) == Response(i, 0, A, TRUE, 0, 1, <<"a", 1>>)
  IN {ClientOnly(said(i)) : i \in Replicas} \cup {said(i) : i \in {0, 1, 2}} \cup
     {Response(3, 0, A, TRUE, 0, 1, <<"x", 1>>), Response(2, 1, A, FALSE, 0, 1, <<"a", 1>>)} \cup
     {Acknowledged(i, 0, A, 0) : i \in {0, 1, 2}}
\* The same with digests, and committed or not yet: what each replica says adds up.
ForPairsClient ==
  LET said(i) == Response(i, 0, A, TRUE, 0, 1, <<"a", 1>>)
  IN {said(0), Committed(ClientOnly(said(0))), said(1), ClientOnly(Digested(said(1))),
      Digested(said(2)), Committed(ClientOnly(Digested(said(2)))),
      Committed(Digested(said(3)))} \cup
     {Acknowledged(i, 0, A, 0) : i \in {0, 1, 2}}

\* For the backup 1: requests whose clients want answers for themselves alone, one asked again; a
\* new view brings one of them.
ForPreferredBackup ==
  {OrderTo(Replicas, 0, B, AloneOf(AskingOf(2, BatchB(Replicas)))),
   OrderTo(Replicas, 0, BC, AloneOf(BatchC(Replicas))),
   ClientOnly(RequestTo(Replicas, 1, 1, "b", Replicas)),
   NewView(2, {Change(i, 2, {LastOrder(0, B)}, {}, {2, 3}) : i \in {0, 2, 3}})}
\* One of them is to be committed first.
ForFirstPreferredBackup ==
  {OrderTo(Replicas, 0, B, AloneOf(FirstOf(BatchB(Replicas)))),
   OrderTo(Replicas, 0, B \o A, AloneOf(BatchA(Replicas))),
   Header(0, 0, B), Header(2, 0, B), Commit(1, Cert(0, B \o A, {0, 2, 3})),
   RequestTo(Replicas, 1, 1, "b", Replicas)}

\* A Byzantine primary orders at two backups only what is to be answered unsigned; its client lies
\* too, and has a certificate as soon as they have signed.
PreferredHalfTold ==
  {OrderTo({1, 2}, 0, B, AloneOf(BatchB(Replicas))), Commit(1, Cert(0, B, {0, 1, 2})),
   RequestTo({1, 2}, 1, 1, "b", Replicas)}

\* For the client 0, where replica 3 is a witness: answers with the result, or its digest, and with
\* another; those of the witness, of two views, signed and not.
ForWitnessClient ==
  LET said(i) == Response(i, 0, A, TRUE, 0, 1, <<"a", 1>>)
  IN {said(i) : i \in {0, 1, 2}} \cup {Digested(said(i)) : i \in {0, 1, 2}} \cup
     {Response(2, 0, A, TRUE, 0, 1, <<"x", 1>>),
      Witnessed(said(3)), ClientOnly(Witnessed(said(3))), Committed(Witnessed(said(3))),
      Witnessed(Response(3, 1, A, FALSE, 0, 1, <<>>))} \cup
     {Acknowledged(i, 0, A, 0) : i \in {0, 1, 2}}

\* For the witness 1: a batch, what others say of it and of its state, and a view that starts there.
ForWitness ==
  LET d == StateDigest(B, B[1], [c \in AllClients |->
             IF c = 1 THEN [timestamp |-> 1, result |-> <<"b", 1>>, seq |-> 1, history |-> B]
             ELSE NoEntry])
      other == MCStateDigest(A, A[1], InitialTable)
      from == [view |-> 0, seq |-> 1, digest |-> d, replicas |-> {0, 2, 3}]
      began(i) == [Change(i, 2, {}, {}, {2, 3}) EXCEPT !.stable = from]
  IN {OrderTo(Replicas, 0, B, BatchB(Replicas)), RequestTo(Replicas, 1, 1, "b", Replicas),
      FetchState(2, 0), NewView(2, {began(i) : i \in {0, 2, 3}})} \cup
     {Header(i, 0, B) : i \in {0, 2}} \cup
     {Checkpoint(i, 0, 1, d) : i \in {0, 2}} \cup {Checkpoint(3, 0, 1, other)}

\* A Byzantine primary answers wrongly what it ordered rightly.
WrongResult ==
  {OrderTo(Replicas, 0, A, BatchA(Replicas)), Response(0, 0, A, TRUE, 0, 1, <<"x", 1>>),
   Acknowledged(0, 0, A, 0)}

\* A Byzantine client whose authenticator fails at replica 2.
FailsAtOne == {RequestTo(Replicas, 1, 1, "b", {0, 1})}

\* For the backup 1: orders that it cannot verify, one after the other; who vouches for them, and
\* for others; others ask it.
ForVouched ==
  {OrderTo(Replicas, 0, B, BatchB({0, 2})), OrderTo(Replicas, 0, A, BatchA({})),
   OrderTo(Replicas, 0, BC, BatchC({2})),
   Header(0, 0, B), Header(2, 0, B), Header(3, 0, A), Header(3, 1, A), Header(3, 0, BC),
   Header(2, 0, BC), FillHole(3, 0, 2, 2)} \cup
  {ForHeaders(FillHole(2, 0, 1, n)) : n \in {1, 2}}

\* The same in two views: who vouched in one does not in the next.
ForVouchedLater ==
  {OrderTo(Replicas, v, B, BatchB({0, 2})) : v \in {0, 2}} \cup
  {Header(0, 0, B), Header(2, 0, B), Header(0, 2, B), Header(3, 2, B),
   ForHeaders(FillHole(2, 2, 1, 1)),
   NewView(2, {Change(i, 2, {}, {}, {2, 3}) : i \in {0, 2, 3}})}

\* A Byzantine primary invents a request of the client 0, and vouches for it.
Invents ==
  LET batch == <<Sig(0, 1, "x", {})>> IN
  {OrderTo({1, 2, 3}, 0, <<Digest(batch)>>, batch), Header(0, 0, <<Digest(batch)>>)}

(***************************************************************************)
(* Who lost its disk. Replica i asks to be taken back in the name of       *)
(* client 2 + i.                                                           *)
(***************************************************************************)
NobodyRejoins == {}
BackupRejoins == {<<1, 1>>}
LastRejoins == {<<3, 1>>}
TakenBack(i, auth) == <<Sig(2 + i, 1, "recover", auth)>>
Back(i) == <<Digest(TakenBack(i, {}))>>

\* The state of a history, who vouches for it in which view, and both as they are sent.
HeldOf(h) == LET o == Outcome(h) IN [history |-> h, value |-> o.value, table |-> o.table]
StableOf(v, h, who) ==
  LET cp == HeldOf(h)
  IN [view |-> v, seq |-> Len(h), digest |-> MCStateDigest(h, cp.value, cp.table),
      replicas |-> who]
StateOf(v, h, who) == State(StableOf(v, h, who), HeldOf(h))
StartsFrom(s, m) == [m EXCEPT !.stable = s]
Again(m) == With(m, "incarnation", 1)

\* For replica 1, in one view: what it is told before and after its disk is lost; states that hold
\* its request: one at which it is still silent, one that has passed all that it may have said.
ForRejoinerInView ==
  {OrderTo(Replicas, 0, B, BatchB(Replicas)), OrderTo(Replicas, 0, BC, BatchC(Replicas)),
   Commit(1, Cert(0, B, {0, 2, 3})),
   OrderTo(Replicas, 0, Back(1) \o AC, BatchC(Replicas)),
   OrderTo(Replicas, 0, Back(1) \o <<DigestC>>, BatchC(Replicas)),
   StateOf(0, Back(1), {0, 2, 3}), StateOf(0, Back(1) \o A, {0, 2, 3})}

\* For the same, what would have it leave its view, and views that begin without it.
ForRejoiner ==
  LET from == StableOf(0, Back(1), {0, 2, 3})
      said(i, v) == Change(i, v, {}, {}, {2, 3})
  IN {OrderTo(Replicas, 0, B, BatchB(Replicas)), OrderTo(Replicas, 0, A, BatchA(Replicas)),
      StateOf(0, Back(1), {0, 2, 3}), StateOf(0, Back(1) \o A, {0, 2, 3}),
      Accusation(2, 0), said(2, 1),
      NewView(2, {StartsFrom(from, said(i, 2)) : i \in {0, 2, 3}}),
      NewView(3, {said(0, 3), said(2, 3)})}

\* For replica 1, when replica 3 was taken back: VIEW-CHANGEs of it from before and after, and
\* views that begin by them, with its request in their state, in what they choose, or not at all.
ForChangerAfterRejoin ==
  LET r == Back(3)
      from == StableOf(0, r, {0, 2, 3})
      said(i, v) == Change(i, v, {}, {}, {2, 3})
      by(v, m) == NewView(v, {said(0, v), said(2, v), m})
      certain(v, m) == NewView(v, {[said(0, v) EXCEPT !.certificates = {Cert(0, r, {0, 2, 3})}],
                                   said(2, v), m})
      late(v, m) == NewView(v, {StartsFrom(from, said(0, v)), said(2, v), m})
  IN {OrderTo(Replicas, 0, r, TakenBack(3, Replicas)), StateOf(0, r, {0, 2, 3}),
      said(2, 1), said(3, 1), Again(said(3, 1)), said(3, 2),
      late(2, said(3, 2)), late(2, Again(said(3, 2))), certain(2, said(3, 2)),
      certain(2, Again(said(3, 2))), by(2, said(3, 2))}

\* For the primary 0.
ForPrimary ==
  {RequestTo(Replicas, 0, 1, "a", Replicas), RequestTo(Replicas, 1, 1, "b", Replicas),
   RequestTo(Replicas, 1, 2, "c", Replicas), RequestTo(Replicas, 1, 1, "b", {1}),
   RequestTo({1}, 1, 2, "d", Replicas), RequestTo(Replicas, 2, 1, "b", Replicas),
   OrderTo(Replicas, 0, A, BatchA(Replicas)), FillHole(2, 0, 1, 2),
   Commit(1, Cert(0, B, {1, 2, 3}))}

-----------------------------------------------------------------------------
(***************************************************************************)
(* Next with each step told to the module Graph: equal to Next.            *)
(***************************************************************************)
Step(action) == RecordStep(action, vars')
MCNext ==
  \/ \E c \in Clients : ClientSubmit(c) /\ Step("ClientSubmit")
  \/ \E c \in Clients : AnyClientRecvSpecResponse(c) /\ Step("ClientRecvSpecResponse")
  \/ \E c \in Clients : AnyClientRecvReadResponse(c) /\ Step("ClientRecvReadResponse")
  \/ \E c \in Clients : ClientCommit(c) /\ Step("ClientCommit")
  \/ \E c \in Clients : ClientTimeout(c) /\ Step("ClientTimeout")
  \/ \E c \in Clients : AnyClientRecvLocalCommit(c) /\ Step("ClientRecvLocalCommit")
  \/ \E i \in Correct : AnyRecvRequest(i) /\ Step("RecvRequest")
  \/ \E i \in Correct : AnySendOrderReq(i) /\ Step("SendOrderReq")
  \/ \E i \in Correct : AnyRecvOrderReq(i) /\ Step("RecvOrderReq")
  \/ \E i \in Correct : AnyRecvFillHole(i) /\ Step("RecvFillHole")
  \/ \E i \in Correct : Execute(i) /\ Step("Execute")
  \/ \E i \in Correct : AnyRecvRead(i) /\ Step("RecvRead")
  \/ \E i \in Correct : AnyAnswerRead(i) /\ Step("AnswerRead")
  \/ \E i \in Correct : AnyRecvSpecHeader(i) /\ Step("RecvSpecHeader")
  \/ \E i \in Correct : AnyRecvCheckpoint(i) /\ Step("RecvCheckpoint")
  \/ \E i \in Correct : SendFetchState(i) /\ Step("SendFetchState")
  \/ \E i \in Correct : AnyRecvFetchState(i) /\ Step("RecvFetchState")
  \/ \E i \in Correct : AnyRecvState(i) /\ Step("RecvState")
  \/ \E i \in Correct : AnyRecvCommit(i) /\ Step("RecvCommit")
  \/ \E i \in Correct : Timeout(i) /\ Step("Timeout")
  \/ \E i \in Correct : AnyRecvAccusation(i) /\ Step("RecvAccusation")
  \/ \E i \in Correct : AnyRecvPom(i) /\ Step("RecvPom")
  \/ \E i \in Correct : AnyRecvViewChange(i) /\ Step("RecvViewChange")
  \/ \E i \in Correct : SendNewView(i) /\ Step("SendNewView")
  \/ \E i \in Correct : AnyRecvNewView(i) /\ Step("RecvNewView")
  \/ \E i \in Correct : EnterView(i) /\ Step("EnterView")
  \/ \E i \in Correct : AnyRecvViewConfirm(i) /\ Step("RecvViewConfirm")
  \/ \E i \in Correct : AnyRestart(i) /\ Step("Restart")
  \/ \E i \in Correct : AnyRejoin(i) /\ Step("Rejoin")
MCSpec == Init /\ [][MCNext]_vars
GraphRecorded == RecordState(vars)

-----------------------------------------------------------------------------
(***************************************************************************)
(* What must be reachable, so that the invariants are not vacuous: the     *)
(* left side of each invariant, and states that tell the story.            *)
(***************************************************************************)
SomeMessage(P(_)) == \E m \in msgs : P(m)
OfType(type) == SomeMessage(LAMBDA m : m.type = type)

Witnesses ==
  /\ RecordWitness("ReachExecuted", \E i \in Correct : executed[i] > 0)
  /\ RecordWitness("ReachAllExecuted", \A i \in Correct : executed[i] > 0)
  /\ RecordWitness("ReachAnswered", \E c \in Clients : client[c].result # NoResult)
  /\ RecordWitness("ReachShown", \E c \in Clients : client[c].certificate # {})
  /\ RecordWitness("ReachAcknowledged", OfType("LocalCommit"))
  /\ RecordWitness("ReachHole", OfType("FillHole"))
  /\ RecordWitness("ReachUnverified", SomeMessage(LAMBDA m :
       m.type = "FillHole" /\ "headers" \in DOMAIN m))
  /\ RecordWitness("ReachVouched", \E i \in Correct : \E n \in Window(Low(i)) :
       /\ InLog(i, n) /\ slot[i][n].ordered
       /\ \E k \in 1 .. Len(slot[i][n].batch) : i \notin slot[i][n].batch[k].auth)
  /\ RecordWitness("ReachProof", OfType("Pom"))
  /\ RecordWitness("ReachStable", \E i \in Correct : Low(i) > 0)
  /\ RecordWitness("ReachKept", \E i \in Correct : \E n \in DOMAIN checkpoints[i] : n > executed[i])
  /\ RecordWitness("ReachFetched", OfType("State"))
  /\ RecordWitness("ReachAllStable", \A i \in Correct : Low(i) > 0)
  /\ RecordWitness("ReachAccusedAndServing", \E i \in Correct :
       i \in accusers[i] /\ stage[i] = "active")
  /\ RecordWitness("ReachNewView", \E i \in Correct : stage[i] = "active" /\ view[i] > 0)
  /\ RecordWitness("ReachAllInNewView", \A i \in Correct : stage[i] = "active" /\ view[i] > 0)
  /\ RecordWitness("ReachConfirming", \E i \in Correct : stage[i] = "confirming")
  /\ RecordWitness("ReachAnsweredLater", SomeMessage(LAMBDA m :
       m.type = "SpecResponse" /\ m.view > 0))
  /\ RecordWitness("ReachReadAnswered", \E c \in Clients : client[c].op = NoOp /\
       \E d \in client[c].done : Outcome(d.history).table[c].timestamp < client[c].timestamp)
  /\ RecordWitness("ReachCommittedRead", SomeMessage(LAMBDA m :
       m.type = "ReadResponse" /\ m.seq > 0 /\ IsCommitted(m)))
  /\ RecordWitness("ReachCommittedAnswer", SomeMessage(LAMBDA m :
       m.type = "SpecResponse" /\ IsCommitted(m)))
  /\ RecordWitness("ReachWitnessed", SomeMessage(LAMBDA m :
       m.type \in {"SpecResponse", "ReadResponse"} /\ IsWitnessed(m)))
  /\ RecordWitness("ReachUnsigned", SomeMessage(LAMBDA m :
       m.type = "SpecResponse" /\ ~IsSigned(m)))
  /\ RecordWitness("ReachReadWaits", \E i \in Correct :
       \E r \in pendingReads[i] : r.after > executed[i])
  /\ RecordWitness("ReachDigestAnswer", SomeMessage(LAMBDA m :
       m.type = "SpecResponse" /\ ~IsWhole(m)))
  /\ RecordWitness("ReachRolledBack", \E i \in Correct : \E m \in msgs :
       /\ m.type = "SpecResponse" /\ m.replica = i /\ stage[i] = "active" /\ m.view < view[i]
       /\ InLog(i, m.seq) /\ slot[i][m.seq].history # m.history)
  /\ RecordWitness("ReachTwoHistories", \E i, j \in Correct :
       /\ InLog(i, 1) /\ InLog(j, 1) /\ view[i] = view[j]
       /\ slot[i][1].history # slot[j][1].history)
  /\ RecordWitness("ReachNull", \E i \in Correct : \E n \in Window(Low(i)) :
       InLog(i, n) /\ slot[i][n].batch = NoBatch)
  /\ RecordWitness("ReachMute", \E i \in Correct : IsMute(i))
  /\ RecordWitness("ReachFetchesMute", \E i \in Correct : IsMute(i) /\ Low(i) > 0)
  /\ RecordWitness("ReachTakenBack", \E i \in Correct : incarnation[i] # {} /\ ~IsMute(i))
  /\ RecordWitness("ReachAnswersAgain", \E i \in Correct :
       incarnation[i] # {} /\ ~IsMute(i) /\ executed[i] > Low(i))
  /\ RecordWitness("ReachOutdone", \E i \in Correct : stage[i] = "changing" /\
       \E m \in newView[i] : LET log == NewLog(m.changes) IN
         /\ log.start.seq <= Low(i)
         /\ \E c \in m.changes :
              IsOutdone(c, log.start.seq, log.chosen, checkpoints[i][Low(i)].table))
  \* The left sides of the invariants' implications.
  /\ RecordWitness("Agreement", \E a, b \in Completing : a.history # b.history)
  /\ RecordWitness("CertificatesAgree", \E a \in Answers : Backing(Answers, a) >= CommitQuorum)
  /\ RecordWitness("CarryOver", \E a \in Completing : \E m \in msgs :
       m.type = "SpecResponse" /\ m.view > a.view)
  /\ RecordWitness("OneHistory", \E a, b \in Answers :
       a.replica = b.replica /\ a.view = b.view /\ a.seq # b.seq)
  /\ RecordWitness("StableAgree", \E i, j \in Correct : i # j /\ Low(i) > 0 /\ Low(j) > 0)
  /\ RecordWitness("StableStays", \E i \in Correct : Low(i) > 0 /\ Completing # {})
  /\ RecordWitness("ClientResult", \E c \in Clients : client[c].op = NoOp /\ client[c].done # {})
  /\ RecordWitness("FreshReads", \E c \in Clients :
       /\ client[c].op = NoOp /\ client[c].done # {} /\ ReadOnly /\ IsRead(OpOf(c))
       /\ \E t \in 1 .. client[c].timestamp - 1 : ~IsRead(ClientOps[c][t]))
  /\ RecordWitness("AtMostOnce", \E i \in Correct : Len(value[i]) > 1)
  /\ RecordWitness("Reproducible", \E i \in Correct : stage[i] = "active" /\ executed[i] > 0)
  /\ RecordWitness("Validity", \E i \in Correct : \E a \in 1 .. Len(value[i]) :
       value[i][a].client \in Clients)
  /\ RecordWitness("ShownIsSigned", OfType("Commit"))
  /\ RecordWitness("LeftForReason", OfType("ViewChange"))
  /\ RecordWitness("Watermarks", OfType("SpecResponse"))
  /\ RecordWitness("SentIsDurable", OfType("SpecResponse"))
=============================================================================
