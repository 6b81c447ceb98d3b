"""Telling operators and supervisors, by a text with a code at most: nothing about a person, nor who a responder is.

A telling that fails is logged and stops nothing.
"""

import logging
from collections.abc import Mapping

from hotline import team
from hotline.store import roster
from hotline.telephone.gateway import Failure
from hotline.vault import NotOurs
from ivr_flows.model import Language
from workers.hands import Hands

log = logging.getLogger(__name__)

VALID_FOR = 60  # seconds
TIRED: Mapping[Language, str] = {
    "fr": "Ligne: une personne de garde a reçu trois pages cette nuit. Peut-on la relayer?",
    "en": "Line: someone on duty has had three pages tonight. Can somebody take over?",
}


def ops(own: Hands, body: str, row_id: int) -> None:
    """A text to each telephone of the operator."""
    for number in own.settings.ops_phones:
        _text(own, number, body, row_id)


def supervisors(own: Hands, words: Mapping[Language, str], row_id: int, but: int | None = None) -> None:
    """A text to the supervisors on duty, or to all of them where none is; the operator where there is none at all."""
    with own.store.turn() as conn:
        told = roster.supervisors(conn, own.clock.now(), but)
    for row in told:
        try:
            number = own.sealer.open_number(row.phone_sealed)
        except NotOurs:
            log.error("responder_unreadable %d", row.id)
            continue
        _text(own, number, words[team.language_of(row)], row_id)
    if not told:
        ops(own, words["fr"], row_id)


def _text(own: Hands, number: str, body: str, row_id: int) -> None:
    try:
        own.gateway.text(number, own.settings.page_number, body, own.status("ops", row_id), VALID_FOR)
    except Failure as failure:
        log.error("alarm_not_sent %s", failure)
