"""Races near-duplicate removal (workload M): 50,000 captions, 15,000 of them near-copies, side by side in one run.

    python3 bench/dedup.py --repeat 2 [--entrants tamis datatrove data-juicer]

All look for texts with a Jaccard similarity of 0.7 or more over 3-grams of words. Measured are the whole process, start
and imports included, and what is left: the truth is 35,000 captions.
"""

import argparse
import json
import shutil
import statistics
import subprocess
import sys
from collections import Counter
from pathlib import Path

from captions import make_captions
from entrants import Venv, _json_lines, environment, install
from measure import Client

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"

PEERS = {
    "datatrove": Venv("datatrove-minhash", "datatrove",
                      ("datatrove[io,processing,cli]==0.10.1", "aiofiles", "aiosqlite", "xxhash", "openai", "spacy", "nltk",
                       "fasteners", "tldextract")),
    "data-juicer": Venv("data-juicer", "py-data-juicer", ("py-data-juicer==1.6.1", "aiohttp")),
}


def main() -> int:
    args = parse_arguments()
    captions = make_captions(args.work / "captions")
    truth = json.loads((captions.parent / "truth.json").read_text())
    for name in set(args.entrants) & set(PEERS):
        install(PEERS[name], args.work)
    runs: dict[str, list[dict]] = {}
    for repeat in range(args.repeat):
        for name in args.entrants:  # in turns, so that a slow minute of the machine meets them all
            run = one_run(args, name, captions, truth)
            runs.setdefault(name, []).append(run)
            print(f"{name} {repeat + 1}: {run}", file=sys.stderr, flush=True)
    print(table(runs, truth["unique"]))
    return 0


def one_run(args: argparse.Namespace, name: str, captions: Path, truth: dict) -> dict:
    out = args.work / "runs" / f"M-{name}"
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    command, kept_files = COMMANDS[name](args, captions, out)
    usage = Client(command, environment(out), out, out / "client.log").wait(args.timeout)
    if usage.exit_code != 0:
        raise SystemExit(f"{name} ended with {usage.exit_code}; see {out / 'client.log'}")
    kept = [int(row["id"]) for row in _json_lines(kept_files())]
    families = Counter(truth["family"][row] for row in kept)
    return {
        "wall_s": round(usage.wall_s, 2),
        "cpu_s": round(usage.cpu_s, 2),
        "peak_mb": round(usage.peak_rss / 1e6),
        "kept": len(kept),
        "copies left": len(kept) - len(families),
        "captions lost": truth["unique"] - len(families),
    }


def tamis(args: argparse.Namespace, captions: Path, out: Path):
    run, exported = out / "run", out / "exported"

    def kept():
        export = [str(args.tamis_bin), "export", str(run), "--to", "jsonl", "--out", str(exported)]
        subprocess.run(export, env=environment(out), capture_output=True, check=True)
        return exported.glob("*.jsonl") if exported.is_dir() else [exported]

    recipe = BENCH / "recipes" / "near-duplicates"
    return [str(args.tamis_bin), "run", str(recipe), "--input", str(captions), "--out", str(run), "--quiet"], kept


def datatrove(args: argparse.Namespace, captions: Path, out: Path):
    script = BENCH / "peers" / "datatrove_minhash.py"
    return [python(args, "datatrove"), str(script), str(captions), str(out)], lambda: (out / "kept").glob("*.jsonl*")


def data_juicer(args: argparse.Namespace, captions: Path, out: Path):
    config = out / "config.yaml"
    config.write_text(json.dumps({
        "project_name": "M", "dataset_path": str(captions), "export_path": str(out / "kept.jsonl"), "np": 2,
        "text_keys": "text", "use_cache": False, "open_tracer": False,
        "process": [{"document_minhash_deduplicator": {
            "tokenization": "space", "window_size": 3, "lowercase": True, "jaccard_threshold": 0.7}}],
    }))
    return [str(Path(python(args, "data-juicer")).parent / "dj-process"), "--config", str(config)], lambda: [out / "kept.jsonl"]


def python(args: argparse.Namespace, peer: str) -> str:
    return str(args.work / f"venv-{PEERS[peer].name}" / "bin" / "python")


COMMANDS = {"tamis": tamis, "datatrove": datatrove, "data-juicer": data_juicer}


def table(runs: dict[str, list[dict]], unique: int) -> str:
    median = {name: {key: statistics.median(run[key] for run in all_runs) for key in all_runs[0]} for name, all_runs in runs.items()}
    first = next(iter(median.values()))["wall_s"]
    lines = [f"| | wall s | ratio | CPU s | peak MB | kept (truth {unique:,}) | copies left | captions lost |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for name, run in median.items():
        lines.append(f"| {name} | {run['wall_s']:.1f} | {run['wall_s'] / first:.1f} | {run['cpu_s']:.1f} | {run['peak_mb']:.0f} | "
                     f"{run['kept']:,.0f} | {run['copies left']:,.0f} | {run['captions lost']:,.0f} |")
    return "\n".join(lines)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entrants", nargs="+", choices=list(COMMANDS), default=list(COMMANDS), metavar="E")
    parser.add_argument("--repeat", type=int, default=2, help="runs of each (default 2)")
    parser.add_argument("--timeout", type=float, default=600, help="seconds an entrant may take (default 600)")
    parser.add_argument("--tamis-bin", type=Path, default=ROOT / "target/release/tamis")
    parser.add_argument("--work", type=Path, default=ROOT / "target/bench", help="environments, inputs, run folders")
    args = parser.parse_args()
    args.tamis_bin, args.work = args.tamis_bin.absolute(), args.work.absolute()
    return args


if __name__ == "__main__":
    sys.exit(main())
