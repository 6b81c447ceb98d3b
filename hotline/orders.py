"""A responder writes to us: what they order is done, in the one transaction of their text, and answered in a row.

Whoever has a responder's number and writes a command is that responder; anything done under a case's code needs the
code too. A command never becomes a person's text. What is no command is one where there may be danger in it, and else
gets the list of commands, once in a while.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from hotline import accepting, duties, team
from hotline.desk import SEND, Desk
from hotline.rules import answers, commands
from hotline.rules.commands import Accept, Answer, Command, Decline, Finish, Help, Lift, Ok, Unclear
from hotline.store import audit, contacts, messages, pages, roster, team_texts, threads
from hotline.store.pages import PageView
from ivr_flows.model import from_data

PERHAPS_A_PERSON = frozenset({"danger", "near", "optout", "minor", "help", "callback", "tip"})
CONFIRMED_WITHIN = timedelta(minutes=10)
HELP_EVERY = timedelta(minutes=10)
ERASE = "erase_team_text"
CASE_CODE = 6


def taken(desk: Desk, responder_id: int, facts: frozenset[str], to_line: bool, writes_as_person: bool) -> bool:
    """Whether a responder's text was an order of theirs. False: it is a person's, and is read as such."""
    if not desk.body.strip() and not desk.media:
        return True  # nothing was said; one that was erased at the carrier looks so when it is listed again
    command = commands.read(desk.body)
    if _perhaps_a_person(command, facts, to_line, writes_as_person):
        return False
    sid = desk.sealer.seal_number(desk.sid) if isinstance(command, Answer) else None
    key, kind = desk.sealer.pseudonym("message", desk.sid), type(command).__name__.lower()
    text_id = team_texts.received(desk.conn, responder_id, kind, key, sid, desk.now)
    if text_id is None or ("automatic" in facts and isinstance(command, Unclear | Help)):
        return True
    if sid is not None:
        desk.due(ERASE, text_id)
    ORDERS[type(command)](desk, responder_id, command)
    return True


def _perhaps_a_person(command: Command, facts: frozenset[str], to_line: bool, writes_as_person: bool) -> bool:
    """Doubt goes up: somebody of the team may need the line too."""
    if isinstance(command, Unclear | Help):
        return "danger" in facts or (to_line and (writes_as_person or bool(facts & PERHAPS_A_PERSON)))
    alone = isinstance(command, Ok) or (isinstance(command, Accept | Decline) and not command.code)
    return alone and to_line and writes_as_person


# ── pages ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def accept(desk: Desk, responder_id: int, command: Accept) -> None:
    """The page is theirs; or what they wrote and was held goes out; or, with three figures, a swap is agreed to."""
    code = command.code or _only_code(desk, threads.rung_and_open(desk.conn, responder_id))
    if code is None:
        if not duties.ready(desk, responder_id):
            team.tell(desk, responder_id, "which")
    elif len(code) != CASE_CODE:
        duties.agree(desk, responder_id, code, yes=True)
    else:
        _accept(desk, responder_id, code)


def _accept(desk: Desk, responder_id: int, code: str) -> None:
    if duties.confirms_off(desk, responder_id, code):
        return
    before = pages.latest_by_code(desk.conn, code)
    if before is not None and _is_theirs(before, responder_id):
        threads.begin(desk.conn, before.id, desk.now)
        if _confirmed(desk, responder_id, before):
            return
    word, page = accepting.accept_by_code(desk, responder_id, code)
    if page is None or word in ("none", "noted"):
        team.tell(desk, responder_id, "none")
    elif word == "taken":
        team.tell(desk, responder_id, "taken", page, by=_name(desk, page.accepted_responder))
    elif word == "over":
        team.tell(desk, responder_id, "over", page)
    elif accepting.in_writing(page):
        _begins(desk, responder_id, page)
    else:
        team.tell(desk, responder_id, "won_call", page)


def _begins(desk: Desk, responder_id: int, page: PageView) -> None:
    """A conversation by text is theirs; if our last text to the person was lost, they are told at once."""
    team.tell(desk, responder_id, "won_text", page)
    tell_loss(desk, responder_id, page)


def tell_loss(desk: Desk, responder_id: int, page: PageView) -> None:
    """Whoever takes a conversation knows whether our last text to the person was lost."""
    last = messages.last_fate(desk.conn, page.contact_id)
    if last is not None and (lost := team.fate(*last)) is not None:
        team.tell(desk, responder_id, lost, page)


def decline(desk: Desk, responder_id: int, command: Decline) -> None:
    """No to the page, to sending what is held, or to a swap."""
    code = command.code or _only_code(desk, threads.rung_and_open(desk.conn, responder_id))
    if code is None:
        team.tell(desk, responder_id, "which")
    elif len(code) != CASE_CODE:
        duties.agree(desk, responder_id, code, yes=False)
    else:
        _decline(desk, responder_id, code)


def _decline(desk: Desk, responder_id: int, code: str) -> None:
    before = pages.latest_by_code(desk.conn, code)
    theirs = before is not None and _is_theirs(before, responder_id)
    if before is not None and theirs and messages.drop_held(desk.conn, before.contact_id, responder_id):
        return team.tell(desk, responder_id, "dropped", before)
    word, page = accepting.decline_by_code(desk, responder_id, code)
    said = {"over": "over", "noted": "declined"}.get(word, "none")
    return team.tell(desk, responder_id, said, page)


def finish(desk: Desk, responder_id: int, command: Finish) -> None:
    """Their conversation is over; the person's next text wakes the team anew."""
    code = command.code or _only_code(desk, threads.of_responder(desk.conn, responder_id))
    page = pages.latest_by_code(desk.conn, code) if code else None
    if page is None or page.channel != "text" or page.accepted_responder != responder_id:
        return team.tell(desk, responder_id, "none" if command.code else "which")
    messages.drop_held(desk.conn, page.contact_id, responder_id)
    if page.state != "done":
        pages.finish(desk.conn, page.id, "finished", desk.now)
        audit.write(desk.conn, f"responder:{responder_id}", "finish", f"page:{page.id}", {}, desk.now)
    return team.tell(desk, responder_id, "finished", page)


def _only_code(desk: Desk, page_ids: Any) -> str | None:
    """The code of the one page there is; None where there are several, or none."""
    only = pages.by_id(desk.conn, page_ids[0]) if len(page_ids) == 1 else None
    return only.code if only is not None else None


def _is_theirs(page: PageView, responder_id: int) -> bool:
    return page.state == "accepted" and page.accepted_responder == responder_id and accepting.in_writing(page)


def _name(desk: Desk, responder_id: int | None) -> str:
    row = roster.by_id(desk.conn, responder_id) if responder_id is not None else None
    return desk.sealer.open_number(row.name_sealed) if row is not None else "?"


# ── words for a person ────────────────────────────────────────────────────────────────────────────────────────────


def answer(desk: Desk, responder_id: int, command: Answer) -> None:
    """Sealed to the case and sent from the line's number; held where a responder must confirm it; or refused."""
    page = pages.latest_by_code(desk.conn, command.code)
    if page is None or not _is_theirs(page, responder_id):
        lost = page is not None and page.state == "open" and page.id in threads.rung_and_open(desk.conn, responder_id)
        return team.tell(desk, responder_id, "lost" if lost else "none", page)
    threads.begin(desk.conn, page.id, desk.now)
    why = answers.refusal(command.words)
    if why is not None:
        return team.tell(desk, responder_id, why, page)
    verdict = may_write(desk, page.contact_id, responder_id)
    if verdict != "ask":
        threads.tend(desk.conn, page.id, desk.now)
    if verdict == "never":
        return team.tell(desk, responder_id, "silent", page)
    body = desk.sealer.seal_to_case(page.case_public, command.words.encode())
    held = verdict == "ask"
    message_id = messages.to_send(desk.conn, page.case_id, page.contact_id, body, desk.now, responder_id, held)
    audit.write(desk.conn, f"responder:{responder_id}", "write", f"message:{message_id}", {"held": held}, desk.now)
    if not held:
        desk.due(SEND, message_id)
    return team.tell(desk, responder_id, "held" if held else "sending", page)


def lift(desk: Desk, responder_id: int, command: Lift) -> None:
    """They asked for silence, and whoever has their conversation decides that it is over: nothing else ever does.

    What the person writes anew is read, and wakes the team; it is not taken for a wish to be written to.
    """
    page = pages.latest_by_code(desk.conn, command.code)
    if page is None or not _is_theirs(page, responder_id):
        return team.tell(desk, responder_id, "none", page)
    threads.begin(desk.conn, page.id, desk.now)
    if not contacts.lift_silence(desk.conn, page.contact_id):
        return team.tell(desk, responder_id, "not_silent", page)
    audit.write(desk.conn, f"responder:{responder_id}", "lift_silence", f"page:{page.id}", {}, desk.now)
    return team.tell(desk, responder_id, "lifted", page)


def may_write(desk: Desk, contact_id: int, responder_id: int) -> answers.Verdict:
    """Whether this responder's words may go to this person now."""
    contact = contacts.by_id(desk.conn, contact_id)
    if contact is None or contact.number_sealed is None:
        return "never"
    silent = contact.place is not None and from_data(contact.place).has("silent")
    confirmed = messages.last_confirmed(desk.conn, contact_id, responder_id)
    agreed = threads.agreed(desk.conn, contact_id, desk.now)
    return answers.verdict(desk.now, contact.last_at, confirmed, agreed, silent)


def tell_fate(desk: Desk, message_id: int) -> None:
    """A text of ours to a person failed, or nobody knows: whoever has their conversation, or wrote it, is told."""
    message = messages.by_id(desk.conn, message_id)
    lost = team.fate(message.state, message.error_code) if message is not None else None
    page = pages.of_contact(desk.conn, message.contact_id) if message is not None and lost else None
    if message is None or lost is None or page is None:
        return
    has_it = page.accepted_responder if page.state == "accepted" else None
    if (responder_id := has_it or message.responder_id) is not None:
        team.tell(desk, responder_id, lost, page)


def _confirmed(desk: Desk, responder_id: int, page: PageView) -> bool:
    """`1 CODE` to a conversation that is theirs already: what was held goes out."""
    since = desk.now - CONFIRMED_WITHIN
    message_id = messages.confirm_held(desk.conn, page.contact_id, responder_id, since, desk.now)
    if message_id is None:
        return False
    threads.tend(desk.conn, page.id, desk.now)
    audit.write(desk.conn, f"responder:{responder_id}", "confirm", f"message:{message_id}", {}, desk.now)
    desk.due(SEND, message_id)
    team.tell(desk, responder_id, "sending", page)
    return True


def _help(desk: Desk, responder_id: int, command: Command) -> None:
    """The list of commands; not to a telephone that answers by itself, again and again."""
    if not team_texts.told_since(desk.conn, responder_id, "help", desk.now - HELP_EVERY):
        team.tell(desk, responder_id, "help")


ORDERS: Mapping[type, Callable[[Desk, int, Any], object]] = {
    Accept: accept,
    Decline: decline,
    Finish: finish,
    Answer: answer,
    Lift: lift,
    Help: _help,
    Unclear: _help,
    **duties.ORDERS,
}
