"""Races page packing: Mesh-candidate BestFit as `make.layout` does it, beside a scan of all pairs of element and bin.

    python3 bench/bestfit.py --pages 20 --repeat 3

Both pack the same pages from the same 500 candidates and the same first element, and have to end with the same layouts to
the last bit. The scan is the method as the paper says it, in plain Python: all rectangles between ticks, those that
overlap nothing, every candidate in every one of them. CPU time of one thread. Then the scores of 1,000 pages.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

ELEMENTS_LIMIT = 15
SMALL_LIMIT = 5
LARGE_SIDE = 0.05
FILL_THRESHOLD = 1e-4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=20, help="pages that both pack (default 20)")
    parser.add_argument("--repeat", type=int, default=3, help="turns of each (default 3)")
    parser.add_argument("--scored", type=int, default=1000, help="pages whose scores are measured (default 1000)")
    parser.add_argument("--bestfit-bin", type=Path, default=ROOT / "target/release/examples/bestfit",
                        help="cargo build --release -p tamis-page --example bestfit")
    args = parser.parse_args()
    ours, theirs = [], []
    for turn in range(args.repeat):  # in turns, so that a slow minute of the machine meets both
        race = json.loads(said(args.bestfit_bin, "race", args.pages, 20))
        ours.append(race["milliseconds"])
        theirs.append(scan_all(race["pages"]))
        print(f"turn {turn + 1}: tamis {ours[-1]:.3f} ms, scan {theirs[-1]:.0f} ms", file=sys.stderr, flush=True)
    fast, slow = statistics.median(ours), statistics.median(theirs)
    print("| pages | scan ms a page | tamis ms a page | times |", "| --- | --- | --- | --- |", sep="\n")
    print(f"| {args.pages}, all layouts equal | {slow:.0f} | {fast:.2f} | **{slow / fast:.0f}** |")
    print(said(args.bestfit_bin, "scores", args.scored))
    return 0


def said(program: Path, *arguments: object) -> str:
    command = [str(program), *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def scan_all(pages: list[dict]) -> float:
    """Milliseconds a page; ends the race at a layout that differs."""
    start = time.process_time()
    layouts = [scan(page["sizes"], page["first"], page["at"]) for page in pages]
    spent = time.process_time() - start
    for number, (page, layout) in enumerate(zip(pages, layouts)):
        if layout != [(element, tuple(rect)) for element, rect in page["placed"]]:
            raise SystemExit(f"page {number}: the layouts differ\n{layout}\n{page['placed']}")
    return spent * 1000 / len(pages)


def scan(sizes: list[list[float]], first: int, at: list[float]) -> list[tuple[int, tuple]]:
    """Packs a page by trying every candidate in every bin; the first of equal fills wins."""
    left = {i: size for i, size in enumerate(sizes) if i != first}
    layout = [(first, tuple(at))]
    small = is_small(sizes[first])
    while len(layout) < ELEMENTS_LIMIT:
        free = bins([rect for _, rect in layout])
        best, best_fill = None, 0.0
        for element, (width, height) in left.items():
            area = width * height
            for x0, y0, x1, y1, bin_width, bin_height, bin_area in free:
                if width <= bin_width and height <= bin_height:
                    fill = area / bin_area
                    if fill > best_fill:
                        best, best_fill = (element, (x0, y0, x1, y1)), fill
        if best is None or best_fill < FILL_THRESHOLD:
            break
        element, bin = best
        if is_small(left[element]):
            if small >= SMALL_LIMIT:
                break
            small += 1
        layout.append((element, centred(left.pop(element), bin)))
    return layout


def is_small(size: list[float]) -> bool:
    return size[0] < LARGE_SIDE or size[1] < LARGE_SIDE


def bins(placed: list[tuple]) -> list[tuple]:
    """All rectangles with corners on ticks that overlap no placed element, by top, left, bottom, right."""
    xs = sorted({0.0, 1.0, *(x for rect in placed for x in (rect[0], rect[2]))})
    ys = sorted({0.0, 1.0, *(y for rect in placed for y in (rect[1], rect[3]))})
    free = []
    for top, y0 in enumerate(ys):
        for left, x0 in enumerate(xs):
            for y1 in ys[top + 1:]:
                for x1 in xs[left + 1:]:
                    if not any(r[0] < x1 and x0 < r[2] and r[1] < y1 and y0 < r[3] for r in placed):
                        width, height = x1 - x0, y1 - y0
                        free.append((x0, y0, x1, y1, width, height, width * height))
    return free


def centred(size: list[float], bin: tuple) -> tuple:
    (width, height), (x0, y0, x1, y1) = size, bin
    x, y = x0 + ((x1 - x0) - width) / 2, y0 + ((y1 - y0) - height) / 2
    return max(x, x0), max(y, y0), min(x + width, x1), min(y + height, y1)


if __name__ == "__main__":
    sys.exit(main())
