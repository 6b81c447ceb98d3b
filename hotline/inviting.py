"""A guest: a third telephone that whoever has a call invites into its room. Rung once at most, and let in by a key.

Meanings only, inside the turn's transaction; a worker rings. The number is sealed to the case as soon as it was keyed,
and nothing about the person is said to whoever answers.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from hotline import reference
from hotline.desk import Desk
from hotline.relaying import may_share
from hotline.rules import phone, saying
from hotline.rules.directory import Age, need_of_case, partners
from hotline.rules.directory_words import listed
from hotline.store import audit, cases, contacts, guests, pages
from hotline.store.guest_tables import GuestKind
from hotline.store.pages import PageView
from ivr_flows.model import Asked, Language
from ivr_flows.signals import NotUnderstood, Understood

KIND = "guest"


def number(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """Ten figures that were keyed, if the line may dial them: kept, sealed, until they are confirmed."""
    page, whole = _mine(desk), phone.caller(said)
    if page is None:
        return NotUnderstood("none")
    if whole is None or whole in desk.ours or not phone.may_dial(whole) or _is_theirs(desk, page, whole):
        return NotUnderstood()
    sealed = desk.sealer.seal_to_case(page.case_public, whole.encode())
    _draft(desk, "number", [sealed])
    return Understood("guest", "", {"telephone": saying.telephone(whole, language).said})


def partner(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """Whom the directory has for this case where the person is, or for what is said; to be chosen by a key."""
    page = _mine(desk)
    case = cases.by_id(desk.conn, page.case_id) if page is not None else None
    if page is None or case is None:
        return NotUnderstood("none")
    facts = frozenset(case.flags)
    age: Age | None = "minor" if "minor" in facts else "adult" if "adult" in facts else None
    about = age, language, case.police, desk.now.astimezone(desk.zone)
    offers = partners(reference.directory(), said or need_of_case(facts), *about)
    if not offers:
        return NotUnderstood()
    seal = partial(desk.sealer.seal_to_case, page.case_public)
    _draft(desk, "partner", [seal(offer.entry.phone.encode()) for offer in offers])
    return Understood("partner", "", {"organismes": listed(offers, language)})


def invite(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """What was drafted is rung, or police dispatch: once, and while nobody else is being rung for this call."""
    if said == "dispatch" and desk.dispatch is None:
        return NotUnderstood("none")
    page = _mine(desk)
    if page is None or any(one.rings for one in guests.of_page(desk.conn, page.id)):
        return NotUnderstood()
    if said == "dispatch":
        _draft(desk, "dispatch", [None])
    key = int(said) if said.isdecimal() else 1
    drafted = guests.drafted(desk.conn, desk.place.attempt, key)
    if drafted is None or not guests.move(desk.conn, drafted.id, "due", desk.now):
        return NotUnderstood()
    told = {"guest": drafted.id, "kind": drafted.kind}
    audit.write(desk.conn, f"attempt:{desk.place.attempt}", "invite", f"page:{page.id}", told, desk.now)
    desk.due(KIND, drafted.id)
    return Understood("invite", "")


def _draft(desk: Desk, kind: GuestKind, sealed: Sequence[bytes | None]) -> None:
    place = desk.place
    guests.draft(desk.conn, place.page, place.attempt, kind, sealed, place.has("muted"), desk.now)


def dismiss(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """Whoever was invited last, ringing or in the room, is out of this call."""
    page = _mine(desk)
    theirs = guests.of_page(desk.conn, page.id) if page is not None else []
    last = next((one for one in reversed(theirs) if one.rings or one.state == "entered"), None)
    if page is None or last is None or not guests.move(desk.conn, last.id, "dismissed", desk.now):
        return NotUnderstood()
    told = {"guest": last.id}
    audit.write(desk.conn, f"attempt:{desk.place.attempt}", "dismiss", f"page:{page.id}", told, desk.now)
    desk.hasten(KIND, last.id)
    return Understood("dismiss", "")


def enter(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """A key on the guest's own leg: into the room, while whoever has the call still wants them and has the person."""
    page, guest = pages.locked(desk.conn, desk.place.page), guests.locked(desk.conn, desk.place.guest)
    if page is None or guest is None or not may_share(page):
        return NotUnderstood()
    if guest.state != "entered" and not guests.move(desk.conn, guest.id, "entered", desk.now):
        return NotUnderstood()
    audit.write(desk.conn, f"guest:{guest.id}", "enter", f"page:{page.id}", {}, desk.now)
    desk.hasten(KIND, guest.id)
    return Understood("enter", "")


def answered(desk: Desk) -> None:
    """The guest's telephone was picked up, by somebody or by a machine."""
    sid = desk.sealer.seal_number(desk.sid)
    guests.move(desk.conn, desk.place.guest, "answered", desk.now, sid_sealed=sid)


def decline(desk: Desk) -> None:
    """The guest said no."""
    guests.move(desk.conn, desk.place.guest, "declined", desk.now)
    desk.hasten(KIND, desk.place.guest)


def _is_theirs(desk: Desk, page: PageView, number: str) -> bool:
    """Whether it is the number that the person calls from: a second ring in their hand may be seen by somebody else."""
    contact = contacts.by_id(desk.conn, page.contact_id)
    return contact is not None and contact.person == desk.sealer.pseudonym("person", number)


def _mine(desk: Desk) -> PageView | None:
    """The page of the leg at hand, while it is theirs and the person is there."""
    page = pages.locked(desk.conn, desk.place.page)
    mine = page is not None and may_share(page) and page.accepted_attempt == desk.place.attempt
    return page if mine else None


MEANINGS: Mapping[Asked, Callable[[Desk, Language, str], Understood | NotUnderstood]] = {
    "guest": number,
    "partner": partner,
    "invite": invite,
    "dismiss": dismiss,
    "enter": enter,
}
