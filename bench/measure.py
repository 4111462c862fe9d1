"""Runs one client as a process group and measures it: wall, CPU, resident memory, disk."""

import os
import select
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
SAMPLE_S = 0.1


@dataclass
class Usage:
    """What one process tree used. Seconds and bytes; `exit_code` is None if it was killed here."""

    wall_s: float
    cpu_s: float
    peak_rss: int
    exit_code: int | None
    timed_out: bool = False


class Client:
    """A client program in a session of its own, so that all it starts can be measured and killed."""

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path, log: Path):
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                command, env=environment, cwd=folder, stdin=subprocess.DEVNULL,
                stdout=sink, stderr=subprocess.STDOUT, start_new_session=True,
            )
        self.started = time.monotonic()
        self.end = os.pidfd_open(self.process.pid)  # readable when it has ended
        self.peak_rss = 0

    def wait(self, timeout_s: float, stop_when=lambda: False) -> Usage:
        """Waits for the end, for `stop_when`, or for the time limit; the latter two kill the group."""
        try:
            return self._watch(timeout_s, stop_when)
        except BaseException:  # the race itself is being stopped: leave nothing running
            if self.process.returncode is None:
                self._kill(timed_out=False)
            raise

    def _watch(self, timeout_s: float, stop_when) -> Usage:
        while True:
            pid, status, usage = os.wait4(self.process.pid, os.WNOHANG)
            if pid:
                return self._finish(status, usage, killed=False)
            elapsed = time.monotonic() - self.started
            if elapsed > timeout_s or stop_when():
                return self._kill(timed_out=elapsed > timeout_s)
            self.peak_rss = max(self.peak_rss, sum(rss for _, rss in _session(self.process.pid)))
            select.select([self.end], [], [], SAMPLE_S if elapsed > 1 else SAMPLE_S / 5)

    def _kill(self, timed_out: bool) -> Usage:
        os.killpg(self.process.pid, signal.SIGKILL)
        _, status, usage = os.wait4(self.process.pid, 0)
        return self._finish(status, usage, killed=True, timed_out=timed_out)

    def _finish(self, status: int, usage, killed: bool, timed_out: bool = False) -> Usage:
        wall_s = time.monotonic() - self.started
        os.close(self.end)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        for pid, _ in _session(self.process.pid):  # what the client left behind
            _kill_one(pid)
        return Usage(
            wall_s=wall_s,
            cpu_s=usage.ru_utime + usage.ru_stime,
            peak_rss=max(self.peak_rss, usage.ru_maxrss * 1024),
            exit_code=None if killed else self.process.returncode,
            timed_out=timed_out,
        )


def wait_for_quiet(max_load: float | None, patience_s: float = 180) -> None:
    """With a limit, waits until the machine's one-minute load is below it, but not for ever."""
    deadline = time.monotonic() + patience_s
    while max_load is not None and os.getloadavg()[0] > max_load and time.monotonic() < deadline:
        time.sleep(2)


def written_bytes(folder: Path) -> int:
    """Bytes of all files below `folder`, each inode once."""
    files = {}
    for root, _, names in os.walk(folder):
        for name in names:
            status = os.lstat(os.path.join(root, name))
            files[status.st_dev, status.st_ino] = status.st_size
    return sum(files.values())


def _session(leader: int) -> list[tuple[int, int]]:
    """(pid, resident bytes) of each live process in the session that `leader` started."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = Path("/proc", entry, "stat").read_text()
        except OSError:
            continue
        fields = stat[stat.rindex(")") + 2:].split()
        if int(fields[3]) == leader and fields[0] != "Z":
            found.append((int(entry), int(fields[21]) * PAGE))
    return found


def _kill_one(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
