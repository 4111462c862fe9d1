"""From single runs to one table: medians with their range, as text and as JSON."""

import json
import os
import platform
from pathlib import Path
from statistics import median

from workloads import Workload

# column: (heading, key of a run, how to print one value)
COLUMNS = [
    ("wall s", "wall_s", lambda v: f"{v:.1f}"),
    ("traffic s", "traffic_s", lambda v: f"{v:.2f}"),
    ("CPU s", "cpu_s", lambda v: f"{v:.2f}"),
    ("req/CPU s", "requests_per_cpu_s", lambda v: f"{v:.0f}"),
    ("RSS MB", "peak_rss_bytes", lambda v: f"{v / 1e6:.0f}"),
    ("disk MB", "disk_bytes", lambda v: f"{v / 1e6:.2f}"),
    ("429s", "refused", lambda v: f"{v:.0f}"),
    ("500s", "errors", lambda v: f"{v:.0f}"),
    ("rows", "delivered", lambda v: f"{v:.0f}"),
    ("paid twice", "paid_twice", lambda v: f"{v:.0f}"),
]


def assemble(runs: list[dict], workloads: list[Workload], versions: dict, notes: list[str], inputs: dict) -> dict:
    """Everything that --json writes. No path of the machine is in it."""
    return {
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "processor": _processor(),
            "system": f"{platform.system()} {platform.machine()}",
            "python": platform.python_version(),
        },
        "versions": versions,
        "notes": notes,
        "inputs": inputs,
        "workloads": {w.name: {"about": w.about, "ideal_traffic_s": w.ideal_s, "rows": w.rows} for w in workloads},
        "summary": [_summary(group) for group in _groups(runs)],
        "runs": runs,
    }


def table(result: dict) -> str:
    """The one table: a block of lines for each workload, an entrant to a line."""
    heading = ["workload", "entrant", *(title for title, _, _ in COLUMNS), "ending"]
    lines, last = [heading], None
    for entry in result["summary"]:
        name = entry["workload"] if entry["workload"] != last else ""
        last = entry["workload"]
        cells = [_cell(entry[key], show) for _, key, show in COLUMNS]
        lines.append([name, entry["entrant"], *cells, entry["status"]])
    widths = [max(len(line[i]) for line in lines) for i in range(len(heading))]
    body = []
    for number, line in enumerate(lines):
        if number and line[0]:
            body.append("-" * (sum(widths) + 2 * (len(widths) - 1)))
        body.append("  ".join(_pad(cell, width, i) for i, (cell, width) in enumerate(zip(line, widths))).rstrip())
    return "\n".join([*body, "", *_legend(result)])


def progress(run: dict) -> str:
    cells = " ".join(f"{title}={_cell({'median': run[key], 'min': run[key], 'max': run[key]}, show)}"
                     for title, key, show in COLUMNS if run[key] is not None)
    return f"{run['workload']} {run['entrant']} #{run['repeat']}: {run['status']}; {cells}"


def write_json(result: dict, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n")


def _summary(group: list[dict]) -> dict:
    endings = list(dict.fromkeys(run["status"] for run in group))
    summary = {"workload": group[0]["workload"], "entrant": group[0]["entrant"], "repeats": len(group),
               "status": " / ".join(endings)}
    for key in [key for _, key, _ in COLUMNS] + ["answered", "answered_at_kill", "lost", "duplicated", "empty"]:
        values = [run[key] for run in group if run[key] is not None]
        summary[key] = {"median": median(values), "min": min(values), "max": max(values)} if values else None
    return summary


def _groups(runs: list[dict]) -> list[list[dict]]:
    """Runs of the same workload and entrant, in the order they were first run."""
    groups: dict = {}
    for run in runs:
        groups.setdefault((run["workload"], run["entrant"]), []).append(run)
    return list(groups.values())


def _cell(value: dict | None, show) -> str:
    if value is None:
        return "-"
    middle, low, high = show(value["median"]), show(value["min"]), show(value["max"])
    return middle if low == high else f"{middle} ({low}-{high})"


def _pad(cell: str, width: int, column: int) -> str:
    return cell.ljust(width) if column < 2 or column == len(COLUMNS) + 2 else cell.rjust(width)


def _legend(result: dict) -> list[str]:
    lines = [f"{name}: {facts['about']}" + (f"; ideal traffic {facts['ideal_traffic_s']} s" if facts["ideal_traffic_s"] else "")
             for name, facts in result["workloads"].items()]
    machine = result["machine"]
    loads = [run["load_before"] for run in result["runs"]]
    lines.append(f"Inputs: {result['inputs']['rows']} JPEGs, {result['inputs']['image_bytes'] / 1e6:.1f} MB in all. "
                 "Cells: median (min-max). K: wall and CPU are the sum of both runs; '429s', 'paid twice' count both.")
    lines.append(f"Machine: {machine['cores']} cores, {machine['processor']}, {machine['system']}, Python {machine['python']}; "
                 f"load before the runs {min(loads):.1f}-{max(loads):.1f}.")
    lines.append("Versions: " + ", ".join(f"{name} {version}" for name, version in result["versions"].items()))
    return lines + [f"Note: {note}" for note in result["notes"]]


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown processor"
