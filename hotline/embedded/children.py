"""A child process that ends with its parent, says what it says through one mouth, and is ended as a whole.

It leads its own process group. Launch from the main thread only: the kernel ties the child's life to the thread that
started it.
"""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from signal import Signals
from typing import IO, Any

PR_SET_PDEATHSIG = 1
Say = Callable[[str, str], None]


@dataclass(frozen=True)
class Program:
    """What to run: its environment is complete (nothing is inherited), `farewell` asks it to end in order."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    stdin: bytes | None = field(default=None, repr=False)
    farewell: Signals = Signals.SIGTERM
    account: int | None = None


def quiet(name: str, line: str) -> None:
    """A mouth that stays shut."""


class Child:
    """One run after another of one program."""

    def __init__(self, program: Program, say: Say = quiet) -> None:
        self.program = program
        self.say = say
        self.last_words: deque[str] = deque(maxlen=20)
        self.exit_code: int | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._mouth: threading.Thread | None = None

    @property
    def pid(self) -> int | None:
        """The running process, which is also its group; None while there is none."""
        return self._process.pid if self._process else None

    def launch(self) -> None:
        """Starts the program; what it prints goes to `say`, line by line."""
        program = self.program
        self._process = subprocess.Popen(
            program.argv,
            env=dict(program.env),
            stdin=subprocess.DEVNULL if program.stdin is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=_ends_with(os.getpid(), program.farewell),
            **as_account(program.account),
        )
        self._mouth = threading.Thread(target=self._repeat, args=(self._process.stdout,), daemon=True)
        self._mouth.start()
        if program.stdin is not None:
            self._tell(program.stdin)

    def alive(self) -> bool:
        """True while the program runs; once it has ended, whatever is left of its group is ended too."""
        if self._process is None:
            return False
        # Looked at without reaping: until then the group's number cannot become somebody else's.
        if os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return True
        self._bury()
        return False

    def ask_to_end(self) -> None:
        """The farewell, without waiting."""
        if self._process:
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, self.program.farewell)

    def end(self, within: float = 4.0) -> None:
        """Ended in order within that many seconds, or killed with its whole group."""
        self.ask_to_end()
        self.finish(within)

    def finish(self, within: float) -> None:
        """Waits that long for a child that was asked to end, then kills what is left of its group."""
        deadline = time.monotonic() + within
        while self.alive() and time.monotonic() < deadline:
            time.sleep(0.02)
        if self._process:
            self._bury()

    def _bury(self) -> None:
        assert self._process is not None
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self.exit_code = self._process.wait()
        if self._mouth:
            self._mouth.join(timeout=1)
        self._process = None

    def _tell(self, said: bytes) -> None:
        assert self._process is not None
        assert self._process.stdin is not None
        with suppress(BrokenPipeError), self._process.stdin as mouth:
            mouth.write(said)

    def _repeat(self, pipe: IO[bytes] | None) -> None:
        assert pipe is not None
        with pipe:
            for raw in pipe:
                line = raw.decode("utf-8", "replace").rstrip()
                self.last_words.append(line)
                self.say(self.program.name, line)


def as_account(uid: int | None) -> dict[str, Any]:
    """What subprocess needs to run something as that user."""
    if uid is None or uid == os.geteuid():
        return {}
    return {"user": uid, "group": pwd.getpwuid(uid).pw_gid, "extra_groups": []}


def _ends_with(parent: int, farewell: Signals) -> Callable[[], None] | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)

    def tie() -> None:
        # Changing account clears this, so it comes last; and the parent may have ended meanwhile.
        libc.prctl(PR_SET_PDEATHSIG, int(farewell), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie
