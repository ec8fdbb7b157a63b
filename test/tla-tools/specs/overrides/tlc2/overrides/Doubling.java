package tlc2.overrides;

import tlc2.value.impl.IntValue;

/** The operator Twice of the module Doubling, wrong in TLA+ and right in Java. */
public class Doubling {
  @TLAPlusOperator(identifier = "Twice", module = "Doubling", warn = false)
  public static IntValue twice(final IntValue n) {
    return IntValue.gen(2 * n.val);
  }
}
