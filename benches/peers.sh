#!/usr/bin/env bash
# Converts one directory of rules with Verisigma and with its peers, side by side in one run.
#
#   benches/peers.sh [DIRECTORY]     default: $VERISIGMA_SHARED/corpus/rules, else rules/
#
# Needs Python 3 with venv, and its package index for the peers, which go into a temporary directory. ROUNDS=5
# says how often each program runs; the rounds alternate, so that a busy machine disturbs all of them alike.
# What is printed are medians, and ratios to reading the files: those are what can be compared between machines.
set -euo pipefail
cd "$(dirname "$0")/.."

rules=${1:-${VERISIGMA_SHARED:+$VERISIGMA_SHARED/corpus/rules}}
rules=$(realpath "${rules:-rules}")
[ -d "$rules" ] || { echo "$rules: no such directory" >&2; exit 2; }

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

cargo build --release --quiet
python3 -m venv "$temporary/venv"
"$temporary/venv/bin/pip" install --quiet --disable-pip-version-check \
    'sigma-cli==3.1.0' 'pysigma-backend-sqlite==2.0.0' 'pysigma-backend-splunk==2.1.0'

"$temporary/venv/bin/python" - "$rules" "$temporary" "${CARGO_TARGET_DIR:-target}/release/verisigma" "${ROUNDS:-5}" <<'PYTHON'
import os, pathlib, statistics, sys, time

rules, temporary, verisigma, rounds = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
sigma = str(temporary / "venv/bin/sigma")
programs = {
    "reading the files": ["sh", "-c", f"find '{rules}' -name '*.yml' -print0 | xargs -0 cat >/dev/null"],
    "verisigma, sqlite, verified": [verisigma, "convert", "-t", "sqlite", "-s", "-o", "OUT", rules],
    "verisigma, splunk, verified": [verisigma, "convert", "-t", "splunk", "-s", "-o", "OUT", rules],
    "verisigma, kql, verified": [verisigma, "convert", "-t", "kql", "-s", "-o", "OUT", rules],
    "verisigma, sqlite, one core": ["env", "RAYON_NUM_THREADS=1", verisigma, "convert", "-t", "sqlite", "-s", "-o", "OUT", rules],
    "sigma-cli, sqlite, unverified": [sigma, "convert", "-t", "sqlite", "-s", "-o", "OUT", rules],
    "sigma-cli, splunk, unverified": [sigma, "convert", "--without-pipeline", "-t", "splunk", "-s", "-o", "OUT", rules],
}


def run(command, output):
    """Wall time, processor time, peak memory and exit code of a command."""
    command = [str(output) if word == "OUT" else word for word in command]
    silence = os.open(os.devnull, os.O_RDWR)
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, silence, n) for n in (0, 1, 2)])
    _, status, usage = os.wait4(child, 0)
    os.close(silence)
    return time.perf_counter() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


runs = {name: [] for name in programs}
for number in range(rounds + 1):
    for index, (name, command) in enumerate(programs.items()):
        result = run(command, temporary / f"{index}.out")
        if number:  # the first round warms the caches
            runs[name].append(result)

files = sum(1 for _ in pathlib.Path(rules).rglob("*.yml"))
print(f"{files} rules, {rounds} rounds, {os.cpu_count()} cores\n")
print("| program | wall s | ratio | processor s | ratio | peak MB | output KB |")
print("|---|---|---|---|---|---|---|")
floor = None
for index, (name, results) in enumerate(runs.items()):
    wall, processor, memory = (statistics.median(result[part] for result in results) for part in range(3))
    floor = floor or (wall, processor)
    output = temporary / f"{index}.out"
    size = f"{output.stat().st_size / 1024:,.0f}" if output.exists() else "-"
    failed = "" if all(result[3] == 0 for result in results) else f" (exit code {results[0][3]})"
    print(f"| {name}{failed} | {wall:.2f} | {wall / floor[0]:,.0f} | {processor:.2f} | {processor / floor[1]:,.0f} | {memory:.0f} | {size} |")
PYTHON
