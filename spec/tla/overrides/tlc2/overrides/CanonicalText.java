package tlc2.overrides;

import java.util.Arrays;
import java.util.TreeMap;
import java.util.TreeSet;
import tlc2.tool.TLCState;
import tlc2.value.IMVPerm;
import tlc2.value.IValue;
import tlc2.value.impl.BoolValue;
import tlc2.value.impl.FcnRcdValue;
import tlc2.value.impl.IntValue;
import tlc2.value.impl.ModelValue;
import tlc2.value.impl.RecordValue;
import tlc2.value.impl.SetEnumValue;
import tlc2.value.impl.StringValue;
import tlc2.value.impl.TupleValue;
import tlc2.value.impl.Value;
import util.UniqueString;

/**
 * The canonical text of a TLA+ value, as src/model-check/canonical.ts writes it: sets sorted by
 * the text of their elements, functions by the text of their keys, and a function with domain 1..n
 * is a sequence. A model value is written as the string of its name.
 */
final class CanonicalText {
  private CanonicalText() {}

  /** The text of the state; under a symmetry the first of the texts of the states of its class. */
  static String ofState(TLCState state, IMVPerm[] symmetry) {
    String first = ofState(state, (IMVPerm) null);
    if (symmetry == null) return first;
    for (IMVPerm permutation : symmetry) {
      String other = ofState(state, permutation);
      if (other.compareTo(first) < 0) first = other;
    }
    return first;
  }

  private static String ofState(TLCState state, IMVPerm permutation) {
    TreeMap<String, String> fields = new TreeMap<>();
    for (UniqueString name : state.getVals().keySet()) {
      IValue value = state.lookup(name);
      IValue renamed = permutation == null ? value : value.permute(permutation);
      String text = of((Value) renamed);
      if (!isLeftOut(name.toString(), text)) fields.put(quoted(name.toString()), text);
    }
    return record(fields);
  }

  /**
   * A variable that came later is left out where it is everyone's first value, so that the text of
   * a state stays what it was without it. Two states never have one text for that: only one value
   * is left out.
   */
  private static boolean isLeftOut(String name, String text) {
    boolean later =
        name.equals("recovery")
            || name.equals("heard")
            || name.equals("told")
            || name.equals("pendingReads")
            || name.equals("incarnation");
    return later && !text.matches(".*\\{[^}].*");
  }

  static String of(Value v) {
    if (v instanceof IntValue) return Integer.toString(((IntValue) v).val);
    if (v instanceof StringValue) return quoted(((StringValue) v).val.toString());
    if (v instanceof ModelValue) return quoted(((ModelValue) v).val.toString());
    if (v instanceof BoolValue) return ((BoolValue) v).val ? "TRUE" : "FALSE";
    if (v instanceof TupleValue) return sequence(((TupleValue) v).elems);
    if (v instanceof RecordValue) return ofRecord((RecordValue) v);
    FcnRcdValue f = v instanceof FcnRcdValue ? (FcnRcdValue) v : (FcnRcdValue) v.toFcnRcd();
    if (f != null) return ofFunction(f);
    SetEnumValue s = (SetEnumValue) v.toSetEnum();
    if (s != null) return ofSet(s);
    throw new IllegalArgumentException("no canonical text for a " + v.getKindString());
  }

  private static String ofRecord(RecordValue v) {
    TreeMap<String, String> fields = new TreeMap<>();
    for (int k = 0; k < v.names.length; k++) {
      fields.put(quoted(v.names[k].toString()), of(v.values[k]));
    }
    return record(fields);
  }

  private static String ofFunction(FcnRcdValue f) {
    int size = f.values.length;
    Value[] domain = new Value[size];
    for (int k = 0; k < size; k++) {
      domain[k] = f.domain == null ? IntValue.gen(f.intv.low + k) : f.domain[k];
    }
    Value[] ordered = new Value[size];
    boolean isSequence = true;
    for (int k = 0; k < size && isSequence; k++) {
      int at = domain[k] instanceof IntValue ? ((IntValue) domain[k]).val - 1 : -1;
      isSequence = at >= 0 && at < size;
      if (isSequence) ordered[at] = f.values[k];
    }
    if (isSequence) return sequence(ordered);
    TreeMap<String, String> fields = new TreeMap<>();
    for (int k = 0; k < size; k++) fields.put(of(domain[k]), of(f.values[k]));
    return record(fields);
  }

  private static String ofSet(SetEnumValue s) {
    TreeSet<String> elements = new TreeSet<>();
    s.normalize();
    for (int k = 0; k < s.elems.size(); k++) elements.add(of(s.elems.elementAt(k)));
    return "{" + String.join(",", elements) + "}";
  }

  private static String sequence(Value[] values) {
    return "<<" + String.join(",", Arrays.stream(values).map(CanonicalText::of).toArray(String[]::new)) + ">>";
  }

  private static String record(TreeMap<String, String> fields) {
    StringBuilder text = new StringBuilder("[");
    fields.forEach((k, v) -> text.append(text.length() > 1 ? "," : "").append(k).append(':').append(v));
    return text.append(']').toString();
  }

  private static String quoted(String s) {
    return "\"" + s.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
  }
}
