#!/usr/bin/env bash
# Runs rules on events with Verisigma and with rsigma, side by side in one run, and Verisigma on a file of 1 GB.
#
#   benches/streams.sh [DIRECTORY]   default: the rules for Windows process creation in $VERISIGMA_SHARED/corpus/rules
#
# Needs Python 3. VERISIGMA=FILE names the program, else it is built; RSIGMA=FILE names the peer, else `cargo install`
# builds it in a temporary directory.
# EVENTS=20000 and ROUNDS=5 say how many events there are and how often each program runs; the rounds alternate, so
# that a busy machine disturbs both alike. MEGABYTES=1024 is the size of the large file; 0 leaves it out. The events are
# made by benches/events.py, always the same. What is printed are medians, with and without the time that a program
# takes for one event, which is the time for reading the rules.
set -euo pipefail
cd "$(dirname "$0")/.."

rules=${1:-${VERISIGMA_SHARED:+$VERISIGMA_SHARED/corpus/rules/windows/process_creation}}
rules=$(realpath "${rules:?name a directory of rules}")
[ -d "$rules" ] || { echo "$rules: no such directory" >&2; exit 2; }

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT

if [ -z "${VERISIGMA:-}" ]; then
    cargo build --release --quiet
    VERISIGMA=${CARGO_TARGET_DIR:-target}/release/verisigma
fi
if [ -z "${RSIGMA:-}" ]; then
    cargo install rsigma --version 0.23.0 --locked --quiet --root "$temporary/rsigma"
    RSIGMA=$temporary/rsigma/bin/rsigma
fi
python3 benches/events.py "${EVENTS:-20000}" >"$temporary/events.ndjson"
head -n 1 "$temporary/events.ndjson" >"$temporary/one.ndjson"

python3 - "$rules" "$temporary" "$VERISIGMA" "$RSIGMA" "${ROUNDS:-5}" "${MEGABYTES:-1024}" <<'PYTHON'
import os, pathlib, statistics, sys, time

rules, temporary, verisigma, rsigma, rounds, megabytes = *sys.argv[1:5], int(sys.argv[5]), int(sys.argv[6])
temporary = pathlib.Path(temporary)
programs = {
    "verisigma test": lambda events: [verisigma, "test", rules, "--events", events, "--format", "jsonl"],
    "verisigma test, one core": lambda events: ["env", "RAYON_NUM_THREADS=1", *programs["verisigma test"](events)],
    "rsigma engine eval": lambda events: [rsigma, "engine", "eval", "-r", rules, "-e", f"@{events}", "--input-format", "json"],
    "rsigma engine eval --bloom-prefilter": lambda events: [*programs["rsigma engine eval"](events), "--bloom-prefilter"],
}


def run(command):
    """Wall time, processor time, peak memory in MB and lines of output of a command."""
    output = temporary / "output"
    files = [os.open(os.devnull, os.O_RDWR), os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)]
    actions = [(os.POSIX_SPAWN_DUP2, files[0], 0), (os.POSIX_SPAWN_DUP2, files[1], 1), (os.POSIX_SPAWN_DUP2, files[0], 2)]
    start = time.perf_counter()
    child = os.posix_spawnp(command[0], command, os.environ, file_actions=actions)
    _, status, usage = os.wait4(child, 0)
    wall = time.perf_counter() - start
    for file in files:
        os.close(file)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command)}: exit code {os.waitstatus_to_exitcode(status)}")
    with open(output, "rb") as lines:
        return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, sum(1 for _ in lines)


events, one = temporary / "events.ndjson", temporary / "one.ndjson"
runs = {(name, file): [] for name in programs for file in (one, events)}
for number in range(rounds + 1):
    for name, command in programs.items():
        for file in (one, events):
            result = run(command(str(file)))
            if number:  # the first round warms the caches
                runs[name, file].append(result)

count = sum(1 for _ in open(events, "rb"))
median = lambda name, file, part: statistics.median(result[part] for result in runs[name, file])
print(f"{sum(1 for _ in pathlib.Path(rules).rglob('*.yml'))} rules, {count} events, {rounds} rounds, {os.cpu_count()} cores\n")
print("| program | matches | wall s | events/s | ratio | without reading rules: events/s | ratio | processor s | peak MB |")
print("|---|---|---|---|---|---|---|---|---|")
peer = "rsigma engine eval"
for name in programs:
    whole, only = (lambda program: count / median(program, events, 0)), (lambda program: count / max(1e-3, median(program, events, 0) - median(program, one, 0)))
    print(
        f"| {name} | {runs[name, events][0][3]:,} | {median(name, events, 0):.2f} | {whole(name):,.0f} | {whole(name) / whole(peer):.2f}"
        f" | {only(name):,.0f} | {only(name) / only(peer):.2f} | {median(name, events, 1):.2f} | {median(name, events, 2):.0f} |"
    )

if megabytes:
    large, block = temporary / "large.ndjson", events.read_bytes()
    with open(large, "wb") as file:
        while file.tell() < megabytes << 20:
            file.write(block)
    wall, processor, memory, matches = run(programs["verisigma test"](str(large)))
    total = count * (large.stat().st_size // len(block))
    print(
        f"\n{large.stat().st_size / 2**20:,.0f} MB, {total:,} events: {wall:.1f} s ({total / wall:,.0f} events/s), {processor / wall:.2f} cores,"
        f" {memory:.0f} MB at most, {matches:,} matches"
    )
PYTHON
