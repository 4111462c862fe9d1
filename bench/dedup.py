"""Races near-duplicate removal (workload M): 50,000 captions, 15,000 of them near-copies, side by side in one run.

    python3 bench/dedup.py --repeat 2 [--entrants tamis datatrove data-juicer]

All look for texts with a Jaccard similarity of 0.7 or more over 3-grams of words. Measured are the whole process, start
and imports included, and what is left: the truth is 35,000 captions.
"""

import argparse
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

from captions import make_captions
from entrants import Venv, _json_lines, environment
from turns import BENCH, Runs, fresh, install_peers, measured, medians, parse_arguments, python, take_turns

PEERS = {
    "datatrove": Venv("datatrove-minhash", "datatrove",
                      ("datatrove[io,processing,cli]==0.10.1", "aiofiles", "aiosqlite", "xxhash", "openai", "spacy", "nltk",
                       "fasteners", "tldextract")),
    "data-juicer": Venv("data-juicer", "py-data-juicer", ("py-data-juicer==1.6.1", "aiohttp")),
}


def main() -> int:
    args = parse_arguments(__doc__, list(COMMANDS), repeat=2, timeout=600)
    captions = make_captions(args.work / "captions")
    truth = json.loads((captions.parent / "truth.json").read_text())
    absent = install_peers(PEERS, args)
    runs = take_turns(args, lambda name: one_run(args, name, captions, truth), absent)
    print(table(runs, truth["unique"], absent))
    return 0


def one_run(args: argparse.Namespace, name: str, captions: Path, truth: dict) -> dict:
    out = fresh(args.work / "runs" / f"M-{name}")
    command, kept_files = COMMANDS[name](args, captions, out)
    usage = measured(name, command, out, args.timeout)
    kept = [int(row.get("id", 0)) for row in _json_lines(kept_files())]  # datatrove leaves out what is zero
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
    command = [python(args, PEERS["datatrove"]), str(script), str(captions), str(out)]
    return command, lambda: (out / "kept").glob("*.jsonl*")


def data_juicer(args: argparse.Namespace, captions: Path, out: Path):
    config = out / "config.yaml"
    config.write_text(json.dumps({
        "project_name": "M", "dataset_path": str(captions), "export_path": str(out / "kept.jsonl"), "np": 2,
        "text_keys": "text", "use_cache": False, "open_tracer": False,
        "process": [{"document_minhash_deduplicator": {
            "tokenization": "space", "window_size": 3, "lowercase": True, "jaccard_threshold": 0.7}}],
    }))
    process = Path(python(args, PEERS["data-juicer"])).parent / "dj-process"
    return [str(process), "--config", str(config)], lambda: [out / "kept.jsonl"]


COMMANDS = {"tamis": tamis, "datatrove": datatrove, "data-juicer": data_juicer}


def table(runs: Runs, unique: int, absent: dict[str, str]) -> str:
    median = medians(runs)
    first = next(iter(median.values()))["wall_s"]
    lines = [f"| | wall s | ratio | CPU s | peak MB | kept (truth {unique:,}) | copies left | captions lost |",
             "| --- | --- | --- | --- | --- | --- | --- | --- |"]
    for name, run in median.items():
        lines.append(f"| {name} | {run['wall_s']:.1f} | {run['wall_s'] / first:.1f} | {run['cpu_s']:.1f} | {run['peak_mb']:.0f} | "
                     f"{run['kept']:,.0f} | {run['copies left']:,.0f} | {run['captions lost']:,.0f} |")
    return "\n".join(lines + [f"| {name} | could not be installed: {why} |" for name, why in absent.items()])


if __name__ == "__main__":
    sys.exit(main())
