#!/usr/bin/env bash
# npm test: sets the machine up, then lint, types, package edges, every suite from source, and the end-to-end tests.
# The last line is "N passed, N failed"; the exit code is 0 only when nothing failed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

results=$(mktemp -d)
finish() {
  # shellcheck disable=SC2046
  kill $(jobs -p) 2>/dev/null || true
  rm -rf "$results"
  # Something ended the script before the summary: a set-up that failed is a failure, too.
  [ -n "${summed:-}" ] || printf '\n0 passed, 1 failed\n'
}
trap finish EXIT

set_up test

# check NAME COMMAND… : one check that counts as one test; what follows runs even when it fails.
check() {
  local name=$1
  shift
  say "$name"
  if "$@"; then echo "$name" >>"$results/passed"; else echo "$name" >>"$results/failed"; fi
}

# suite NAME VITEST-ARGUMENT… : its counts are in its JSON report; a run that leaves none counts as one failure.
suite() {
  local name=$1
  shift
  say "$name"
  vitest run --reporter=default --reporter=json --outputFile.json="$results/$name.json" "$@" || true
  [ -s "$results/$name.json" ] || echo "$name ended without a report" >>"$results/failed"
}

check "lint" biome check .
check "types" turbo run typecheck --output-logs=errors-only --ui=stream
check "package edges" node tools/check-deps/src/main.ts
suite "suites" --project='!e2e' --project='!app-*' --project='!workshop'
# Two lines, each one file at a time: mostly they wait, for guests and for timers. What takes ports 7000 and 8080 is in the second.
suite "apps" --project='app-*' --project=workshop --no-file-parallelism >"$results/apps.log" 2>&1 &
suite "end-to-end" --project=e2e --no-file-parallelism
wait
cat "$results/apps.log"

summed=yes
node tools/setup/summary.ts "$results"
