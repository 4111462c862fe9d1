"""Races Tamis beside its peers on one machine, in one go; every answer is counted on the server.

    python3 bench/race.py --repeat 3 --json target/bench/race.json

See README.md for the workloads and the rules.
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import report
from entrants import VENVS, Entrant, Task, entrants, environment, install, version
from measure import Client, Usage, wait_for_quiet, written_bytes
from pictures import image_bytes, make_inputs
from server import Server
from workloads import WORKLOADS, Workload

ROOT = Path(__file__).resolve().parent.parent


def main() -> int:
    args = parse_arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that clients and servers are ended too
    for binary in {args.sim_bin, args.tamis_bin} if "tamis" in args.entrants else {args.sim_bin}:
        if not binary.exists():
            print(f"{binary} is not there: build it first, or name another with --sim-bin / --tamis-bin", file=sys.stderr)
            return 2
    field = [entrant for entrant in entrants(args.work, args.tamis_bin) if entrant.name in args.entrants]
    workloads = [workload for workload in WORKLOADS if workload.name in args.workloads]
    args.work.mkdir(parents=True, exist_ok=True)
    versions, notes = prepare(field, args.work, args.tamis_bin)
    runs = run_all(args, field, workloads)
    result = report.assemble(runs, workloads, versions, notes, input_facts(args.work))
    print(report.table(result))
    if args.json:
        report.write_json(result, args.json)
    return 0


def prepare(field: list[Entrant], work: Path, tamis: Path) -> tuple[dict[str, str], list[str]]:
    """Installs the peers, imports everything once so that no run pays for it; returns versions and notes."""
    versions, notes = {}, [f"{entrant.name}: {entrant.note}" for entrant in field if entrant.note]
    for entrant in field:
        if entrant.venv:
            venv = VENVS[entrant.venv]
            note = install(venv, work)
            if note and note not in notes:
                notes.append(note)
            versions[venv.package] = version(work / f"venv-{venv.name}" / "bin" / "python", venv.package)
        scratch = work / "warm-up"
        warm = subprocess.run(entrant.warm_up, env=environment(scratch), cwd=scratch, capture_output=True, text=True, timeout=300)
        shutil.rmtree(scratch)
        if warm.returncode:
            raise RuntimeError(f"{entrant.name} does not start:\n{(warm.stdout + warm.stderr)[-2000:]}")
        if entrant.venv is None:
            versions[entrant.name] = warm.stdout.strip().removeprefix("tamis ").strip()
    return versions, notes


def run_all(args: argparse.Namespace, field: list[Entrant], workloads: list[Workload]) -> list[dict]:
    """Entrants take turns within each repeat, so that a slow minute of the machine meets them all."""
    runs = []
    for repeat in range(1, args.repeat + 1):
        for workload in workloads:
            for entrant in field:
                if entrant.only and workload.name not in entrant.only:
                    continue
                wait_for_quiet(args.max_load)
                run = one_run(args, entrant, workload, repeat)
                runs.append(run)
                print(report.progress(run), file=sys.stderr, flush=True)
    return runs


def one_run(args: argparse.Namespace, entrant: Entrant, workload: Workload, repeat: int) -> dict:
    rows = make_inputs(args.work / f"inputs-{workload.rows}", workload.rows)
    folder = args.work / "runs" / f"{workload.name}-{entrant.name}-{repeat}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    load = os.getloadavg()[0]
    with Server(args.sim_bin, workload.server_flags(), folder / "server.log") as server:
        task = Task(workload, rows, server.base_url, folder / "out")
        usage, killed_at = drive(entrant, task, server, args.timeout, repeat)
        server.settle()
        stats = server.stats()
    disk = written_bytes(task.out)
    run = {"workload": workload.name, "entrant": entrant.name, "repeat": repeat, "load_before": round(load, 2)}
    run |= figures(workload, usage, stats, killed_at)
    run |= output_counts(entrant, task) | {"disk_bytes": disk}
    run["status"] = status(workload, usage, run)
    if not args.keep:
        shutil.rmtree(folder)
    return run


def drive(entrant: Entrant, task: Task, server: Server, timeout_s: float, repeat: int) -> tuple[list[Usage], int | None]:
    """Runs the client to its end; in a kill workload, kills it on the way and runs it again."""
    log = task.out.parent / "client.log"

    def start() -> Client:
        home = environment(task.out)
        return Client(entrant.command(task), home, task.out.parent, log)

    kills = task.workload.kill_after
    if not kills:
        return [start().wait(timeout_s)], None
    after = kills[(repeat - 1) % len(kills)]
    first = start().wait(timeout_s, stop_when=lambda: server.stats()["answered"] >= after)
    if first.exit_code is not None or first.timed_out:
        return [first], None
    server.settle()
    killed_at = server.stats()["answered"]
    return [first, start().wait(timeout_s)], killed_at


def figures(workload: Workload, usage: list[Usage], stats: dict, killed_at: int | None) -> dict:
    """What the process tree used and what the server counted."""
    first, last = stats["first_request_ms"], stats["last_answer_ms"]
    timed = not workload.kill_after and first is not None and last is not None
    cpu_s = sum(part.cpu_s for part in usage)
    return {
        "exit_code": usage[-1].exit_code,
        "wall_s": sum(part.wall_s for part in usage),
        "traffic_s": (last - first) / 1000 if timed else None,
        "cpu_s": cpu_s,
        "requests_per_cpu_s": stats["requests"] / cpu_s if cpu_s else None,
        "peak_rss_bytes": max(part.peak_rss for part in usage),
        "requests": stats["requests"],
        "answered": stats["answered"],
        "refused": stats["refused"],
        "errors": stats["errors"],
        "peak_in_flight": stats["peak_in_flight"],
        "answered_at_kill": killed_at,
        "paid_twice": stats["repeated"],
    }


def output_counts(entrant: Entrant, task: Task) -> dict:
    """Rows in the final output: with a text, without one, more than once, not at all."""
    filled, empty, seen = set(), 0, 0
    for row, text in entrant.delivered(task.out):
        seen += 1
        if text:
            filled.add(row)
        else:
            empty += 1
    return {
        "delivered": len(filled),
        "empty": empty,
        "duplicated": seen - empty - len(filled),
        "lost": task.workload.rows - len(filled),
    }


def status(workload: Workload, usage: list[Usage], run: dict) -> str:
    if any(part.timed_out for part in usage):
        return "timeout"
    if workload.kill_after and len(usage) == 1:
        return "aborts" if run["exit_code"] else "ended before the kill"
    if run["exit_code"]:
        return "aborts" if workload.name != "ERR" else f"exit {run['exit_code']}"
    if workload.name == "ERR":
        return "exit 0"
    return "loses rows" if run["lost"] or run["duplicated"] else "ok"


def input_facts(work: Path) -> dict:
    rows = make_inputs(work / "inputs-400", 400)
    return {"rows": 400, "image_bytes": image_bytes(rows)}


def parse_arguments() -> argparse.Namespace:
    names = [workload.name for workload in WORKLOADS]
    racers = [entrant.name for entrant in entrants(Path(), Path())]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sim-bin", type=Path, default=ROOT / "target/release/tamis", help="binary whose `sim` is the server")
    parser.add_argument("--tamis-bin", type=Path, default=ROOT / "target/release/tamis", help="the Tamis that races")
    parser.add_argument("--workloads", nargs="+", choices=names, default=names, metavar="W", help=" ".join(names))
    parser.add_argument("--entrants", nargs="+", choices=racers, default=racers, metavar="E", help=" ".join(racers))
    parser.add_argument("--repeat", type=int, default=2, help="runs of each pair (default 2)")
    parser.add_argument("--timeout", type=float, default=120, help="seconds a client may take (default 120)")
    parser.add_argument("--max-load", type=float, help="wait before each run until the load is below this (at most 3 minutes)")
    parser.add_argument("--json", type=Path, help="write all runs and the summary here")
    parser.add_argument("--work", type=Path, default=ROOT / "target/bench", help="environments, inputs, run folders")
    parser.add_argument("--keep", action="store_true", help="keep the run folders with their logs")
    args = parser.parse_args()
    args.sim_bin, args.tamis_bin, args.work = (p.absolute() for p in (args.sim_bin, args.tamis_bin, args.work))
    return args


if __name__ == "__main__":
    sys.exit(main())
