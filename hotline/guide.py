"""Where a person is, and who can help there: what is said of either means something, by territory and directory.

What was said is sealed to the case, in whose row only the part of the island and the police force stand in clear.
Asking who can help leaves nothing at all.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime

from hotline import reference, tips
from hotline.desk import Desk, look_in_time, open_case
from hotline.rules import territory
from hotline.rules.directory import Age, need_of, offer
from hotline.rules.directory_words import spoken, telephone, written
from hotline.rules.territory import REGIONS, Located, Police
from hotline.store import cases
from ivr_flows.model import Asked, Language
from ivr_flows.signals import NotUnderstood, Understood

ISLAND: Mapping[Language, str] = {"fr": "Montréal", "en": "Montréal"}
# What is different away from the island is said; where ÉSUP works nothing needs saying.
ELSEWHERE: Mapping[Police, Mapping[Language, str]] = {
    "spl": {"fr": "Là-bas, c'est la police de Laval.", "en": "There, it is the Laval police."},
    "spal": {"fr": "Là-bas, c'est la police de Longueuil.", "en": "There, it is the Longueuil police."},
    "local_or_sq": {
        "fr": "Là-bas, c'est la police locale ou la Sûreté du Québec.",
        "en": "There, it is the local police or the Sûreté du Québec.",
    },
    "elsewhere": {
        "fr": "La ligne canadienne contre la traite répond jour et nuit. Numéro à vérifier: {}.",
        "en": "The Canadian hotline against trafficking answers day and night. Number to be verified: {}.",
    },
}


# ── where they are ────────────────────────────────────────────────────────────────────────────────────────────────


def where(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """A part of the island, a name, or a postal code: in a call by the keys its signs are written on."""
    found = located(desk, said)
    if found is None or found.police is None or (desk.texting and found.among and found.region is None):
        return NotUnderstood()
    return Understood("where", said, {"secteur": _sector(found, language), "ailleurs": _police(desk, found, language)})


def located(desk: Desk, said: str) -> Located | None:
    """Where that is today."""
    known, today = reference.territory(), _local(desk).date()
    if said in REGIONS:
        return territory.region_of(known, said)
    if not desk.texting and said.isdecimal():
        return territory.keyed(known, said, today)
    return territory.locate(known, said, today)


def _sector(found: Located, language: Language) -> str:
    known = reference.territory()
    if found.region is not None:
        return known.regions[found.region][language]
    outside = next((place for place in known.places.values() if place.police == found.police != "spvm"), None)
    if outside is None:
        return ISLAND[language]
    return outside.fr if language == "fr" else outside.en


def _police(desk: Desk, found: Located, language: Language) -> str:
    if found.police is None or found.police == "spvm":
        return ""
    phone = next((each.phone for each in reference.territory().places.values() if each.police == found.police), "")
    number = telephone(phone, language) if phone else None
    return ELSEWHERE[found.police][language].format((number.written if desk.texting else number.said) if number else "")


def put(desk: Desk, said: str) -> None:
    """Sealed to their case, which is opened if there is none; on the tip's path to the tip's own."""
    found = located(desk, said)
    if found is None:
        return
    words = json.dumps({"said": said, "pdq": found.pdq, "borough": found.borough, "sure": found.sure}).encode()
    if desk.place.has("tip") and not desk.place.has("paged"):
        tip = tips.here(desk)
        sealed = desk.sealer.seal_to_case(tip.case_public, words)
        cases.note_place(desk.conn, tip.case_id, found.region, found.police, sealed)
        return
    if desk.here().case_id is None:
        open_case(desk, "voice", None, desk.place.language if desk.place.has("chosen") else None)
        if (look := look_in_time(desk)) is not None:
            desk.conn.execute(look)
    case_id, seal = desk.case()
    cases.note_place(desk.conn, case_id, found.region, found.police, seal(words))


# ── who can help ──────────────────────────────────────────────────────────────────────────────────────────────────


def resource(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """Organisations for a need, named by the script or found in their words, at this hour and where they are."""
    directory = reference.directory()
    need = said if said in directory.needs else need_of(directory, said)
    if need is None:
        return NotUnderstood()
    age, police = _known(desk)
    offers = offer(directory, need, age, language, police, _local(desk))
    if not offers:
        return NotUnderstood()
    return Understood("resource", "", {"organismes": spoken(offers, language), "contacts": written(offers, language)})


def _known(desk: Desk) -> tuple[Age | None, Police | None]:
    """What the case at hand says of them; nothing is opened to know it."""
    contact = desk.contact if desk.texting else desk.known()
    if contact is None or contact.case_id is None:
        return None, None
    case = cases.by_id(desk.conn, contact.case_id)
    age: Age | None = "minor" if "minor" in contact.facts else "adult" if "adult" in contact.facts else None
    return age, case.police if case is not None else None


def _local(desk: Desk) -> datetime:
    return desk.now.astimezone(desk.zone)


MEANINGS: Mapping[Asked, Callable[[Desk, Language, str], Understood | NotUnderstood]] = {
    "where": where,
    "resource": resource,
}
