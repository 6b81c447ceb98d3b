"""The report in words, for a trainer, and in JSON, for a machine. No telephone number is in either."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from hotline.rehearsal.report import Contact, Fate, Promise, Report, Ring
from hotline.rehearsal.scenario import DAYS, MONTREAL

MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre")
CHANNELS = {"voice": "appel", "text": "texto", "none": "n'a rien fait"}
FATES: dict[Fate, str] = {"kept": "tenue", "missed": "manquée", "left": "la personne est partie avant"}
PROMISES = {"person": "une personne", "callback": "un rappel"}
OUTCOMES = {
    "completed": "a répondu",
    "no-answer": "pas de réponse",
    "busy": "occupé",
    "failed": "échec",
    "canceled": "annulé: quelqu'un d'autre a accepté",
    "in-progress": "encore en ligne",
    "ringing": "sonnait encore",
}
RANKS = {"on-duty": "de garde", "deputy": "relève", "supervisor": "supervision", "fallback": "dernier recours"}


def in_french(report: Report) -> str:
    """What a trainer reads."""
    local = report.began_at.astimezone(MONTREAL)
    month = (*MONTHS, "décembre")[local.month - 1]
    held = "Tout ce qui était attendu a tenu." if not report.broken else "Ce qui n'a pas tenu:"
    lines = [
        f"Répétition: {report.title}",
        f"{DAYS[local.weekday()]} {local.day} {month} {local.year}, {_time(report.began_at)}, heure de Montréal",
        f"cadence {report.pace:g}, graine {report.seed}",
        "",
        f"Contacts ({len(report.contacts)})",
        *(line for one in report.contacts for line in _contact(one)),
        "",
        f"L'équipe a été appelée {_times(len(report.rings))}",
        *map(_ring, report.rings),
        "",
        "Totaux",
        *_totals(report),
        "",
        held,
        *(f"  - {line}" for line in report.broken),
    ]
    return "\n".join(lines)


def as_json(report: Report) -> str:
    """The same, with every figure."""
    whole = asdict(report) | {"totals": totals(report), "held": not report.broken}
    return json.dumps(whole, ensure_ascii=False, indent=1, default=_plain)


def totals(report: Report) -> dict[str, Any]:
    """The figures of the whole rehearsal."""
    waits = report.waits
    return {
        "contacts": len(report.contacts),
        "reached": len(waits),
        "longest_wait": waits[-1] if waits else None,
        "median_wait": waits[len(waits) // 2] if waits else None,
        "promised": sum(len(one.promises) for one in report.contacts),
        "kept": report.promises("kept"),
        "missed": report.promises("missed"),
        "left": report.promises("left"),
        "rings": len(report.rings),
        "texts_received": sum(one.texts for one in report.contacts),
        "pages_unacknowledged": report.status.get("pages_unacknowledged"),
        "oldest_unacknowledged_seconds": report.status.get("oldest_unacknowledged_seconds"),
        "work_overdue": report.status.get("work_overdue"),
        "work_dead": report.status.get("work_dead"),
        "faults": len(report.faults),
    }


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _time(instant: datetime | None) -> str:
    return "--:--:--" if instant is None else f"{instant.astimezone(MONTREAL):%H:%M:%S}"


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.0f} s" if value < 90 else f"{value // 60:.0f} min {value % 60:02.0f} s"


def _times(number: int) -> str:
    return f"{number} fois"


def _contact(one: Contact) -> Iterable[str]:
    yield f"  {_time(one.at)}  {one.name} ({CHANNELS[one.channel]}): {', '.join(one.did) or 'rien'}"
    for meeting in one.meetings:
        met = "rejoint par" if one.channel == "voice" else "lu à"
        after = None if one.asked_at is None else (meeting.at - one.asked_at).total_seconds()
        yield f"            {met} {meeting.by} ({RANKS[meeting.rank]}) après {_seconds(after)}"
    if not one.meetings:
        yield "            n'a eu personne"
    if one.truths:
        yield f"            la vérité lui a été dite {_times(len(one.truths))}"
    yield from map(_promise, one.promises)


def _promise(one: Promise) -> str:
    return f"            promesse: {PROMISES[one.of]} (« {one.words} »): {FATES[one.fate]}"


def _ring(one: Ring) -> str:
    accepted = f"; accepte à {_time(one.accepted_at)}" if one.accepted_at else ""
    return f"  {_time(one.at)}  {one.who} ({RANKS[one.rank]}): {OUTCOMES.get(one.outcome, one.outcome)}{accepted}"


def _totals(report: Report) -> Iterable[str]:
    found = totals(report)
    yield f"  personnes rejointes: {found['reached']} sur {found['contacts']}"
    yield f"  attente: médiane {_seconds(found['median_wait'])}, la plus longue {_seconds(found['longest_wait'])}"
    fates = f"tenues {found['kept']}, manquées {found['missed']}, sans la personne {found['left']}"
    yield f"  promesses: {found['promised']}, {fates}"
    yield f"  textos reçus par les personnes: {found['texts_received']}"
    waiting, oldest = found["pages_unacknowledged"], found["oldest_unacknowledged_seconds"]
    yield f"  appels à l'équipe sans réponse à la fin: {waiting}; le plus ancien: {_seconds(oldest)}"
    yield f"  travail en retard: {found['work_overdue']}, abandonné: {found['work_dead']}"
    yield f"  fautes devant le réseau: {found['faults']}"
    lasted = (report.ended_at - report.began_at).total_seconds()
    yield f"  durée: {_seconds(lasted)} de la ligne, dont {_seconds(report.jumped)} sautées"
