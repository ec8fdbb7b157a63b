package tlc2.overrides;

/** TLC loads this class by its name. */
public class TLCOverrides implements ITLCOverrides {
  @Override
  @SuppressWarnings("rawtypes")
  public Class[] get() {
    return new Class[] {Graph.class};
  }
}
