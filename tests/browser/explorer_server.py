"""An explorer for tests: the real command, in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Served:
    """A running explorer."""

    address: str
    process: subprocess.Popen[str]

    def interrupt(self) -> tuple[int, str]:
        """Ctrl-C; the exit code, and what it had to say on standard error."""
        self.process.send_signal(signal.SIGINT)
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


@contextmanager
def serving(scenario: str) -> Iterator[Served]:
    """The explorer of a scenario, on a port that is free."""
    command = [sys.executable, "-m", "foedus", "explore", scenario, "--no-open"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    )
    watch = threading.Timer(60, process.kill)
    watch.start()
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.match(r"(http://\S+)/\?scenario=", line)
        assert found, f"{line}{process.stderr.read() if process.stderr else ''}"
        watch.cancel()
        yield Served(found[1], process)
    finally:
        watch.cancel()
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
