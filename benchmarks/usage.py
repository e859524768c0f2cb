"""What a process has used so far, its start and its imports included."""

import resource
from pathlib import Path


def cpu_s() -> float:
    """Seconds of all cores."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def peak_mb() -> float:
    """Greatest resident memory; not ru_maxrss, which a process takes over from the one that starts it."""
    status = Path("/proc/self/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
