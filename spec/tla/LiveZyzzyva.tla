----------------------------- MODULE LiveZyzzyva -----------------------------
(***************************************************************************)
(* What Zyzzyva promises when the network behaves: a request of a correct  *)
(* client is answered, through a real view change if it takes one.         *)
(*                                                                         *)
(* Timers fire at any moment in the views below MaxView and not in MaxView *)
(* itself: it stands for the view with a correct primary that lasts long   *)
(* enough. Each correct process acts when it can, and what a correct       *)
(* process sent arrives; nothing is asked of Byzantine ones.               *)
(***************************************************************************)
EXTENDS MCZyzzyva

\* What correct processes sent. Messages of Byzantine ones may come or not.
From(type) == {m \in msgs : m.type = type}

ClientFairness(c) ==
  /\ WF_vars(ClientSubmit(c))
  /\ WF_vars(\E m \in From("SpecResponse") : ClientRecvSpecResponse(c, m))
  /\ WF_vars(ClientCommit(c))
  /\ WF_vars(ClientTimeout(c))
  /\ WF_vars(\E m \in From("LocalCommit") : ClientRecvLocalCommit(c, m))

ReplicaFairness(i) ==
  /\ WF_vars(\E m \in From("Request") : RecvRequest(i, m))
  /\ WF_vars(AnySendOrderReq(i))
  /\ WF_vars(\E m \in From("OrderReq") : RecvOrderReq(i, m))
  /\ WF_vars(\E m \in From("FillHole") : RecvFillHole(i, m))
  /\ WF_vars(Execute(i))
  /\ WF_vars(\E m \in From("SpecHeader") : RecvSpecHeader(i, m))
  /\ WF_vars(\E m \in From("Checkpoint") : RecvCheckpoint(i, m))
  /\ WF_vars(\E m \in From("Commit") : RecvCommit(i, m))
  /\ WF_vars(Timeout(i))
  /\ WF_vars(\E m \in From("Accusation") : RecvAccusation(i, m))
  /\ WF_vars(\E m \in From("ViewChange") : RecvViewChange(i, m))
  /\ WF_vars(SendNewView(i))
  /\ WF_vars(\E m \in From("NewView") : RecvNewView(i, m))
  /\ WF_vars(EnterView(i))

Fairness == (\A c \in Clients : ClientFairness(c)) /\ (\A i \in Correct : ReplicaFairness(i))
LiveSpec == Spec /\ Fairness

\* Every correct client gets all its answers.
GetsAnswer == \A c \in Clients :
  <>(client[c].op = NoOp /\ client[c].timestamp = Len(ClientOps[c]))
\* What one correct replica has executed, each of them executes.
Spreads == (\E i \in Correct : executed[i] > 0) ~> (\A i \in Correct : executed[i] > 0)
\* Every correct replica takes part in the view that lasts.
Settles == <>[](\A i \in Correct : view[i] = MaxView /\ stage[i] = "active")
=============================================================================
