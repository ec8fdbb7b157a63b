/** Values of a schema as a fast-check arbitrary: effect makes them, fast-check owns the seed. */
import { Arbitrary, Effect, type Schema } from "effect"
import * as fc from "fast-check"

/** Whole values, without structural shrinking: for round trips, not for schedules. */
export const fromSchema = <S extends Schema.Top>(schema: S): fc.Arbitrary<S["Type"]> => {
  const arbitrary = Arbitrary.schema(schema as never) as Arbitrary.Arbitrary<S["Type"]>
  return fc
    .tuple(fc.noBias(fc.nat(0x7fff_ffff)), fc.nat(40))
    .map(
      ([seed, size]) =>
        Effect.runSync(Arbitrary.sampleEffect(arbitrary, { count: 1, seed, size }))[0] as S["Type"],
    )
}
