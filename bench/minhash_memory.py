"""Measures near-duplicate removal over ten million short texts: time and peak memory of the whole process.

    python3 bench/minhash_memory.py [--rows 10000000] [--work DIR]

A fifth of the texts are near-copies of another one. The folder needs some 10 GB.
"""

import argparse
import os
import random
import shutil
from pathlib import Path

from captions import HOW, THING, WHERE, WHO
from measure import Client, written_bytes
from turns import BENCH, ROOT

COPIES = 5  # every so manieth text is a copy of an earlier one


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--tamis-bin", type=Path, default=ROOT / "target/release/tamis")
    parser.add_argument("--work", type=Path, default=ROOT / "target/bench/minhash")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    source = args.work / f"texts-{args.rows}.jsonl"
    if not source.exists():
        write_texts(source, args.rows)
    out = args.work / "run"
    shutil.rmtree(out, ignore_errors=True)
    command = [str(args.tamis_bin.absolute()), "run", str(BENCH / "recipes" / "near-duplicates"), "--input", str(source),
               "--out", str(out), "--quiet"]
    log = args.work / "log.txt"
    log.unlink(missing_ok=True)
    usage = Client(command, dict(os.environ), args.work, log).wait(7200)
    print(log.read_text())
    print(f"{args.rows:,} texts, {source.stat().st_size / 1e9:.2f} GB: {usage.wall_s:.0f} s, {usage.cpu_s:.0f} CPU s, "
          f"peak {usage.peak_rss / 1e6:.0f} MB, run directory {written_bytes(out) / 1e9:.2f} GB")
    raise SystemExit(usage.exit_code)


def write_texts(path: Path, rows: int) -> None:
    """Texts of nine to fourteen words; a copy of one of the last ten thousand differs in one word."""
    rng = random.Random(1)
    recent: list[list[str]] = []
    partial = path.with_suffix(".partial")
    with partial.open("w") as file:
        for row in range(rows):
            if row % COPIES == COPIES - 1:
                words = list(rng.choice(recent))
                words[rng.randrange(len(words))] = rng.choice(HOW)
            else:
                words = text(rng)
                if len(recent) < 10_000:
                    recent.append(words)
                else:
                    recent[row % 10_000] = words
            file.write(f'{{"id": {row}, "text": "{" ".join(words)}"}}\n')
    os.replace(partial, path)


def text(rng: random.Random) -> list[str]:
    pick = rng.choice
    words = [str(rng.randrange(1000)), pick(HOW), pick(WHO), pick(HOW), pick(THING), pick(WHERE), pick(HOW), pick(THING)]
    return words + [pick(WHO) for _ in range(rng.randrange(1, 7))]


if __name__ == "__main__":
    main()
