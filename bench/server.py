"""The model server of the race, `tamis sim`: a fresh process for each run, asked for its counts."""

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

START_S = 20


class Server:
    """Use as a context manager. Every count the race reports about traffic comes from `stats`."""

    def __init__(self, sim: Path, flags: list[str], log: Path):
        self.port = _free_port()
        self.command = [str(sim), "sim", "--port", str(self.port), *flags]
        self.log = log

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def __enter__(self) -> "Server":
        with self.log.open("ab") as sink:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def stats(self) -> dict:
        return json.loads(self._call("GET", "/stats"))

    def settle(self, limit_s: float = 5) -> None:
        """Waits until no request is in flight: after a kill, the server still finishes what it began."""
        deadline = time.monotonic() + limit_s
        while self.stats()["in_flight"] and time.monotonic() < deadline:
            time.sleep(0.05)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_S
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended at once with exit code {self.process.returncode}; see {self.log.name}")
            try:
                self._call("POST", "/reset")
                return
            except (urllib.error.URLError, ConnectionError):
                if time.monotonic() > deadline:
                    raise RuntimeError(f"the server did not answer within {START_S} s; see {self.log.name}")
                time.sleep(0.05)

    def _call(self, method: str, path: str) -> bytes:
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method)
        with opener.open(request, timeout=5) as response:
            return response.read()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
