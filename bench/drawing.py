"""Races drawing: a two-series bar and line chart of 800 x 600 with title, legend and grid, beside Matplotlib.

    python3 bench/drawing.py --repeat 3

Same data, same size, warm: imports, fonts and the first figure are not counted. CPU time of one thread, with PNG encoding
and without. Matplotlib draws with its Agg backend.

Then A4 pages at 144 dpi with tables, formulas and the box of every word. SynthDoG's template is in a repository of its
own, not in a package, so without a copy of it its figure is a recorded one, see README.md. With a copy it races too:

    python3 bench/drawing.py --synthdog donut/synthdog

CPU time of one process, its own English config, pages generated and saved as its command does. It needs Python 3.11.
"""

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from entrants import Venv, install
from turns import ROOT, python

MATPLOTLIB = Venv("matplotlib", "matplotlib", ("matplotlib==3.11.2",))

# imgaug needs NumPy 1, and synthtiger needs a Pillow that still has `getsize`: with a newer one no page is ever made.
SYNTHTIGER = Venv("synthtiger", "synthtiger",
                  ("synthtiger==1.2.1", "numpy==1.26.4", "pillow==9.5.0", "opencv-python==4.11.0.86", "imgaug==0.4.0",
                   "scipy==1.17.1", "scikit-image==0.24.0", "matplotlib==3.11.2", "shapely==2.2.0", "imageio==2.38.1",
                   "blend-modes==2.2.0", "pytweening==1.2.0", "pyyaml==6.0.4", "regex==2026.11.19", "fonttools==4.68.0",
                   "pygame==2.6.1", "python-bidi==0.6.12", "arabic-reshaper==3.1.0"))

# Pages a second with one worker: the faster of two runs of 60 pages. Recorded earlier, on another day; not run here.
SYNTHDOG = 0.47

# Its pages differ much in cost, so every turn makes others, and the turns are summed.
SYNTHDOG_PAGES = 20
SYNTHDOG_TIMEOUT = 300

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

SYNTHDOG_PEER = r'''
import contextlib, json, sys, time
import synthtiger

root, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])

def run():
    config = synthtiger.read_config("config_en.yaml")
    synthtiger.set_global_random_seed(seed)
    template = synthtiger.read_template("template.py", "SynthDoG", config)
    template.init_save(root)
    # Without retries: a page that fails would otherwise be tried for ever. It costs time and does not count.
    tasks = synthtiger.generator("template.py", "SynthDoG", config=config, count=count + 1, worker=0, seed=seed,
                                 retry=False, verbose=True)
    place, data = next(tasks)  # the first page reads fonts and text
    if data is None:
        sys.exit("SynthDoG cannot make a page")
    template.save(root, data, place)
    pages = pixels = 0
    wall, start = time.perf_counter(), time.process_time()
    for place, data in tasks:
        if data is not None:
            template.save(root, data, place)
            pages += 1
            pixels += data["image"].shape[0] * data["image"].shape[1]
    return {"pages": pages, "pixels": pixels, "cpu": time.process_time() - start, "wall": time.perf_counter() - wall}

with contextlib.redirect_stdout(sys.stderr):  # where its traces go
    result = run()
print(json.dumps(result))
'''


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=3, help="turns of each (default 3)")
    parser.add_argument("--speed-bin", type=Path, default=ROOT / "target/release/examples/speed",
                        help="cargo build --release -p tamis-chart --example speed")
    parser.add_argument("--pages-bin", type=Path, default=ROOT / "target/release/examples/pages_speed",
                        help="cargo build --release -p tamis-document --example pages_speed; left out if it is not there")
    parser.add_argument("--synthdog", type=Path, metavar="DIR",
                        help="a copy of the folder synthdog/ of github.com/clovaai/donut; without it the recorded "
                             "figure is quoted")
    parser.add_argument("--work", type=Path, default=ROOT / "target/bench", help="environments")
    args = parser.parse_args()
    args.work = args.work.absolute()
    if args.synthdog:
        check_synthdog(args, parser)
        install(SYNTHTIGER, args.work)
    install(MATPLOTLIB, args.work)
    ours, theirs = {}, {}
    for turn in range(args.repeat):  # in turns, so that a slow minute of the machine meets both
        for kind, cost in tamis(args.speed_bin).items():
            ours.setdefault(kind, []).append(cost)
        for kind, cost in matplotlib(args).items():
            theirs.setdefault(kind, []).append(cost)
        print(f"turn {turn + 1} done", file=sys.stderr, flush=True)
    print(table(ours, theirs))
    if args.synthdog:
        print(f"\n{race_pages(args)}")
    elif args.pages_bin.exists():
        said, rate = tamis_pages(args.pages_bin)
        print(f"\n{said}SynthDoG, recorded: {SYNTHDOG} pages a second; times: {rate / SYNTHDOG:.0f}")
    return 0


def tamis(program: Path) -> dict[str, tuple[float, float]]:
    """Milliseconds a chart, without and with PNG, in the look that imitates Matplotlib."""
    said = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    costs = {}
    for kind, *parts in re.findall(r"^(\w+) matplotlib, \d+ charts: layout ([\d.]+) ms, pixels ([\d.]+) ms, PNG ([\d.]+) ms", said, re.M):
        layout, pixels, png = map(float, parts)
        costs[kind] = (layout + pixels, layout + pixels + png)
    return costs


def matplotlib(args: argparse.Namespace) -> dict[str, tuple[float, float]]:
    said = subprocess.run([python(args, MATPLOTLIB), "-c", PEER], check=True, capture_output=True, text=True).stdout
    return {kind: tuple(costs) for kind, costs in json.loads(said).items()}


def tamis_pages(program: Path) -> tuple[str, float]:
    """What the program says, and pages a CPU second."""
    said = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    return said, float(re.search(r"([\d.]+) pages a CPU second", said).group(1))


def check_synthdog(args: argparse.Namespace, parser: argparse.ArgumentParser) -> None:
    """Says at once what would otherwise be missed only after the charts."""
    for name in ("template.py", "config_en.yaml", "resources"):
        if not (args.synthdog / name).exists():
            parser.error(f"--synthdog: there is no {name} in {args.synthdog}")
    if not args.pages_bin.exists():
        parser.error(f"--synthdog races pages, and there is no {args.pages_bin}")


def race_pages(args: argparse.Namespace) -> str:
    ours, theirs = [], []
    for turn in range(args.repeat):
        said, rate = tamis_pages(args.pages_bin)
        ours.append(rate)
        theirs.append(synthdog(args, turn))
        print(f"turn {turn + 1} of pages done: {theirs[-1]}", file=sys.stderr, flush=True)
    pages, pixels, cpu, wall = (sum(run[key] for run in theirs) for key in ("pages", "pixels", "cpu", "wall"))
    fast, slow = statistics.median(ours), pages / cpu
    return (f"{said}tamis, median of {args.repeat} turns: {fast:.1f} pages a CPU second\n"
            f"SynthDoG, run here: {slow:.2f} pages a CPU second ({pages} pages of {pixels / pages / 1e6:.2f} "
            f"megapixels, {cpu:.1f} CPU s, {wall:.1f} s of wall time); times: {fast / slow:.0f}")


def synthdog(args: argparse.Namespace, turn: int) -> dict[str, float]:
    """Pages, their pixels, and the CPU and wall seconds they took. The copy itself is only read, hence `-B`."""
    with tempfile.TemporaryDirectory(dir=args.work) as out:
        command = [python(args, SYNTHTIGER), "-B", "-c", SYNTHDOG_PEER, out, str(turn + 1), str(SYNTHDOG_PAGES)]
        try:
            said = subprocess.run(command, cwd=args.synthdog, check=True, stdout=subprocess.PIPE, text=True,
                                  timeout=SYNTHDOG_TIMEOUT).stdout
        except subprocess.CalledProcessError:
            raise SystemExit("SynthDoG failed; its errors are above") from None
        except subprocess.TimeoutExpired:
            raise SystemExit(f"SynthDoG took more than {SYNTHDOG_TIMEOUT} s for {SYNTHDOG_PAGES} pages") from None
    run = json.loads(said)
    if not run["pages"]:
        raise SystemExit(f"SynthDoG made none of {SYNTHDOG_PAGES} pages; its errors are above")
    return run


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
