"""An engine that is meant to run, and one that does."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event

from hotline.embedded.children import Child, Program

PATIENCE = 20.0


class EngineFailed(Exception):
    """An embedded engine did not come up; the text says what it said."""


@dataclass(frozen=True)
class Engine:
    """What to run, where it will answer, and how to see that it does."""

    program: Program
    url: str = field(repr=False)
    answers: Callable[[str], bool]


@dataclass(frozen=True)
class Running:
    """An engine that answers."""

    url: str = field(repr=False)
    child: Child

    @property
    def pid(self) -> int | None:
        """Whom to stop or kill, in a test of what then happens."""
        return self.child.pid

    def stop(self) -> None:
        """Ended in order."""
        self.child.end()


def launch(engine: Engine, child: Child, patience: float = PATIENCE, told_to_end: Event | None = None) -> Running:
    """Launched until it answers: a server whose killed predecessor still ends refuses to start at first."""
    told_to_end = told_to_end or Event()
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and not told_to_end.is_set():
        if not child.alive():
            child.launch()
        if engine.answers(engine.url):
            return Running(engine.url, child)
        told_to_end.wait(0.05)
    child.end()
    said = " | ".join(child.last_words)[-500:]
    raise EngineFailed(f"{engine.program.name} did not answer within {patience:g} s; it said: {said}")
