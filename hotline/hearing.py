"""The number of somebody who hung up, for whoever has their page, where a life is in danger: against their PIN.

A meaning only, inside the turn's transaction. It opens nothing: a worker reads the number, to that leg alone.
"""

from collections.abc import Callable, Mapping

from hotline.desk import Desk
from hotline.store import attempts, audit, contacts, pages, pins
from ivr_flows.model import Asked, Language
from ivr_flows.signals import NotUnderstood, Understood

READ, TELL = "read_number", "tell_heard"


def pin(desk: Desk, language: Language, said: str) -> Understood | NotUnderstood:
    """The PIN of the responder on this leg: from here on the number is read to them, which the register and the
    operator know. Wrong, none at all and one guess too many are the same answer; `none`: we do not have the number."""
    attempt = attempts.by_id(desk.conn, desk.place.attempt)
    if attempt is None or attempt.responder_id is None:
        return NotUnderstood()
    if not pins.is_pin(desk.conn, desk.sealer, attempt.responder_id, said, desk.sid, desk.now):
        return NotUnderstood()
    page = pages.by_id(desk.conn, desk.place.page)
    if page is None or page.state != "accepted" or page.accepted_attempt != attempt.id or page.person_gone_at is None:
        return NotUnderstood()
    contact = contacts.by_id(desk.conn, page.contact_id)
    if contact is None or contact.number_sealed is None:
        return NotUnderstood("none")
    who, case = f"responder:{attempt.responder_id}", f"case:{page.case_id}"
    audit.write(desk.conn, who, "hear_number", case, {"page": page.id}, desk.now)
    desk.due(TELL, page.id)
    desk.due(READ, attempt.id)
    return Understood("pin", "")


MEANINGS: Mapping[Asked, Callable[[Desk, Language, str], Understood | NotUnderstood]] = {"pin": pin}
