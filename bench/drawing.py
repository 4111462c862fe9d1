"""Races drawing: a two-series bar and line chart of 800 x 600 with title, legend and grid, beside Matplotlib.

    python3 bench/drawing.py --repeat 3

Same data, same size, warm: imports, fonts and the first figure are not counted. CPU time of one thread, with PNG encoding
and without. Matplotlib draws with its Agg backend.

Then A4 pages at 144 dpi with tables, formulas and the box of every word. SynthDoG's template is in a repository of its own,
not in a package, so it does not race here: its figure is a recorded one, see README.md.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
from pathlib import Path

from entrants import Venv, install
from turns import ROOT, python

MATPLOTLIB = Venv("matplotlib", "matplotlib", ("matplotlib==3.11.2",))

# Pages a second with one worker: the faster of two runs of 60 pages. Recorded earlier, on another day; not run here.
SYNTHDOG = 0.47

PEER = r'''
import io, json, sys, time
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

names = ["Alpha", "Beta", "Gamma", "Delta", "Epsilon", "Zeta", "Eta", "Theta"]

def values(k, seed):
    return [(i * 37 + seed * 11 + k * 53) % 97 + 3 for i in range(8)]

def draw(kind, seed, png):
    figure, axes = plt.subplots(figsize=(8, 6), dpi=100)
    a, b = values(1, seed), values(2, seed)
    places = range(8)
    if kind == "bar":
        axes.bar([x - 0.2 for x in places], a, 0.4, label="North")
        axes.bar([x + 0.2 for x in places], b, 0.4, label="South")
    else:
        axes.plot(places, a, label="North")
        axes.plot(places, b, label="South")
    axes.set_xticks(list(places), names)
    axes.set_title("Sales by region and quarter")
    axes.set_xlabel("Region")
    axes.set_ylabel("Revenue (million USD)")
    axes.legend()
    axes.grid(True)
    if png:
        figure.savefig(io.BytesIO(), format="png")
    else:
        figure.canvas.draw()
    plt.close(figure)

def cost(kind, png, rounds=40):
    for seed in range(3):
        draw(kind, seed, png)
    start = time.process_time()
    for seed in range(rounds):
        draw(kind, seed, png)
    return (time.process_time() - start) * 1000 / rounds

print(json.dumps({kind: [cost(kind, False), cost(kind, True)] for kind in ("bar", "line")}))
'''


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3, help="turns of each (default 3)")
    parser.add_argument("--speed-bin", type=Path, default=ROOT / "target/release/examples/speed",
                        help="cargo build --release -p tamis-chart --example speed")
    parser.add_argument("--pages-bin", type=Path, default=ROOT / "target/release/examples/pages_speed",
                        help="cargo build --release -p tamis-document --example pages_speed; left out if it is not there")
    parser.add_argument("--work", type=Path, default=ROOT / "target/bench", help="environments")
    args = parser.parse_args()
    args.work = args.work.absolute()
    install(MATPLOTLIB, args.work)
    ours, theirs = {}, {}
    for turn in range(args.repeat):  # in turns, so that a slow minute of the machine meets both
        for kind, cost in tamis(args.speed_bin).items():
            ours.setdefault(kind, []).append(cost)
        for kind, cost in matplotlib(args).items():
            theirs.setdefault(kind, []).append(cost)
        print(f"turn {turn + 1} done", file=sys.stderr, flush=True)
    print(table(ours, theirs))
    if args.pages_bin.exists():
        said = subprocess.run([args.pages_bin], check=True, capture_output=True, text=True).stdout
        rate = float(re.search(r"([\d.]+) pages a CPU second", said).group(1))
        print(f"\n{said}SynthDoG, recorded: {SYNTHDOG} pages a second; times: {rate / SYNTHDOG:.0f}")
    return 0


def tamis(program: Path) -> dict[str, tuple[float, float]]:
    """Milliseconds a chart, without and with PNG, in the look that imitates Matplotlib."""
    said = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    costs = {}
    for kind, *parts in re.findall(r"^(\w+) matplotlib: layout ([\d.]+) ms, pixels ([\d.]+) ms, PNG ([\d.]+) ms", said, re.M):
        layout, pixels, png = map(float, parts)
        costs[kind] = (layout + pixels, layout + pixels + png)
    return costs


def matplotlib(args: argparse.Namespace) -> dict[str, tuple[float, float]]:
    said = subprocess.run([python(args, MATPLOTLIB), "-c", PEER], check=True, capture_output=True, text=True).stdout
    return {kind: tuple(costs) for kind, costs in json.loads(said).items()}


def table(ours: dict, theirs: dict) -> str:
    lines = ["| chart | | Matplotlib ms | tamis ms | times |", "| --- | --- | --- | --- | --- |"]
    for kind in ours:
        for place, what in enumerate(["pixels", "pixels and PNG"]):
            slow = statistics.median(cost[place] for cost in theirs[kind])
            fast = statistics.median(cost[place] for cost in ours[kind])
            lines.append(f"| {kind} | {what} | {slow:.1f} | {fast:.2f} | **{slow / fast:.0f}** |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
