"""Did what the scenario expects hold? Pure: one sentence for each thing that did not, none where all did."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

from hotline.rehearsal.report import Contact, Event, Played, heard
from hotline.rehearsal.scenario import Expectation, Scenario

NOT_A_WORD_MORE = ("Je ne parlerai plus.", "I will not talk any more.")
A_MINUTE, SPEECH = 60.0, 8.0
MACHINE = 0.6  # seconds of the wall in which this machine may be late: so many times the pace, on the line


def broken(scenario: Scenario, contacts: Sequence[Contact], played: Played) -> list[str]:
    """Every expectation that did not hold, and why."""
    return [line for one in scenario.expects if (line := _broken(one, contacts, played, scenario))]


def _broken(expected: Expectation, contacts: Sequence[Contact], played: Played, scenario: Scenario) -> str:
    """Why it did not hold; nothing where it did. What somebody waited is judged by their last contact."""
    theirs = [one for one in contacts if one.name == expected.person]
    if expected.word == "silent_after_five":
        why = _not_silent(played.events.get(scenario.numbers[expected.person], ()))
    elif expected.word == "truth_each_minute":
        why = _no_truth(theirs[-1], played.ended_at, scenario.pace)
    else:
        why = JUDGES[expected.word](theirs, expected.about)
    return f"{expected.person}: {why}" if why else ""


def _late(contacts: Sequence[Contact], about: Mapping[str, Any]) -> str:
    waited = contacts[-1].waited
    if waited is None:
        return f"n'a eu personne; attendu en {about['within']:g} s"
    return f"a attendu {waited:.0f} s, attendu au plus {about['within']:g} s" if waited > about["within"] else ""


def _other_rank(contacts: Sequence[Contact], about: Mapping[str, Any]) -> str:
    ranks = [meeting.rank for meeting in contacts[-1].meetings]
    return "" if about["rank"] in ranks else f"répondu par {', '.join(ranks) or 'personne'}, attendu {about['rank']}"


def _too_few_meetings(contacts: Sequence[Contact], about: Mapping[str, Any]) -> str:
    met = len(contacts[-1].meetings)
    return f"a rencontré {met} fois, attendu {about['number']}" if met < about["number"] else ""


def _too_many_texts(contacts: Sequence[Contact], about: Mapping[str, Any]) -> str:
    texts, most = sum(one.texts for one in contacts), about["number"]
    return f"a reçu {texts} textos, attendu au plus {most}" if texts > most else ""


def _not_kept(contacts: Sequence[Contact], about: Mapping[str, Any]) -> str:
    missed = [promise.words for one in contacts for promise in one.promises if promise.fate == "missed"]
    return f"promesse manquée: « {missed[0]} »" if missed else ""


JUDGES: dict[str, Callable[[Sequence[Contact], Mapping[str, Any]], str]] = {
    "joined": _late,
    "read": _late,
    "answered_by": _other_rank,
    "met_at_least": _too_few_meetings,
    "texts_at_most": _too_many_texts,
    "kept": _not_kept,
}


def _no_truth(contact: Contact, end: datetime, pace: float) -> str:
    """The longest time they waited without being told the truth."""
    if contact.asked_at is None:
        return "n'a rien demandé"
    waited = contact.waited if contact.waited is not None else (end - contact.asked_at).total_seconds()
    told = [0.0, *(truth for truth in contact.truths if truth <= waited), waited]
    longest = max(later - earlier for earlier, later in pairwise(told))
    return f"{longest:.0f} s sans la vérité" if longest > A_MINUTE + SPEECH + MACHINE * pace else ""


def _not_silent(events: Sequence[Event]) -> str:
    """What the line said to somebody who cannot speak, after it had promised silence."""
    promised = next(iter(heard(events, NOT_A_WORD_MORE)), None)
    if promised is None:
        return "n'a pas entendu la promesse de silence"
    later = [event for event in events if event["seq"] > promised["seq"]]
    spoken = [event["text"] for event in later if event["kind"] == "heard" and event["via"] == "say"]
    return f"la ligne a parlé après le cinq: « {spoken[0]} »" if spoken else ""
