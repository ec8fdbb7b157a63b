package tlc2.overrides;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tla2sany.semantic.ExprOrOpArgNode;
import tlc2.tool.TLCState;
import tlc2.tool.coverage.CostModel;
import tlc2.tool.impl.Tool;
import tlc2.util.Context;
import tlc2.value.impl.BoolValue;
import tlc2.value.impl.StringValue;
import tlc2.value.impl.Value;

/**
 * Sees the graph that TLC explores and sums it up: the number of distinct states, the number of
 * distinct steps (state, action, state) that change the state, how many of them each action has, and a 128-bit digest of each set
 * (the sum modulo 2^128 of the first 16 bytes of the SHA-256 of every element). Written as JSON to
 * the file named by the property prophecy.graph when the JVM ends; with prophecy.elements, every
 * element as a line to that file. One worker only: a state's steps must come in one piece.
 */
public final class Graph {
  private Graph() {}

  private static final BigInteger MODULUS = BigInteger.ONE.shiftLeft(128);
  private static final Map<Long, byte[]> states = new HashMap<>();
  private static final Map<Long, String> texts = new HashMap<>();
  private static final List<String> actions = new ArrayList<>();
  private static final Map<String, Integer> actionIds = new HashMap<>();
  private static final Set<String> stepsOfSource = new HashSet<>();
  private static final Set<String> witnesses = new TreeSet<>();
  private static final MessageDigest sha256 = newSha256();
  private static final String elements = System.getProperty("prophecy.elements");
  private static long[] steps = new long[3 * 1024];
  private static int stepCount = 0;
  private static long source = 0;
  private static TLCState sourceState = null;

  static {
    String out = System.getProperty("prophecy.graph");
    if (out != null) Runtime.getRuntime().addShutdownHook(new Thread(() -> write(Path.of(out))));
  }

  @Evaluation(definition = "RecordState", module = "Graph", warn = false)
  public static synchronized Value recordState(
      Tool tool, ExprOrOpArgNode[] args, Context c, TLCState s0, TLCState s1, int control, CostModel cm) {
    long fingerprint = s0.fingerPrint();
    if (!states.containsKey(fingerprint)) {
      String text = CanonicalText.ofState(s0, tool.getSymmetryPerms());
      states.put(fingerprint, hash(text));
      if (elements != null) texts.put(fingerprint, text);
    }
    return BoolValue.ValTrue;
  }

  @Evaluation(definition = "RecordStep", module = "Graph", warn = false)
  public static synchronized Value recordStep(
      Tool tool, ExprOrOpArgNode[] args, Context c, TLCState s0, TLCState s1, int control, CostModel cm) {
    // TLC gives the same object for all successors of a state: its fingerprint is taken once.
    boolean sameSource = s0 == sourceState;
    long from = sameSource ? source : s0.fingerPrint();
    sourceState = s0;
    if (from != source) {
      source = from;
      stepsOfSource.clear();
    }
    long to = s1.fingerPrint();
    if (from == to) return BoolValue.ValTrue;
    String action = ((StringValue) tool.eval(args[0], c, s0, s1, control, cm)).val.toString();
    if (stepsOfSource.add(action + " " + to)) add(from, action, to);
    return BoolValue.ValTrue;
  }

  @Evaluation(definition = "RecordWitness", module = "Graph", warn = false)
  public static synchronized Value recordWitness(
      Tool tool, ExprOrOpArgNode[] args, Context c, TLCState s0, TLCState s1, int control, CostModel cm) {
    String name = ((StringValue) tool.eval(args[0], c, s0, s1, control, cm)).val.toString();
    if (witnesses.contains(name)) return BoolValue.ValTrue;
    Value reached = (Value) tool.eval(args[1], c, s0, s1, control, cm);
    if (((BoolValue) reached).val) witnesses.add(name);
    return BoolValue.ValTrue;
  }

  private static void add(long from, String action, long to) {
    if (3 * stepCount + 3 > steps.length) steps = Arrays.copyOf(steps, steps.length * 2);
    Integer id = actionIds.get(action);
    if (id == null) {
      id = actions.size();
      actions.add(action);
      actionIds.put(action, id);
    }
    steps[3 * stepCount] = from;
    steps[3 * stepCount + 1] = to;
    steps[3 * stepCount + 2] = id;
    stepCount++;
  }

  private static void write(Path out) {
    BigInteger stateSum = BigInteger.ZERO;
    for (byte[] h : states.values()) stateSum = stateSum.add(new BigInteger(1, h));
    Map<Long, String> names = new HashMap<>();
    states.forEach((fingerprint, h) -> names.put(fingerprint, hex(h)));
    BigInteger stepSum = BigInteger.ZERO;
    long unknown = 0;
    for (int k = 0; k < stepCount; k++) {
      String to = names.get(steps[3 * k + 1]);
      if (to == null) unknown++;
      else stepSum = stepSum.add(new BigInteger(1, hash(step(names, k))));
    }
    String json =
        String.format(
            "{\"states\":%d,\"stateDigest\":\"%s\",\"steps\":%d,\"stepDigest\":\"%s\","
                + "\"unknown\":%d,\"stepsOf\":{%s},\"witnesses\":[%s]}%n",
            states.size(), hex(stateSum), stepCount, hex(stepSum), unknown,
            stepsOf(), quoted(witnesses));
    try {
      Files.writeString(out, json);
      if (elements != null) writeElements(names);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void writeElements(Map<Long, String> names) throws IOException {
    try (Writer w = Files.newBufferedWriter(Path.of(elements))) {
      for (Map.Entry<Long, String> e : texts.entrySet()) {
        w.write("state " + names.get(e.getKey()) + " " + e.getValue() + "\n");
      }
      for (int k = 0; k < stepCount; k++) w.write("step " + step(names, k) + "\n");
    }
  }

  private static String step(Map<Long, String> names, int k) {
    return names.get(steps[3 * k]) + " " + actions.get((int) steps[3 * k + 2]) + " " + names.get(steps[3 * k + 1]);
  }

  private static String stepsOf() {
    long[] counts = new long[actions.size()];
    for (int k = 0; k < stepCount; k++) counts[(int) steps[3 * k + 2]]++;
    Set<String> entries = new TreeSet<>();
    for (int id = 0; id < counts.length; id++) {
      entries.add("\"" + actions.get(id) + "\":" + counts[id]);
    }
    return String.join(",", entries);
  }

  private static String quoted(Set<String> all) {
    return String.join(",", all.stream().map(s -> "\"" + s + "\"").toArray(String[]::new));
  }

  private static byte[] hash(String text) {
    return Arrays.copyOf(sha256.digest(text.getBytes(StandardCharsets.UTF_8)), 16);
  }

  private static String hex(byte[] bytes) {
    return hex(new BigInteger(1, bytes));
  }

  private static String hex(BigInteger n) {
    return String.format("%032x", n.mod(MODULUS));
  }

  private static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
