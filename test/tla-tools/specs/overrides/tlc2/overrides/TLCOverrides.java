package tlc2.overrides;

/** Tells TLC which classes hold operators. */
public class TLCOverrides implements ITLCOverrides {
  @SuppressWarnings("rawtypes")
  @Override
  public Class[] get() {
    return new Class[] {Doubling.class};
  }
}
