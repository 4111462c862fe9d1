"""The workloads: what is asked, of which server, and when the client is killed."""

from dataclasses import dataclass

FAULTS = ("--max-in-flight", "16", "--retry-after-s", "1", "--error-share", "0.02")
# About 200, a quarter of a batch of 100 before and after a full batch: an engine that resumes by batches
# is caught neither at its best moment nor at its worst.
KILLS = (175, 225)


@dataclass(frozen=True)
class Workload:
    """`ideal_s` is the traffic time of a perfect client. `kill_after` counts answers on the server;
    the repeats of a run take its values in turn."""

    name: str
    about: str
    rows: int = 400
    concurrency: int = 64
    latency_ms: int = 200
    faults: tuple[str, ...] = ()
    kill_after: tuple[int, ...] = ()
    ideal_s: float | None = None

    def server_flags(self) -> list[str]:
        return ["--latency-ms", str(self.latency_ms), *self.faults, "--seed", "1"]


WORKLOADS = [
    Workload("L", "200 ms per answer, 64 in flight", ideal_s=1.25),
    Workload("L0", "answers at once, 64 in flight: what the client costs", latency_ms=0),
    Workload("L429", "as L, but 429 above 16 in flight and 2 % of 500", faults=FAULTS, ideal_s=5.0),
    Workload("K", "8 in flight, SIGKILL after 175 or 225 answers (in turn), run again", concurrency=8, kill_after=KILLS, ideal_s=10.0),
    Workload("K429", "as K, on the server of L429", concurrency=8, kill_after=KILLS, faults=FAULTS, ideal_s=10.2),
    Workload("ERR", "6 rows, every answer is a 500", rows=6, latency_ms=0, faults=("--error-share", "1.0")),
]
