"""Handsets: telephones that people and tests hold. A number without a handset rings until its time-out."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from hotline.simulator.clock import LineClock
from hotline.simulator.leg import Leg

BEHAVIOURS = ("hand", "voicemail", "busy", "off", "answers_and_says_nothing", "fax")
ANSWERS_AFTER = {"voicemail": 20.0, "answers_and_says_nothing": 3.0, "fax": 3.0}
GREETING = "Vous avez joint la boîte vocale. Laissez un message."
STATES = {"queued": "ringing", "ringing": "ringing", "in-progress": "in-progress"}


@dataclass
class Handset:
    number: str
    clock: LineClock
    behaviour: str = "hand"
    after: float | None = None
    greeting: str = GREETING
    legs: list[Leg] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    decision: "asyncio.Future[str] | None" = None

    @property
    def on(self) -> bool:
        return self.behaviour != "off"

    @property
    def current(self) -> Leg | None:
        return next((leg for leg in reversed(self.legs) if leg.live), None)

    def note(self, kind: str, **details: Any) -> None:
        self.events.append({"seq": len(self.events) + 1, "at": self.clock.now().isoformat(), "kind": kind, **details})
        self.changed.set()
        self.changed = asyncio.Event()

    def takes(self, leg: Leg) -> None:
        self.legs.append(leg)
        leg.on_change = self._chain(leg)

    def _chain(self, leg: Leg) -> Any:
        before = leg.on_change

        def both(changed: Leg, kind: str, details: dict[str, Any]) -> None:
            self.note(kind, call=changed.sid, **details)
            before(changed, kind, details)

        return both

    async def ring(self, leg: Leg, seconds: float, behaviour: str = "", after: float | None = None) -> str:
        """How the ringing ends: answered, busy or no-answer. One call at a time: a second one finds it busy."""
        leg.answers_as = behaviour or self.behaviour
        if leg.answers_as == "busy" or self.current is not None:
            return "busy"
        self.takes(leg)
        self.note("ringing", call=leg.sid)
        self.decision = decision = asyncio.get_running_loop().create_future()
        usual = self.after if self.after is not None else ANSWERS_AFTER.get(leg.answers_as, seconds)
        wait = after if after is not None else usual
        own = wait < seconds and leg.answers_as in ANSWERS_AFTER
        try:
            outcome: str = await asyncio.wait_for(decision, min(wait, seconds) / self.clock.pace)
            leg.answers_as = "hand"
            return outcome
        except TimeoutError:
            return "answered" if own else "no-answer"
        finally:
            self.decision = None

    def decide(self, outcome: str) -> bool:
        if self.decision is None or self.decision.done():
            return False
        self.decision.set_result(outcome)
        return True

    def view(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "behaviour": self.behaviour,
            "calls": [self._call(leg) for leg in self.legs],
            "texts": self.texts,
            "last_event": len(self.events),
        }

    def _call(self, leg: Leg) -> dict[str, Any]:
        outgoing = leg.direction == "inbound"
        return {
            "sid": leg.sid,
            "direction": "outgoing" if outgoing else "incoming",
            "other": leg.to if outgoing else leg.from_,
            "status": STATES.get(leg.status, "ended"),
            "outcome": leg.status,
            "heard": leg.heard,
            "conference": leg.room,
            "alone": leg.alone if leg.room is not None else leg.bridge is None,
            "queue": leg.queue,
            "recording": leg.spoken is not None,
            "muted": leg.muted,
            "on_hold": leg.on_hold,
        }
