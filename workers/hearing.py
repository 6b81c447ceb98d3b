"""The number of somebody whose life is in danger, read to the leg that gave its PIN, and to no other ear.

It is opened here, said in the call itself, and is in no address, row or log.
"""

from hotline.places import Links
from hotline.rules import saying
from hotline.store import attempts, cases, contacts, pages
from hotline.store.work import Claim
from hotline.telephone import twiml
from ivr_flows.model import Language, Place
from workers import responder, telling
from workers.hands import Hands

NOTHING = "nothing to do"
LISTENS_FOR = 5  # seconds, after it was read
HEARD: dict[Language, tuple[str, str]] = {
    "fr": ("Le numéro: {}.", "Encore une fois: {}."),
    "en": ("The number: {}.", "Once more: {}."),
}
TOLD = "Ligne: code {code}, le numero de la personne a ete entendu par qui a la demande. Voir le registre."


def read_number(own: Hands, claim: Claim) -> str:
    """Twice, in groups, to the leg that asked, if the page is still theirs; then their menu again."""
    with own.store.turn() as conn:
        attempt = attempts.by_id(conn, claim.subject_id)
        page = pages.by_id(conn, attempt.page_id) if attempt is not None else None
        contact = contacts.by_id(conn, page.contact_id) if page is not None else None
        wrapped = cases.wrapped_key(conn, page.case_id) if page is not None else None
    if attempt is None or page is None or page.state != "accepted" or page.accepted_attempt != attempt.id:
        return NOTHING
    sid = responder.sid_of(own, page)
    if sid is None or contact is None or contact.number_sealed is None or wrapped is None:
        return NOTHING
    language = responder.language_of(own, page)
    number = grouped(own.opener.open_case(wrapped, contact.number_sealed).decode(), language)
    place = Place(own.team.name, own.team.doors["number"], language, page=page.id, attempt=attempt.id)
    go_on = Links(own.sealer, own.settings.public_url, sid, page.id).to(place, "key")
    words = "".join(twiml.say(sentence.format(number), language) for sentence in HEARD[language])
    listens = twiml.gather(words, LISTENS_FOR, go_on, empty_too=True)
    own.gateway.redirect(sid, twiml=twiml.document(listens, twiml.redirect(go_on)))
    return "read"


def grouped(number: str, language: Language) -> str:
    """Figure by figure, in the groups that people write; of another country in twos."""
    if number.startswith("+1") and len(number) == 12:
        return saying.telephone(number, language).said
    figures = "".join(figure for figure in number if figure.isdecimal())
    return "; ".join(saying.digits(figures[at : at + 2], language) for at in range(0, len(figures), 2))


def tell_heard(own: Hands, claim: Claim) -> str:
    """The operator knows that a number was heard: a code, and nothing of the person or of who heard it."""
    with own.store.turn() as conn:
        page = pages.by_id(conn, claim.subject_id)
    if page is None:
        return NOTHING
    telling.ops(own, TOLD.format(code=page.code), page.id)
    return "told"
