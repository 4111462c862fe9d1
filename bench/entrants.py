"""Who races: how each is installed, called and resumed, and where its output is found."""

import gzip
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workloads import Workload

BENCH = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Task:
    """One run of one entrant: all it writes goes below `out`."""

    workload: Workload
    rows: Path
    base_url: str
    out: Path


@dataclass(frozen=True)
class Entrant:
    """`command` builds the call; called again unchanged, it resumes. `delivered` yields (row, text)."""

    name: str
    command: Callable[[Task], list[str]]
    delivered: Callable[[Path], Iterator[tuple[int, str | None]]]
    venv: str | None = None
    only: tuple[str, ...] = ()  # workloads it takes part in; empty: all
    note: str = ""
    warm_up: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Venv:
    """A virtual environment of a peer. `relaxed` names what may be installed older than the peer asks."""

    name: str
    package: str
    requirements: tuple[str, ...]
    family: tuple[str, ...] = ()
    relaxed: str = ""


VENVS = {
    venv.name: venv
    for venv in (
        Venv("datatrove", "datatrove",
             ("datatrove[io]==0.10.1", "aiofiles", "aiosqlite", "xxhash", "openai", "httpx")),
        Venv("data-designer", "data-designer", ("data-designer==0.9.7",),
             family=("data-designer==0.9.7", "data-designer-config==0.9.7", "data-designer-engine==0.9.7"),
             relaxed="certifi"),
        Venv("curator", "bespokelabs-curator", ("bespokelabs-curator==0.1.31",)),
    )
}


def entrants(work: Path, tamis: Path) -> list[Entrant]:
    """All entrants. `work` holds the virtual environments, `tamis` is the binary."""
    return [
        _tamis(tamis),
        _peer(work, "datatrove", "datatrove", "datatrove_describe.py", _datatrove_rows),
        _peer(work, "datatrove+retry", "datatrove", "datatrove_describe.py", _datatrove_rows, ["--retries", "20"],
              only=("L429", "K429", "ERR"), note="with a retry loop in the user's rollout function"),
        _peer(work, "data-designer", "data-designer", "data_designer_describe.py", _final_rows,
              lambda task: ["--buffer-size", "100"] if task.workload.kill_after else []),
        _peer(work, "curator", "curator", "curator_describe.py", _final_rows),
    ]


def environment(out: Path) -> dict[str, str]:
    """The whole environment of a client: caches below `out`, no telemetry, no proxies."""
    home = out / "home"
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(home),
        "TMPDIR": str(home),
        "OPENAI_API_KEY": "local",
        "DO_NOT_TRACK": "1",
        "TELEMETRY_ENABLED": "false",
        "NEMO_TELEMETRY_ENABLED": "false",
        "HF_HUB_OFFLINE": "1",
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }


def _tamis(binary: Path) -> Entrant:
    def command(task: Task) -> list[str]:
        models = task.out / "models.yaml"
        template = (BENCH / "models.template.yaml").read_text()
        task.out.mkdir(parents=True, exist_ok=True)
        bound = template.replace("{base_url}", task.base_url).replace("{concurrency}", str(task.workload.concurrency))
        models.write_text(bound)
        return [str(binary), "run", str(BENCH / "recipes" / "describe"), "--input", str(task.rows),
                "--models", str(models), "--out", str(task.out / "run")]

    def delivered(out: Path) -> Iterator[tuple[int, str | None]]:
        export = [str(binary), "export", str(out / "run"), "--to", "jsonl", "--out", str(out.parent / "tamis-export.jsonl")]
        subprocess.run(export, env=environment(out.parent), stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        exported = out.parent / "tamis-export.jsonl"
        for record in _json_lines(exported.glob("*.jsonl") if exported.is_dir() else [exported]):
            yield int(record["row"]), record.get("description")

    return Entrant("tamis", command, delivered, warm_up=[str(binary), "--version"])


def _peer(work: Path, name: str, venv: str, script: str, delivered, extra=(), only=(), note="") -> Entrant:
    python = [str(work / f"venv-{venv}" / "bin" / "python"), str(BENCH / "peers" / script)]

    def command(task: Task) -> list[str]:
        more = extra(task) if callable(extra) else list(extra)
        return [*python, "--rows", str(task.rows), "--base-url", task.base_url, "--out", str(task.out),
                "--concurrency", str(task.workload.concurrency), *more]

    return Entrant(name, command, delivered, venv=venv, only=only, note=note, warm_up=python)


def _datatrove_rows(out: Path) -> Iterator[tuple[int, str | None]]:
    for record in _json_lines((out / "results").glob("*.jsonl*")):
        rollouts = record["metadata"].get("rollout_results") or [{}]
        yield int(record["id"]), rollouts[0].get("text")


def _final_rows(out: Path) -> Iterator[tuple[int, str | None]]:
    for record in _json_lines([out / "final.jsonl"]):
        yield int(record["row"]), record.get("description")


def _json_lines(paths) -> Iterator[dict]:
    for path in sorted(paths):
        if not path.exists():
            continue
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
            for line in lines:
                if line.strip():
                    yield json.loads(line)


def install(venv: Venv, work: Path) -> str:
    """Makes the environment unless it is there; returns a note on anything unusual, or ''."""
    folder = work / f"venv-{venv.name}"
    done = folder / "bench-installed.json"
    wanted = [*venv.requirements, venv.relaxed]
    if done.exists() and json.loads(done.read_text())["wanted"] == wanted:
        return json.loads(done.read_text())["note"]
    print(f"installing {venv.package} ...", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    note = _install_packages(venv, folder / "bin" / "python")
    done.write_text(json.dumps({"wanted": wanted, "note": note}))
    return note


def _install_packages(venv: Venv, python: Path) -> str:
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    result = subprocess.run([*pip, *venv.requirements], capture_output=True, text=True)
    if result.returncode == 0:
        return ""
    if not venv.relaxed or venv.relaxed not in result.stderr:
        raise RuntimeError(f"{venv.package} cannot be installed:\n{result.stderr[-2000:]}")
    subprocess.run([*pip, "--no-deps", *venv.family], check=True)
    needed = _requirements_without(python, venv)
    subprocess.run([*pip, *needed], check=True, stderr=subprocess.DEVNULL)
    return (f"{venv.package}: its requirement on {venv.relaxed} could not be met by the package index and was dropped; "
            f"installed: {venv.relaxed} {version(python, venv.relaxed)}")


def _requirements_without(python: Path, venv: Venv) -> list[str]:
    """The declared requirements of the family, less the relaxed one and the family itself."""
    names = [member.split("==")[0] for member in venv.family]
    script = f"import importlib.metadata as m, json; print(json.dumps([r for n in {names} for r in m.requires(n) or []]))"
    declared = json.loads(subprocess.run([python, "-c", script], check=True, capture_output=True, text=True).stdout)
    return [line for line in declared if "extra ==" not in line and not line.startswith((*names, venv.relaxed))]


def version(python: Path, package: str) -> str:
    script = f"import importlib.metadata as m; print(m.version({package!r}))"
    return subprocess.run([python, "-c", script], check=True, capture_output=True, text=True).stdout.strip()
