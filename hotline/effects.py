"""Effects become rows: each type of effect has exactly one recorder, and a missing or second one stops the start.

A recorder runs inside the turn's one transaction. It decides nothing that a script decided, talks to nobody, and lists
in `desk.works` the rows to ring once the transaction is committed.
"""

import typing
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import reduce

from hotline import dispatch, ending, guide, hearing, inviting, promises, relaying, staff, tips
from hotline.desk import SEND, Desk, Repeated, look_in_time, open_case
from hotline.rules.answers import target
from hotline.rules.routing import Whose
from hotline.store import attempts, audit, contacts, messages, pages, roster, threads
from ivr_flows.model import Asked, Language, Priority
from ivr_flows.priorities import Decision, asked, more_urgent, of_text
from ivr_flows.signals import NotUnderstood, Understood
from ivr_flows.turns import (
    Agree,
    Decline,
    Effect,
    Finish,
    Gone,
    Hold,
    Keep,
    Learn,
    LookLater,
    Mistake,
    OpenContact,
    Page,
    Proved,
    StepOut,
    TeamGone,
    Unhold,
)

GOODBYE = timedelta(seconds=6)  # a call that became a promised callback: whoever hangs up last has so long
GRACE = timedelta(seconds=2)  # manners 3: a responder who hangs up first may only have been quicker than the person


def open_contact(desk: Desk, effect: OpenContact) -> None:
    """A call to us, or one of ours that was answered."""
    if desk.place.page:
        promises.open_leg(desk)
    else:
        desk.open()


def wake(desk: Desk, effect: Page) -> None:
    """One page per contact at a time; a second effect makes it louder, never quieter.

    Who was told that their number is not kept and presses 9 is in danger: there, and only there, it is kept.
    """
    contact = desk.here()
    tips.leave(desk, urgent=effect.priority == "P1")
    placed = asked(effect.priority)
    if contact.case_id is None:
        open_case(desk, "voice", placed, effect.language)
    elif (raising := desk.learning(frozenset(), placed)) is not None:
        desk.conn.execute(raising)
    _wake(desk, more_urgent(desk.raised or placed, placed).priority, effect)


def _wake(desk: Desk, priority: Priority, effect: Page, unasked: bool = False) -> None:
    contact, (case_id, _) = desk.here(), desk.case()
    desk.page_id, created = pages.ensure(
        desk.conn,
        contact_id=contact.id,
        case_id=case_id,
        priority=priority,
        language=effect.language,
        reason=effect.reason,
        muted=effect.muted,
        quiet=effect.quiet,
        chain=desk.rung(effect.language, Whose(priority, facts=desk.here().facts)),
        now=desk.now,
        unasked=unasked,
    )
    if created:
        desk.due("page", desk.page_id)
    elif desk.body:
        desk.due("new_text", desk.page_id)


def agree(desk: Desk, effect: Agree) -> None:
    pages.set_may_call_back(desk.conn, desk.call_key, effect.yes)


def mistake(desk: Desk, effect: Mistake) -> None:
    pages.mark_mistake(desk.conn, desk.call_key)


def gone(desk: Desk, effect: Gone) -> None:
    person_gone(desk, desk.call_key)


def person_gone(desk: Desk, call_key: bytes) -> None:
    """The person's line is gone. It cancels nothing: whoever has the page is told, and whoever will have it, too."""
    contacts.note_gone(desk.conn, call_key, desk.now)
    page = pages.note_person_gone(desk.conn, call_key, desk.now)
    if page is not None and page.state == "accepted":
        desk.due("tell_gone", page.id, once=f"tell_gone:{page.id}:{_acceptance(page)}")


def _acceptance(page: pages.PageView) -> str:
    """Which acceptance this is: a key that comes again may accept a page anew for an attempt that lost it."""
    return f"{page.accepted_attempt}:{page.accepted_at.isoformat() if page.accepted_at else ''}"


def keep(desk: Desk, effect: Keep) -> None:
    """The text and our answers to it, in one statement; a text that is here already undoes the whole turn."""
    case_id, seal = desk.case()
    answers = [seal(words.encode()) for words in desk.answers]
    key, sid, body = desk.sealer.pseudonym("message", desk.sid), seal(desk.sid.encode()), seal(desk.body.encode())
    new, contact = desk.learning(desk.told), desk.here()
    owed = messages.record(desk.conn, contact.id, case_id, key, sid, body, answers, desk.now, kind=SEND, beside=new)
    if owed is None:
        raise Repeated
    desk.works += [(SEND, row_id) for row_id in owed]


def learn(desk: Desk, effect: Learn) -> None:
    """Facts of their case, which is opened if there is none; if nobody is woken for it, a human looks in time."""
    if effect.apart:
        tips.tell(desk, effect.facts)
        return
    new = None
    if desk.here().case_id is None:
        open_case(desk, "voice", None, desk.place.language if desk.place.has("chosen") else None)
    else:
        new = desk.learning(effect.facts)
    look = look_in_time(desk)
    for statement in [new.add_cte(look.cte("look"))] if new is not None and look is not None else [new, look]:
        if statement is not None:
            desk.conn.execute(statement)


def look_later(desk: Desk, effect: LookLater) -> None:
    desk.due("look", desk.here().id, timedelta(seconds=effect.seconds))


def decline(desk: Desk, effect: Decline) -> None:
    if desk.place.guest:
        inviting.decline(desk)
        return
    attempts.move(desk.conn, desk.place.attempt, "declined", desk.now)
    page, attempt = pages.by_id(desk.conn, desk.place.page), attempts.by_id(desk.conn, desk.place.attempt)
    theirs = page is not None and attempt is not None and page.accepted_responder == attempt.responder_id
    if page is not None and theirs and page.accepted_attempt is not None and not page.met:
        responder_gone(desk, page.id, page.accepted_attempt)  # they had it, by a text say, and give it back
    desk.hasten("page", desk.place.page)
    if attempt is not None and attempt.round in relaying.WISHES:
        desk.hasten(relaying.WISHES[attempt.round], attempt.page_id)


def finish(desk: Desk, effect: Finish) -> None:
    pages.finish(desk.conn, desk.place.page, "finished", desk.now)
    audit.write(desk.conn, f"attempt:{desk.place.attempt}", "finish", f"page:{desk.place.page}", {}, desk.now)


def step_out(desk: Desk, effect: StepOut) -> None:
    page = pages.by_id(desk.conn, desk.place.page)
    if page is not None and page.accepted_attempt == desk.place.attempt:  # else somebody else is with them
        desk.due("step_out", page.id)


def hold(desk: Desk, effect: Hold) -> None:
    desk.due("hold", desk.place.page)


def unhold(desk: Desk, effect: Unhold) -> None:
    desk.due("unhold", desk.place.page)


def team_gone(desk: Desk, effect: TeamGone) -> None:
    if desk.place.page:
        responder_gone(desk, desk.place.page, desk.place.attempt)


def responder_gone(desk: Desk, page_id: int, attempt_id: int) -> None:
    """The accepting responder's telephone is gone. A person still there waits again and the page goes on; a page whose
    two sides met is done once both have left; one that nobody finished is open again."""
    if not attempts.move(desk.conn, attempt_id, "ended", desk.now):
        attempts.move(desk.conn, attempt_id, "no_answer", desk.now)
    page = pages.by_id(desk.conn, page_id)
    if page is None or page.state != "accepted" or page.accepted_attempt != attempt_id:
        return
    if page.met and page.person_gone_at is not None and page.callback_id is None:
        pages.finish(desk.conn, page_id, promises.how_it_ended(desk.conn, page), desk.now)
    elif page.channel == "text" and page.path != "tip" and threads.was_read(desk.conn, attempt_id):
        # They heard the texts and hung up to write: theirs still, for as long as an answer may take.
        threads.begin(desk.conn, page_id, desk.now)
        desk.due("watch_text", page_id, target(page.priority))
    else:
        promised = page.met and promises.how_it_ended(desk.conn, page) == "promised"
        desk.due("back", page_id, GOODBYE if promised else GRACE, once=f"back:{_acceptance(page)}")


def prove(desk: Desk, effect: Proved) -> None:
    """The place of a test ring names its responder where that of a page names an attempt; dispatch's names none."""
    if desk.place.attempt != dispatch.TEST_RING:
        roster.note_proof(desk.conn, desk.place.attempt, True, desk.now)
    elif desk.dispatch is not None:
        dispatch.note_proof(desk.conn, desk.sealer, desk.dispatch, desk.now)


RECORDERS: Mapping[type, Callable[[Desk, typing.Any], object]] = {
    OpenContact: open_contact,
    Page: wake,
    Agree: agree,
    Mistake: mistake,
    Gone: gone,
    Keep: keep,
    Learn: learn,
    LookLater: look_later,
    Decline: decline,
    Finish: finish,
    StepOut: step_out,
    Hold: hold,
    Unhold: unhold,
    TeamGone: team_gone,
    Proved: prove,
    **promises.RECORDERS,
    **tips.RECORDERS,
}
MEANINGS: Mapping[Asked, Callable[[Desk, Language, str], Understood | NotUnderstood]] = {
    **promises.MEANINGS,
    **guide.MEANINGS,
    **tips.MEANINGS,
    **staff.MEANINGS,
    **hearing.MEANINGS,
    **relaying.MEANINGS,
    **ending.MEANINGS,
    **inviting.MEANINGS,
}
"""What each kind of question about something said is answered with."""
REPEATABLE = frozenset({OpenContact, Agree, Mistake, Gone, Decline, Finish, Proved})
"""Recording one of these again changes nothing; a turn with any other effect is remembered with its answer."""

if set(RECORDERS) != set(typing.get_args(Effect)) or promises.RECORDERS.keys() & tips.RECORDERS.keys():
    raise RuntimeError("every effect has exactly one recorder")


if set(MEANINGS) != set(typing.get_args(Asked)):
    raise RuntimeError("every kind of question has exactly one meaning")


def record(desk: Desk, effects: tuple[Effect, ...]) -> None:
    """Write the rows of these effects, in their order; then wake the team if the facts ask for it and no effect did."""
    desk.told |= told_by(effects)
    for effect in effects:
        RECORDERS[type(effect)](desk, effect)
    if desk.raised is not None and desk.raised.wakes and not any(isinstance(effect, Page) for effect in effects):
        language = desk.place.language if desk.place.has("chosen") else None
        _wake(desk, desk.raised.priority, Page(desk.raised.priority, desk.raised.rule, language), unasked=True)
    desk.raised = None


def told_by(effects: tuple[Effect, ...]) -> frozenset[str]:
    """The facts that a turn tells of the contact's own case."""
    told = [effect.facts for effect in effects if isinstance(effect, Learn) and not effect.apart]
    return frozenset().union(*told, *(of_text(effect.flags) for effect in effects if isinstance(effect, Keep)))


def ordered(effects: tuple[Effect, ...]) -> Decision | None:
    """Where the pages of a turn place a case that it opens."""
    placed = [asked(effect.priority) for effect in effects if isinstance(effect, Page)]
    return reduce(more_urgent, placed) if placed else None
