"""The person on hold while the responder is out of the room, and back: as the carrier holds one participant.

Their call is redirected nowhere. Whatever comes later of the two wins: nobody stays on hold with a responder in the
room. A person whose responder's telephone is gone leaves room and hold alike: `back` takes them to the queue.
"""

from hotline.store import pages, work
from hotline.store.pages import PageView
from hotline.store.work import Claim
from workers.hands import Hands

NOTHING = "nothing to do"


def hold(own: Hands, claim: Claim) -> str:
    """The person hears words of ours, and nothing at all where all must be quiet."""
    page, ended = _here(own, claim)
    if page is None or ended or page.state != "accepted" or page.person_in_room_at is None:
        return NOTHING
    quiet = "/quiet" if page.quiet else ""
    _holds(own, page, f"{own.settings.public_url}/twilio/hold/{page.language or 'fr'}{quiet}")
    page, ended = _here(own, claim)
    if page is not None and ended:  # they came back meanwhile, and their word may have been carried out first
        _holds(own, page, None)
        return "they are back"
    return "held"


def unhold(own: Hands, claim: Claim) -> str:
    """The person is in the room again."""
    page, _ = _here(own, claim)
    if page is None or page.person_in_room_at is None:
        return NOTHING
    _holds(own, page, None)
    return "no more hold"


def _here(own: Hands, claim: Claim) -> tuple[PageView | None, bool]:
    """The page, if its room is known, and whether the hold of this row was ended by a later one."""
    with own.store.turn() as conn:
        page = pages.by_id(conn, claim.subject_id)
        ended = work.newest(conn, "unhold", claim.subject_id) > claim.work_id
    return (page if page is not None and page.conference is not None else None), ended


def _holds(own: Hands, page: PageView, url: str | None) -> None:
    if page.conference is not None:
        own.gateway.hold(own.sealer.open_conference(page.conference), "person", url)
