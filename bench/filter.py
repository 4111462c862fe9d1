"""Races a filter by size (workload I): 2,000 JPEGs, 179 MB, keep those of at least 700 by 450 pixels, in one run.

    python3 bench/filter.py --repeat 5 [--entrants tamis-in-place tamis data-juicer daft headers]

Measured are the whole process, start and imports included, with the pictures in the page cache, and how many are kept. The
sizes are in the headers, so `headers`, which reads those with two threads and does nothing else, is the floor; it is built
with `cargo build --release --example headers -p tamis-core`.
"""

import argparse
import json
import sys
from pathlib import Path

from entrants import Venv, _json_lines
from pictures import make_folder
from turns import BENCH, Runs, fresh, install_peers, measured, medians, parse_arguments, python, take_turns

COUNT = 2000
PEERS = {
    "data-juicer": Venv("data-juicer", "py-data-juicer", ("py-data-juicer==1.6.1", "aiohttp")),
    "daft": Venv("daft", "daft", ("daft==0.7.26", "numpy", "pillow")),
}


def main() -> int:
    args = parse_arguments(__doc__, list(COMMANDS), repeat=5, timeout=300)
    folder = make_folder(args.work / "pictures", COUNT)
    absent = install_peers(PEERS, args)
    megabytes = sum(len(path.read_bytes()) for path in folder.iterdir()) / 1e6  # read, so that they are in the page cache
    runs = take_turns(args, lambda name: one_run(args, name, folder), absent)
    print(f"{COUNT} JPEGs, {megabytes:.0f} MB\n")
    print(table(runs, absent))
    return 0


def one_run(args: argparse.Namespace, name: str, folder: Path) -> dict:
    out = fresh(args.work / "runs" / f"I-{name}")
    command, kept = COMMANDS[name](args, folder, out)
    usage = measured(name, command, out, args.timeout)
    return {
        "wall_s": round(usage.wall_s, 3),
        "cpu_s": round(usage.cpu_s, 3),
        "peak_mb": round(usage.peak_rss / 1e6),
        "written_mb": round(sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e6, 1),
        "kept": kept(),
    }


def tamis(media: str):
    def command(args: argparse.Namespace, folder: Path, out: Path):
        run = [str(args.tamis_bin), "run", str(BENCH / "recipes" / "large-enough"), "--input", str(folder),
               "--out", str(out / "run"), "--media", media, "--quiet"]
        return run, lambda: sum(1 for _ in _json_lines(out.glob("run/stages/0/part-*/accepted.jsonl")))
    return command


def data_juicer(args: argparse.Namespace, folder: Path, out: Path):
    rows, config = out / "rows.jsonl", out / "config.yaml"
    rows.write_text("".join(
        json.dumps({"images": [str(path)], "text": "<__dj__image>"}) + "\n" for path in sorted(folder.iterdir())))
    config.write_text(json.dumps({
        "project_name": "I", "dataset_path": str(rows), "export_path": str(out / "kept.jsonl"), "np": 2,
        "use_cache": False, "open_tracer": False,
        "process": [{"image_shape_filter": {"min_width": 700, "min_height": 450}}],
    }))
    process = Path(python(args, PEERS["data-juicer"])).parent / "dj-process"
    return [str(process), "--config", str(config)], lambda: sum(1 for _ in _json_lines([out / "kept.jsonl"]))


def daft(args: argparse.Namespace, folder: Path, out: Path):
    script = BENCH / "peers" / "daft_filter.py"
    command = [python(args, PEERS["daft"]), str(script), str(folder), str(out / "kept.jsonl")]
    return command, lambda: sum(1 for _ in _json_lines([out / "kept.jsonl"]))


def headers(args: argparse.Namespace, folder: Path, out: Path):
    program = args.tamis_bin.parent / "examples" / "headers"
    return [str(program), str(folder), "700", "450"], lambda: int((out / "client.log").read_text().split()[0])


COMMANDS = {"tamis-in-place": tamis("in-place"), "tamis": tamis("copy"), "data-juicer": data_juicer, "daft": daft,
            "headers": headers}


def table(runs: Runs, absent: dict[str, str]) -> str:
    median = medians(runs)
    first = next(iter(median.values()))["wall_s"]
    lines = ["| | wall s | ratio | CPU s | peak MB | written MB | kept |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for name, run in median.items():
        lines.append(f"| {name} | {run['wall_s']:.3f} | {run['wall_s'] / first:.1f} | {run['cpu_s']:.2f} | {run['peak_mb']:.0f} | "
                     f"{run['written_mb']:.1f} | {run['kept']:,.0f} |")
    return "\n".join(lines + [f"| {name} | could not be installed: {why} |" for name, why in absent.items()])


if __name__ == "__main__":
    sys.exit(main())
