"""Measures what the engine itself costs: 10k, 100k and 1M records through ten text operators.

    python3 bench/throughput.py [--rows 10000 100000 1000000] [--jobs 1]

Prints wall, CPU and peak memory of the whole process, and operator applications per second of CPU.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
from pathlib import Path

from measure import Client

ROOT = Path(__file__).resolve().parent.parent
OPERATORS = 10
WORDS = "river stone bright under small window table green quickly seven walking against paper market".split()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--tamis-bin", type=Path, default=ROOT / "target/release/tamis")
    parser.add_argument("--work", type=Path, default=ROOT / "target/bench/throughput")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    print(f"{'rows':>9} {'wall s':>8} {'CPU s':>8} {'peak MB':>8} {'operators/CPU s':>16}")
    for rows in args.rows:
        measure(args, rows)


def measure(args: argparse.Namespace, rows: int) -> None:
    source = args.work / f"rows-{rows}.jsonl"
    if not source.exists():
        write_rows(source, rows)
    out = args.work / f"out-{rows}"
    shutil.rmtree(out, ignore_errors=True)
    recipe = ROOT / "bench/recipes/ten-text-operators"
    command = [str(args.tamis_bin), "run", str(recipe), "--input", str(source), "--out", str(out), "--quiet",
               "--json", "--jobs", str(args.jobs)]
    client = Client(command, dict(os.environ), args.work, args.work / "log.txt")
    usage = client.wait(1800)
    if usage.exit_code != 0:
        raise SystemExit(f"tamis ended with {usage.exit_code}; see {args.work / 'log.txt'}")
    check(args, out, rows)
    rate = rows * OPERATORS / usage.cpu_s
    print(f"{rows:>9} {usage.wall_s:>8.2f} {usage.cpu_s:>8.2f} {usage.peak_rss / 1e6:>8.1f} {rate:>16,.0f}")
    shutil.rmtree(out, ignore_errors=True)


def check(args: argparse.Namespace, out: Path, rows: int) -> None:
    """A fast run that loses records would be worth nothing."""
    stats = subprocess.run([str(args.tamis_bin), "stats", str(out), "--json"], capture_output=True, check=True)
    summary = json.loads(stats.stdout)["summary"]
    ended = summary["accepted"] + summary["rejected"] + summary["failed"]
    assert summary["complete"] and ended == rows and summary["accepted"] > 0.9 * rows, summary


def write_rows(path: Path, rows: int) -> None:
    rng = random.Random(1)
    with path.open("w") as file:
        for i in range(rows):
            question = " ".join(rng.choices(WORDS, k=12)) + f" {i}? Answer directly."
            answer = " ".join(rng.choices(WORDS, k=30)) + "."
            file.write(json.dumps({"id": i, "question": question, "answer": answer}) + "\n")


if __name__ == "__main__":
    main()
