"""Processes, as the kernel counts them: CPU time and memory."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def cpu_seconds(pid: int) -> float:
    """CPU time of all threads of a process, user and system; 0 where it is gone.

    To the nanosecond where the kernel keeps `schedstat`, else in its ticks of 10 ms.
    """
    folder = Path(f"/proc/{pid}")
    with contextlib.suppress(OSError):
        threads = folder.glob("task/*/schedstat")
        spent = [int(thread.read_text().split()[0]) for thread in threads]
        if any(spent):
            return sum(spent) / 1e9
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def resident_mb(pid: int) -> float:
    """The memory that a process holds, in MB of 1,000,000 bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
