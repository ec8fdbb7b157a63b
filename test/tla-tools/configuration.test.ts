import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { parseConfiguration } from "../../src/tla-tools/cfg.ts"
import { isTemporal } from "../../src/tla-tools/temporal.ts"

describe("a .cfg", () => {
  it("declares what TLC checks and how it bounds the search", () => {
    const text = `
      \\* SYMMETRY in a comment counts for nothing
      (* nor PROPERTY (* nested *) here *)
      SPECIFICATION Spec
      CONSTANTS Node = {n1, n2}  Max = 3
        None = None
        Value <- MCValue   Name = "a b"
      INVARIANTS TypeOK Agreement
      INVARIANT Validity
      PROPERTIES Live
      PROPERTY Step
      SYMMETRY Perms
      VIEW View
      CONSTRAINT Bound
      ACTION_CONSTRAINTS A1 A2
      CHECK_DEADLOCK FALSE`
    const cfg = Result.getOrThrow(parseConfiguration(text))
    expect(cfg).toEqual({
      specification: "Spec",
      init: undefined,
      next: undefined,
      invariants: ["TypeOK", "Agreement", "Validity"],
      properties: ["Live", "Step"],
      symmetry: ["Perms"],
      view: "View",
      constraints: ["Bound"],
      actionConstraints: ["A1", "A2"],
      checkDeadlock: false,
      constants: new Map([
        ["Node", "{n1,n2}"],
        ["Max", "3"],
        ["None", "None"],
        ["Value", "<- MCValue"],
        ["Name", '"a b"'],
      ]),
    })
  })

  it("checks deadlock unless it says otherwise, and may name Init and Next", () => {
    const cfg = Result.getOrThrow(parseConfiguration("INIT Init\nNEXT Next"))
    expect(cfg).toMatchObject({ init: "Init", next: "Next", checkDeadlock: true, invariants: [] })
  })

  it.each([
    ["SPECIFICATION Spec\nALIAS Short", 2, "ALIAS is not supported"],
    ["SPECIFICATION Spec\n\nPOSTCONDITION P", 3, "POSTCONDITION is not supported"],
    ["Spec", 1, 'expected a keyword such as SPECIFICATION, found "Spec"'],
    ["SPECIFICATION Spec\nCHECK_DEADLOCK maybe", 2, "must be TRUE or FALSE"],
  ])("refuses %j at line %i", (text, line, message) => {
    const error = Result.getOrThrow(Result.flip(parseConfiguration(text)))
    expect(error.line).toBe(line)
    expect(error.message).toContain(message)
  })
})

describe("a property", () => {
  const main = `---- MODULE Main ----
EXTENDS Naturals, Base
Core == INSTANCE Abstract WITH y <- x
Init == x = 0
Next == x' = x + 1
Spec == Init /\\ [][Next]_<<x>>
Fair == Spec /\\ WF_x(Next)
Eventually == <>(x = 3)
LeadsTo == (x = 1) ~> (x = 2)
Always == [](x < 3)
Nested == [](x = 1 => [](x = 1))
Step == [][x' > x]_x
ViaLet ==
  LET Soon == <>(x = 3)
  IN Soon
Indirect == Always /\\ Inherited
Refines == Core!Spec
RefinesFair == Core!FairSpec
Commented == [](x < 3) \\* not <>(x = 3)
Quoted == [](x # "<>" /\\ x # "WF_x")
====`
  const sources: Readonly<Record<string, string>> = {
    Main: main,
    Base: "---- MODULE Base ----\nVARIABLE x\nInherited == []<>(x = 0)\n====",
    Abstract:
      "---- MODULE Abstract ----\nVARIABLE y\nSpec == y = 0 /\\ [][y' = y + 1]_y\n" +
      "FairSpec == Spec /\\ SF_y(y' = y + 1)\n====",
  }
  const temporal = (property: string) => isTemporal(property, "Main", (name) => sources[name])

  it.each(["Spec", "Always", "Step", "Refines", "Commented", "Quoted"])(
    "%s is checked step by step",
    (property) => expect(temporal(property)).toBe(false),
  )
  it.each([
    "Fair",
    "Eventually",
    "LeadsTo",
    "Nested",
    "ViaLet",
    "Indirect",
    "Inherited",
    "RefinesFair",
    "NotDefinedAnywhere",
  ])("%s is temporal", (property) => expect(temporal(property)).toBe(true))
})
