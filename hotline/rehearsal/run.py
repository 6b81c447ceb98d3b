"""A rehearsal from beginning to end: its line, everybody on stage, a clock that may jump, the report."""

import json
import signal
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from hotline.rehearsal.actors import PersonActor, ResponderActor
from hotline.rehearsal.judging import broken
from hotline.rehearsal.line import Line, NotRehearsed, Say, enrol, keep, raised, until
from hotline.rehearsal.report import Played, Report, report
from hotline.rehearsal.scenario import FALLBACK, BadScenario, Manner, Responder, Scenario, starting
from hotline.rehearsal.telephones import Refused, Telephone
from hotline.rehearsal.timeline import Over, Timeline, leap

LINE, FALLBACK_NUMBER = "+15145550100", "+15145550199"
LEAP_EVERY = 0.2  # seconds of the wall between two looks


def rehearse(scenario: Scenario, data: Path | None, environ: Mapping[str, str], say: Say) -> Report:
    """Plays the scenario on a line of its own and reports; BadScenario, or NotRehearsed where it cannot be played."""
    if environ.get("HOTLINE_ENV") == "production":
        raise NotRehearsed("a rehearsal never takes place in production: set HOTLINE_ENV to demo or test, or unset it")
    scenario = _with_fallback(scenario)
    # Told to end, it leaves in order: its line is ended and its folder emptied.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with raised(scenario, data, environ, say) as line:
        return _on(line, scenario, say)


def _with_fallback(scenario: Scenario) -> Scenario:
    """Nobody was given for the last resort: its telephone rings and nobody is there."""
    if any(one.rank == FALLBACK for one in scenario.roster):
        return scenario
    if FALLBACK_NUMBER in scenario.numbers.values():
        raise BadScenario((f"{FALLBACK_NUMBER} is the fallback number's: give it to a roster entry of rank fallback",))
    nobody = Responder("Dernier recours", FALLBACK_NUMBER, FALLBACK, (Manner("no-answer"),))
    return replace(scenario, roster=(*scenario.roster, nobody))


def _on(line: Line, scenario: Scenario, say: Say) -> Report:
    """The roster, the telephones, the hour; then it is played."""
    enrol(line, scenario.roster)
    telephones = {number: Telephone(line.exchange, number) for number in scenario.numbers.values()}
    late = (starting(scenario.starts_at, line.clock.now()) - line.clock.now()).total_seconds()
    if late > 1:
        line.jump(late)
    timeline = Timeline(line.clock)
    try:
        line.exchange.weather(scenario.weather)
    except Refused as refused:
        raise BadScenario((f"weather: {refused}",)) from None
    most = scenario.lasts / scenario.pace
    for name in scenario.trainees:
        say(f"{name} ({scenario.numbers[name]}) est à vous, sur {line.exchange.url}/ ; au plus {most:.0f} s")
    troubles = Stage(line, scenario, telephones, timeline).play()
    status: dict[str, Any] = json.loads(line.command("status", "--json"))
    for telephone in telephones.values():
        telephone.take()
    events = {number: telephone.events for number, telephone in telephones.items()}
    ended_at, jumped = timeline.now(), timeline.jumped.total_seconds()
    keep(line, telephones)
    played = Played(events, line.exchange.ledger(), status, troubles, timeline.began_at, ended_at, jumped)
    return report(scenario, played, partial(broken, scenario))


class Stage:
    """Everybody plays at once, each in a thread; this one lets time jump, and says when it is over."""

    def __init__(self, line: Line, scenario: Scenario, telephones: Mapping[str, Telephone], timeline: Timeline) -> None:
        self._line = line
        self._scenario = scenario
        self._timeline = timeline
        self._telephones = telephones
        self._people = [
            PersonActor(one, telephones[one.number], timeline, LINE) for one in scenario.people if not one.trainee
        ]
        self._team = [
            ResponderActor(one, telephones[one.number], timeline) for one in scenario.roster if not one.trainee
        ]

    def play(self) -> list[str]:
        """What could not be played."""
        for responder in self._team:
            responder.ready()
        playing = [threading.Thread(target=one.play, name=one.person.name) for one in self._people]
        playing.append(threading.Thread(target=self._last, name="the night itself"))
        listening = [threading.Thread(target=one.play, name=one.responder.name) for one in self._team]
        for thread in (*playing, *listening):
            thread.start()
        try:
            self._watch(playing)
        finally:
            self._timeline.end()
            for thread in (*playing, *listening):
                thread.join()
        told = [(one.person.name, one.trouble) for one in self._people]
        told += [(one.responder.name, one.trouble) for one in self._team]
        return [f"{name}: {trouble}" for name, trouble in told if trouble is not None]

    def _last(self) -> None:
        """The night goes on after its last contact."""
        with suppress(Over):
            self._timeline.wait_until(self._timeline.at(self._scenario.until))

    def _watch(self, playing: Sequence[threading.Thread]) -> None:
        until(lambda: self._timeline.waiting >= len(playing) or not all(map(threading.Thread.is_alive, playing)), 5)
        while self._timeline.elapsed < self._scenario.lasts:
            acting = any(thread.is_alive() for thread in playing)
            if not acting and self._trainees_have_played() and self._at_rest():
                return
            leap(self._timeline, lambda: self._line.exchange.idle, self._line.still, self._line.jump)
            time.sleep(LEAP_EVERY)

    def _trainees_have_played(self) -> bool:
        """Everybody who was to call has: a trainee on the team need only answer."""
        waited = [self._telephones[one.number] for one in self._scenario.people if one.trainee]
        for telephone in waited:
            telephone.take()
        return all(any(event["kind"] in ("dialling", "texted") for event in one.events) for one in waited)

    def _at_rest(self) -> bool:
        """Looked at twice: between two webhooks the network is idle for an instant."""
        for _ in range(2):
            if not self._line.exchange.idle or not self._line.still().nothing_live:
                return False
            time.sleep(LEAP_EVERY)
        return True
