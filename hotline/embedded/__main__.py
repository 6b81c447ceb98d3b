"""`python -m hotline.embedded DIR --until PID`: both engines while another process lives, then all is thrown away.

For test runs: several processes share the engines, and none of them need be the last to end. The addresses are written,
closed to others, to DIR/urls.json once both answer.
"""

import argparse
import os
import select
import signal
from pathlib import Path
from threading import Event

from hotline.embedded import places, postgres, valkey


def main() -> None:
    """Runs until that process has ended, or SIGTERM."""
    asked = argparse.ArgumentParser(description="PostgreSQL and Valkey while another process lives")
    asked.add_argument("data", type=Path)
    asked.add_argument("--until", type=int, required=True, metavar="PID")
    words = asked.parse_args()
    told_to_end = Event()
    signal.signal(signal.SIGTERM, lambda *_: told_to_end.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep(words.data, words.until, told_to_end)


def keep(data: Path, until: int, told_to_end: Event) -> None:
    """Both engines answering while that process lives; nothing is left of them afterwards."""
    running = [postgres.start(data), valkey.start(data)]
    try:
        urls = {"database": running[0].url, "redis": running[1].url}
        pids = {"database_pid": running[0].pid, "redis_pid": running[1].pid}
        places.write_private(data / "urls.json", urls | pids)
        _wait_for_the_end(until, told_to_end)
    finally:
        for engine in running:
            engine.stop()
        places.discard(data)


def _wait_for_the_end(pid: int, told_to_end: Event) -> None:
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    while not told_to_end.is_set() and not select.select([watched], [], [], 0.5)[0]:
        pass


if __name__ == "__main__":
    main()
