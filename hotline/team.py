"""What a responder is told in writing: a sentence of ours, in their language, as a row that a worker sends.

A sentence names a case by its code and holds nothing of the person: an on-call telephone may lie on any table. It goes
out at least once, because a second one is harmless.
"""

from datetime import timedelta

from hotline.desk import Desk
from hotline.rules.team_words import SENTENCES
from hotline.store import roster, team_texts
from hotline.store.pages import PageView
from hotline.store.tables import MessageState
from ivr_flows.model import Language

KIND = "tell_team"
BLOCKED = 21610
NOT_TWICE = timedelta(minutes=1)


def language_of(row: roster.ResponderRow) -> Language:
    """What a responder is spoken to in: the first of their languages."""
    return "en" if row.languages and row.languages[0] == "en" else "fr"


def tell(desk: Desk, responder_id: int, kind: str, page: PageView | None = None, **slots: str) -> None:
    """A row for this sentence, and its work."""
    row = roster.by_id(desk.conn, responder_id)
    if row is None:
        return
    filled = {"code": page.code, **slots} if page is not None else slots
    words = SENTENCES[kind].said_in(language_of(row)).format(**filled)
    write(desk, responder_id, kind, words, page)


def write(desk: Desk, responder_id: int, kind: str, words: str, page: PageView | None = None) -> None:
    """The same for words that are made elsewhere."""
    sealed = desk.sealer.seal_number(words)
    page_id = page.id if page is not None else None
    desk.due(KIND, team_texts.to_send(desk.conn, responder_id, kind, sealed, desk.now, page_id))


def tell_once(desk: Desk, responder_id: int, kind: str, page: PageView | None = None) -> None:
    """The sentence, unless it has just been said."""
    if not team_texts.told_since(desk.conn, responder_id, kind, desk.now - NOT_TWICE, page.id if page else None):
        tell(desk, responder_id, kind, page)


def fate(state: MessageState, code: int | None) -> str | None:
    """What a responder must know of a text of ours to their person; None where it may have arrived."""
    if state == "unknown":
        return "doubt"
    if state != "failed":
        return None
    return "blocked" if code == BLOCKED else "not_arrived"
