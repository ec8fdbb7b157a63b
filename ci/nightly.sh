#!/usr/bin/env bash
# The long checks, by name; without a name all of them. For a night, or by hand:
#   bash ci/nightly.sh                 everything
#   bash ci/nightly.sh schedules       only this one
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
export PATH="$PWD/node_modules/.bin:$PATH"

# Property tests of the core and the codec with a hundred times as many runs, from a new seed.
schedules() { RUNS_TIMES=100 node ci/test.ts test/core test/net/codec --testTimeout 3600000; }

# The largest models: the graph of the code against the graph of the specification.
models() {
  local status=0
  npm run --silent model:nightly || status=1
  # How many views each broken rule of Zyzzyva needs, at every position.
  NIGHTLY=1 node ci/test.ts --project nightly test/spec/zyzzyva test/spec/liveness \
    test/spec/trace-view-change test/spec/delay-once-broken --testTimeout 36000000 || status=1
  return "$status"
}

# Prophecy and D-Prophecy refine DelayOnce: the models that keep TLC busy for long.
refinements() {
  local status=0
  node ci/test.ts --project nightly test/spec/prophecy-ref --testTimeout 36000000 || status=1
  NIGHTLY=1 node ci/test.ts --project nightly test/spec/prophecy-ref \
    --testTimeout 36000000 || status=1
  NIGHTLY=1 node ci/test.ts test/spec/d-prophecy-ref test/model/d-prophecy-ref \
    --testTimeout 36000000 || status=1
  return "$status"
}

# The mutants, those of the longest models too, as tests: that a change of nothing survives, that a
# wrong killer shows.
mutants() { MUTANTS=1 node ci/test.ts test/mutants; }

# Thousands of simulated runs with faults, from a new seed.
swarm() {
  local status=0 seed
  seed=$(date +%Y%m%d)
  node bin/prophecy.js simulate --seeds 5000 --seed "$seed" || status=1
  node bin/prophecy.js simulate --protocol zyzzyva --seeds 5000 --seed "$seed" || status=1
  return "$status"
}

# Processes that are killed with -9, over real disks and over disks that forget, and the builds that
# must not survive it.
crashes() {
  local status=0 seed
  seed=$(date +%Y%m%d)
  RUNS_TIMES=25 node ci/test.ts test/net/store-crash --testTimeout 3600000 || status=1
  npm run --silent crashes -- --seed "$seed" --rounds 100 || status=1
  npm run --silent crashes -- --seed "$seed" --rounds 100 --sync-ms 20 || status=1
  npm run --silent crashes -- --seed "$seed" --rounds 20 --sync-ms 20 --replicas 7 || status=1
  npm run --silent crashes -- --seed "$seed" --rounds 20 --replicas 10 --victims primary || status=1
  npm run --silent crashes -- --protocol zyzzyva --seed "$seed" --rounds 50 --sync-ms 20 || status=1
  npm run --silent crashes -- --protocol zyzzyva --seed "$seed" --victims primary || status=1
  npm run --silent mutants -- --net || status=1
  return "$status"
}

# What clients of a sketcher saw of replicas that lie and lag, killed primaries and sketchers.
histories() {
  local status=0
  npm run --silent histories:live -- --operations 500000 || status=1
  npm run --silent histories:live -- --operations 100000 --traces --protocol zyzzyva || status=1
  return "$status"
}

# What a killed primary costs its clients.
pause() { node bench/view-change.ts --kills 50; }

# What the features that are off by default bring, and a minute of all of them, judged.
features() {
  node bench/features.ts && npm start --silent -- --service kv --with all --seconds 60
}

# The main job for five minutes: every trace replayed, windows of them checked by TLC.
endurance() { npm start --silent -- --seconds 300; }

all=(schedules models refinements mutants swarm crashes histories pause features endurance)
names=("$@")
[ ${#names[@]} -gt 0 ] || names=("${all[@]}")
failed=()
for name in "${names[@]}"; do
  declare -F "$name" >/dev/null || {
    echo "nightly: there is no check '$name'; they are: ${all[*]}" >&2
    exit 2
  }
done
for name in "${names[@]}"; do
  from=$SECONDS
  echo "== $name"
  result=ok
  "$name" || { result=FAILED; failed+=("$name"); }
  echo "== $name: $result, $((SECONDS - from)) s"
done
[ ${#failed[@]} -eq 0 ]
