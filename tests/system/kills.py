"""One story per cell of the table of kills: people with habits, a moment at which something is killed, and what holds.

Nobody in a story waits for what a plan says comes next: each telephone does what its holder would do on hearing or
reading this, so that a story goes on whatever was killed, by whichever way the line finds.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import quote

import psycopg
import redis

from tests.system.conftest import Town
from tests.system.telephone import Device, plain

Deed = str | Callable[["Story", Device], object]
Sign = Literal["hears", "reads", "rings", "answers", "asks"]
QUEUES = {"urgent": ("urgent",), "work": ("work",), "workers": ("urgent", "work")}
LONGEST = 60.0  # seconds of the wall for one story: a lease of 20 s may have to end, twice
TALKS_EVERY, DIALS_EVERY, LOOKS_EVERY = 0.3, 1.0, 0.1
AFTERWARDS = 0.6  # seconds of the wall in which nothing more may happen: twelve of the line's
SPEAKS = 15  # how often a responder speaks without hearing anything before they hang up
PATIENCE = 4  # how often a responder hears that nobody is there before they hang up


@dataclass(frozen=True)
class Step:
    """A moment of a path: who shows it (`person`, `team`, or the carrier who is asked), by what sign."""

    name: str
    who: Literal["person", "team", "carrier"]
    sign: Sign
    words: str = ""


@dataclass(frozen=True)
class Path:
    """A path: how it begins, what its people do, what counts as confirmed, when it is over, and what must hold then."""

    name: str
    begins: Callable[["Story"], object]
    person: Mapping[str, Deed]
    team: Mapping[str, Deed]
    confirms: str
    over: Callable[["Story"], bool]
    holds: Callable[["Story"], str]
    steps: tuple[Step, ...]

    def step(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)


# ── what is killed ────────────────────────────────────────────────────────────────────────────────────────────────


def kill(line: Town, what: str) -> None:
    """kill -9; with Redis all that it held; `weather`: the carrier takes the next request and never says so."""
    if what == "weather":
        line.telephone.weather({"match": {"method": "POST"}, "answer": "timeout_after_accepting"})
    elif what == "redis":
        with suppress(redis.RedisError), redis.Redis.from_url(line.up.settings["REDIS_URL"]) as client:
            client.flushall()
        line.up.kill("redis")
    else:
        names = {"workers": ("urgent", "worker", "sweep"), "work": ("worker",)}.get(what, (what,))
        line.up.kill(*names)
        _leases_end(line, QUEUES.get(what, ()))


def _leases_end(line: Town, queues: Iterable[str]) -> None:
    """Whoever had claimed these is dead: their leases of the wall end now, and not in twenty seconds."""
    for queue in queues:
        line.up.sql("update work set lease_until = now() where state = 'claimed' and queue = %s", queue)


# ── one story ─────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Actor:
    """A telephone, and how far its events have been read."""

    device: Device
    after: int = 0
    met: bool = False
    spoken: int = 0  # since they last heard anything

    def news(self, line: Town) -> list[dict[str, Any]]:
        path = f"/sim/handsets/{quote(self.device.number)}/events?after={self.after}&wait=0"
        found: list[dict[str, Any]] = line.telephone.ask("GET", path)["events"]
        self.after += len(found)
        return found


@dataclass
class Story:
    """One cell: this path, with that killed at this moment."""

    line: Town
    path: Path
    person: Actor
    step: Step | None
    what: str
    team: list[Actor] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)  # by the person, spoken or written, in order
    texts: list[str] = field(default_factory=list)  # to the person
    rings: int = 0  # of the person's telephone
    calls: int = 0  # that the person made
    killed: bool = False
    met: bool = False
    done_by_human: bool = False
    talking: bool = False
    in_call: bool = False
    log: list[str] = field(default_factory=list)
    notes: dict[str, Any] = field(default_factory=dict)
    _talked_at: float = 0.0
    _asked: int = 0

    @property
    def confirmed(self) -> bool:
        return self.has_heard(self.path.confirms)

    def has_heard(self, words: str) -> bool:
        return any(plain(words) in each for each in self.heard)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What SQL answers, as soon as it answers."""
        with suppress(psycopg.Error):
            return self.line.up.sql(statement, *values)
        return []

    # ── telling ───────────────────────────────────────────────────────────────────────────────────────────────────

    def tell(self) -> str:
        """From the first ring to the end: a word on how it ended; AssertionError where it does not."""
        self.team = [Actor(each) for each in (self.line.first, self.line.deputy, self.line.fallback)]
        for actor in (self.person, *self.team):
            actor.news(self.line)
        self.notes["before"] = self._newest()
        self.path.begins(self)
        began = looked = dialled = time.monotonic()
        while True:
            busy, now = self._round(), time.monotonic()
            if now - looked > LOOKS_EVERY:
                looked = now
                if (self.killed or self.step is None) and self.path.over(self) and self._settled():
                    break
            if self._cut_off() and now - dialled > DIALS_EVERY:
                dialled = now
                self.calls += 1
                self._does("dials again", lambda: self.path.begins(self))
            assert now - began < LONGEST, self.told(f"no end in {LONGEST:g} s")
            if not busy:
                time.sleep(0.02)
        self._afterwards()
        assert self.killed or self.step is None, self.told("the moment never came")
        word = self.path.holds(self)
        assert not word.startswith("NOT"), self.told(word)
        return word

    def _newest(self) -> dict[str, int]:
        tables = ("pages", "callbacks", "tips", "messages", "contacts", "tip_parts")
        return {name: self.line.up.sql(f"select coalesce(max(id), 0) from {name}")[0][0] for name in tables}

    def since(self, table: str) -> int:
        """The newest id of that table before the story."""
        return int(self.notes["before"][table])

    def _settled(self) -> bool:
        """Nobody is at a row any more: what a lease's end brings has been brought."""
        return self.sql("select count(*) from work where state = 'claimed'") == [(0,)]

    def _afterwards(self) -> None:
        until = time.monotonic() + AFTERWARDS
        while time.monotonic() < until:
            self._round()
            time.sleep(0.02)

    def _cut_off(self) -> bool:
        """The call fell before anything was confirmed or anybody came: whoever needs the line calls again."""
        calls = not self.in_call and self.calls > 0
        return calls and not self.confirmed and not self.met and not self.notes.get("gone")

    # ── what each does ────────────────────────────────────────────────────────────────────────────────────────────

    def _round(self) -> bool:
        busy = self._carrier()
        for actor in (self.person, *self.team):
            for event in actor.news(self.line):
                busy = True
                self.log.append(f"{event['at'][11:22]} {actor.device.number[-4:]} {event['kind']} {_words(event)}")
                (self._person if actor is self.person else self._team)(actor, event)
        if self.talking and time.monotonic() - self._talked_at > TALKS_EVERY:
            self._talked_at = time.monotonic()
            for actor in self.team:
                if actor.met:
                    self._does("", lambda actor=actor: self._speaks(actor))  # type: ignore[misc]
        return busy

    def _speaks(self, actor: Actor) -> None:
        """Until they are heard; whom nobody answers any more hangs up."""
        actor.spoken += 1
        if actor.spoken > SPEAKS:
            actor.device.hangs_up()
        else:
            actor.device.says("bonsoir")

    def _carrier(self) -> bool:
        if self.killed or self.step is None or self.step.who != "carrier":
            return False
        method, part = self.step.words.split()
        asked = self.line.telephone.ledger("rest")
        if any(entry["method"] == method and part in entry["path"] for entry in asked):
            self._moment("carrier", "asks", self.step.words)
        return False

    def _person(self, actor: Actor, event: dict[str, Any]) -> None:
        kind, words = event["kind"], _words(event)
        if kind == "ringing":
            self.rings += 1
            self._moment("person", "rings", "")
            self.in_call = True
            self._does("answers", actor.device.answers)
        elif kind == "dialling":
            self.in_call = True
        elif kind == "ended":
            self.in_call = False
        elif kind in ("heard", "text"):
            self.heard.append(plain(words))
            if kind == "text":
                self.texts.append(words)
            self.met = self.met or plain(words) == "bonsoir"
            self._moment("person", "hears" if kind == "heard" else "reads", words)
            self._habit("person", self.path.person, actor, words)

    def _team(self, actor: Actor, event: dict[str, Any]) -> None:
        kind, words = event["kind"], _words(event)
        if kind == "ringing":
            self._moment("team", "rings", "")
            self._does("answers", actor.device.answers)
        elif kind == "ended":
            actor.met, actor.spoken = False, 0
        elif kind == "heard":
            actor.spoken = 0
            self._moment("team", "hears", words)
            self._habit("team", {**TEAM, **self.path.team}, actor, words)

    def _habit(self, who: str, habits: Mapping[str, Deed], actor: Actor, words: str) -> None:
        marker = next((each for each in habits if plain(each) in plain(words)), None)
        if marker is None:
            return
        deed = habits[marker]
        if isinstance(deed, str):
            self._does(f"presses {deed}", lambda: actor.device.presses(deed))
        else:
            self._does("", lambda: deed(self, actor.device))
        self._moment(who, "answers", marker)

    def _does(self, what: str, deed: Callable[[], object]) -> None:
        """A key into a call that has just fallen is nobody's fault."""
        with suppress(AssertionError):
            deed()
            if what:
                self.log.append(f"             {what}")

    def _moment(self, who: str, sign: str, words: str) -> None:
        """The step asked for is here: now."""
        step = self.step
        if self.killed or step is None or (step.who, step.sign) != (who, sign) or plain(step.words) not in plain(words):
            return
        self.killed = True
        self.log.append(f"             ✗ {self.what} killed: {step.name}")
        kill(self.line, self.what)

    def told(self, why: str) -> str:
        """Why it failed, and all that happened."""
        asked = (
            "select 'work', id, kind, queue, subject_id, state, attempts, outcome from work order by id desc limit 12",
            "select 'page', id, state, outcome, callback_id, person_gone_at from pages order by id desc limit 2",
            "select 'callback', id, state, outcome, windows, due_at from callbacks order by id desc limit 2",
            "select 'attempt', id, page_id, state, error_code from attempts order by id desc limit 4",
            "select 'leg', id, callback_id, state, outcome from callback_attempts order by id desc limit 2",
            "select 'part', id, tip_id, kind, state, erased_at from tip_parts order by id desc limit 3",
            "select 'message', id, direction, state, error_code from messages order by id desc limit 4",
        )
        rows = "\n".join(str(row) for one in asked for row in self.sql(one))
        said = "\n".join(list(self.line.up.said)[-25:])
        return f"{why}\n" + "\n".join(self.log) + f"\nrows:\n{rows}\nthe processes said:\n{said}"


def talk(story: Story, device: Device) -> None:
    """The responder is in the room, or soon: they speak until they are heard."""
    story.talking = True
    for actor in story.team:
        if actor.device is device:
            actor.met = True


def accept(story: Story, device: Device) -> None:
    """1, and they speak: after the last resort nothing says that the two are joined."""
    device.presses("1")
    talk(story, device)


def wait_a_while(story: Story, device: Device) -> None:
    """Alone in a room, a responder stays a while, then hangs up."""
    story.notes["alone"] = story.notes.get("alone", 0) + 1
    if story.notes["alone"] % PATIENCE == 0:
        device.hangs_up()


def finish(story: Story, device: Device) -> None:
    """A human has dealt with it, and says so."""
    device.presses("3")
    story.done_by_human = True


def _words(event: dict[str, Any]) -> str:
    return str(event.get("text") or event.get("body") or "")


# What every responder does, whatever it is about.
TEAM: Mapping[str, Deed] = {
    "Pour accepter, le un": "1",
    "Pour répondre, le un": accept,
    "Pour lui répondre, le un": accept,
    "La personne est en ligne": talk,
    "La personne a raccroché": finish,
    "La personne n'est pas encore dans l'appel": wait_a_while,
}
