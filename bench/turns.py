"""What the side-by-side races share: entrants take turns, each measured as a whole process, medians at the end."""

import argparse
import shutil
import statistics
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from entrants import Venv, environment, install
from measure import Client, Usage, wait_for_quiet

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"

Runs = dict[str, list[dict]]


def take_turns(args: argparse.Namespace, one_run: Callable[[str], dict], absent: Iterable[str] = ()) -> Runs:
    """Runs every entrant `args.repeat` times. In turns, so that a slow minute of the machine meets them all."""
    runs: Runs = {}
    for repeat in range(-args.warm_up, args.repeat):
        for name in args.entrants:
            if name in absent:
                continue
            wait_for_quiet(args.max_load)
            run = one_run(name)
            if repeat >= 0:
                runs.setdefault(name, []).append(run)
            print(f"{name} {repeat + 1 if repeat >= 0 else 'warm-up'}: {run}", file=sys.stderr, flush=True)
    return runs


def fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def measured(name: str, command: list[str], out: Path, timeout: float) -> Usage:
    """Runs a command to its end; anything but success ends the race."""
    usage = Client(command, environment(out), out, out / "client.log").wait(timeout)
    if usage.exit_code != 0:
        raise SystemExit(f"{name} ended with {usage.exit_code}; see {out / 'client.log'}")
    return usage


def install_peers(venvs: dict[str, Venv], args: argparse.Namespace) -> dict[str, str]:
    """Makes the environments of the peers that race; returns those that cannot be installed, with the reason."""
    absent = {}
    for name in set(args.entrants) & set(venvs):
        try:
            install(venvs[name], args.work)
        except RuntimeError as error:
            absent[name] = str(error).strip().splitlines()[-1]
            print(f"{name} does not race: {error}", file=sys.stderr, flush=True)
    return absent


def python(args: argparse.Namespace, venv: Venv) -> str:
    return str(args.work / f"venv-{venv.name}" / "bin" / "python")


def medians(runs: Runs) -> dict[str, dict]:
    return {name: {key: statistics.median(run[key] for run in all_runs) for key in all_runs[0]} for name, all_runs in runs.items()}


def parse_arguments(about: str | None, names: list[str], repeat: int, timeout: float) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entrants", nargs="+", choices=names, default=names, metavar="E")
    parser.add_argument("--repeat", type=int, default=repeat, help=f"runs of each (default {repeat})")
    parser.add_argument("--warm-up", type=int, default=1, help="runs of each that do not count (default 1)")
    parser.add_argument("--max-load", type=float, help="wait for a quiet machine before each run: the most load")
    parser.add_argument("--timeout", type=float, default=timeout, help=f"seconds an entrant may take (default {timeout:.0f})")
    parser.add_argument("--tamis-bin", type=Path, default=ROOT / "target/release/tamis")
    parser.add_argument("--work", type=Path, default=ROOT / "target/bench", help="environments, inputs, run folders")
    args = parser.parse_args()
    args.tamis_bin, args.work = args.tamis_bin.absolute(), args.work.absolute()
    return args
