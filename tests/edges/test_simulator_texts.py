"""Texts: parts, statuses, media, erasure, and the carrier's own words."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from hotline.simulator.cookies import Jars
from tests.system.telephone import Device
from tests.town import CALLER, DEPUTY, LINE, NOBODY, PAGES, RESPONDER, Page, Town, fetched, refusal, town


@pytest.fixture(scope="module")
def _town() -> Iterator[Town]:
    with town() as built:
        yield built


@pytest.fixture
def here(_town: Town) -> Town:
    return _town.fresh()


def test_a_text_is_delivered_and_told(here: Town) -> None:
    """A text to a handset is sent, then delivered, and each is told once."""
    phone = here.telephone.device(CALLER)
    sent = here.client.messages.create(
        to=CALLER, from_=LINE, body="Bon moment? 1 oui, 2 non.", status_callback=f"{here.line.url}/fate"
    )
    assert phone.receives("Bon moment?") == "Bon moment? 1 oui, 2 non."
    here.waits_for("/fate", times=2)
    assert [form["MessageStatus"] for form in here.line.forms("/fate")] == ["sent", "delivered"]
    assert here.client.messages(sent.sid).fetch().status == "delivered"


@pytest.mark.parametrize(("to", "error"), [(NOBODY, "30003"), (RESPONDER, "30036")])
def test_a_text_that_cannot_arrive_says_why(here: Town, to: str, error: str) -> None:
    """Nobody's number is unreachable; a handset that stays off outlives the validity period."""
    here.telephone.device(RESPONDER).behaves("off")
    here.client.messages.create(
        to=to, from_=LINE, body="OK.", validity_period=10, status_callback=f"{here.line.url}/fate"
    )
    form = here.waits_for("/fate", times=2)
    assert ("undelivered", error) == (form["MessageStatus"], form["ErrorCode"])


def test_a_text_waits_for_a_handset_that_comes_back(here: Town) -> None:
    """A handset that is switched on in time gets what was waiting."""
    phone = here.telephone.device(CALLER).behaves("off")
    here.client.messages.create(to=CALLER, from_=LINE, body="OK.", validity_period=600)
    phone.does_not_receive(within=5).behaves("hand").receives("OK.")


@pytest.mark.parametrize(
    ("expected", "given"),
    [
        ((400, 21617), {"body": "a" * 1601}),
        ((400, 21606), {"from_": NOBODY}),
        ((400, 21211), {"to": "5145550123"}),
        ((400, 21602), {"body": ""}),
    ],
)
def test_a_text_is_refused(here: Town, expected: tuple[int, int], given: dict[str, str]) -> None:
    """A text over 1600 characters, from another's number, to no number or without words is refused."""
    assert expected == refusal(here.client.messages.create, **({"to": CALLER, "from_": LINE, "body": "OK."} | given))


def test_a_typed_text_reaches_the_line_and_its_reply_comes_back(here: Town) -> None:
    """The webhook carries the text; Message in its answer is delivered."""
    here.line.says("/twilio/sms", "<Message>Quelqu'un lit vos messages.</Message>")
    phone = here.telephone.device(CALLER)
    phone.texts("à l'aide", to=LINE).receives("Quelqu'un lit")
    form = here.waits_for("/twilio/sms")
    expected = ("à l'aide", CALLER, LINE, "0", "received")
    assert expected == tuple(form[name] for name in ("Body", "From", "To", "NumMedia", "SmsStatus"))


def test_a_text_the_line_could_not_take_is_listed(here: Town) -> None:
    """A text answered by 503 is not taken, is no fault, and stays listed as received."""
    here.line.documents["/twilio/sms"] = (503, "text/xml", "")
    here.telephone.device(CALLER).texts("danger", to=LINE)
    here.telephone.eventually(lambda: here.telephone.ledger("not-taken"))
    hour = timedelta(hours=1)
    listed = here.client.messages.list(to=LINE, date_sent_after=now(here) - hour, date_sent_before=now(here) + hour)
    assert [(text.body, text.direction, text.status) for text in listed] == [("danger", "inbound", "received")]
    assert here.client.messages.list(to=LINE, date_sent_after=now(here) + hour) == []
    assert here.fault_codes() == []


def now(here: Town) -> datetime:
    return datetime.fromisoformat(here.telephone.ask("GET", "/sim/network")["now"]).astimezone(UTC)


def test_a_text_is_redacted_then_deleted(here: Town) -> None:
    """An empty Body redacts and keeps the row; delete removes it."""
    phone = here.telephone.device(CALLER)
    sent = here.client.messages.create(to=CALLER, from_=LINE, body="OK.")
    phone.receives("OK.")
    message = here.client.messages(sent.sid)
    here.telephone.eventually(lambda: message.fetch().status == "delivered")
    assert message.update(body="").body == ""
    assert message.delete()
    assert refusal(message.fetch) == (404, 20404)


@pytest.mark.parametrize(("body", "parts"), [("Montréal", "1"), ("a" * 161, "2"), ("ê" * 71, "2"), ("ê" * 70, "1")])
def test_segments_are_counted_as_the_network_does(here: Town, body: str, parts: str) -> None:
    """One character outside GSM-7 makes every part 70 long."""
    assert here.client.messages.create(to=NOBODY, from_=LINE, body=body).num_segments == parts


# --- media and erasure ------------------------------------------------------------------------------------------------

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


def pictured(here: Town, count: int = 1) -> dict[str, str]:
    """A text with so many pictures; the form of its webhook."""
    here.telephone.device(CALLER)
    picture = {"content_type": "image/gif", "data": base64.b64encode(PIXEL).decode()}
    path = f"/sim/handsets/{CALLER.replace('+', '%2B')}/text"
    here.telephone.ask("POST", path, {"to": LINE, "body": "voici", "media": [picture] * count})
    return here.waits_for("/twilio/sms")


def test_pictures_are_fetched_with_the_credentials_then_elsewhere(here: Town) -> None:
    """Without credentials 401; with them a redirect to another host, where they must not follow."""
    form = pictured(here, 2)
    assert (form["NumMedia"], form["MediaContentType1"], form["MessageSid"][:2]) == ("2", "image/gif", "MM")
    assert fetched(here, form["MediaUrl0"], token="").status_code == 401
    found = fetched(here, form["MediaUrl0"])
    assert (found.content, found.headers["Content-Type"], len(found.history)) == (PIXEL, "image/gif", 1)
    assert here.fault_codes() == []
    elsewhere = found.history[0].headers["Location"]
    assert fetched(here, elsewhere).status_code == 400
    assert here.fault_codes() == [0]


def test_pictures_are_listed_and_deleted(here: Town) -> None:
    """A deleted picture is gone from its address and its list; deleting the text takes the others."""
    form = pictured(here, 2)
    message = here.client.messages(form["MessageSid"])
    listed = message.media.list()
    assert [one.content_type for one in listed] == ["image/gif", "image/gif"]
    assert message.media(listed[0].sid).delete()
    assert refusal(message.media(listed[0].sid).fetch) == (404, 20404)
    assert message.delete()
    assert fetched(here, form["MediaUrl1"]).status_code == 404


def test_a_text_takes_ten_media_at_most(here: Town) -> None:
    """Eleven are refused on the way out and on the way in."""
    urls = [f"{here.line.url}/{index}.gif" for index in range(11)]
    assert refusal(here.client.messages.create, to=CALLER, from_=LINE, media_url=urls) == (400, 21623)
    with pytest.raises(AssertionError, match="10 media"):
        pictured(here, 11)


def test_the_lines_own_pictures_are_fetched_and_shown(here: Town) -> None:
    """MediaUrl is fetched from the line; one that cannot be had fails the text."""
    here.line.documents["/carte.gif"] = Page(PIXEL, kind="image/gif")
    phone = here.telephone.device(CALLER)
    given = {"to": CALLER, "from_": LINE, "body": "carte", "status_callback": f"{here.line.url}/fate"}
    sent = here.client.messages.create(media_url=[f"{here.line.url}/carte.gif"], **given)
    phone.receives("carte")
    assert (sent.sid[:2], here.client.messages(sent.sid).fetch().num_media) == ("MM", "1")
    here.line.documents["/carte.gif"] = Page(status=404)
    here.client.messages.create(media_url=[f"{here.line.url}/carte.gif"], **given)
    here.telephone.eventually(lambda: here.line.forms("/fate")[-1]["MessageStatus"] == "failed")


def test_a_text_may_be_kept_by_nobody(here: Town) -> None:
    """ContentRetention=discard forgets the words once it is over, AddressRetention=obfuscate the number."""
    phone = here.telephone.device(CALLER)
    kept = {"content_retention": "discard", "address_retention": "obfuscate"}
    sent = here.client.messages.create(to=CALLER, from_=LINE, body="OK.", **kept)
    phone.receives("OK.")
    here.telephone.eventually(lambda: here.client.messages(sent.sid).fetch().status == "delivered")
    found = here.client.messages(sent.sid).fetch()
    assert (found.body, found.to) == ("", f"{CALLER[:-4]}XXXX")


def test_a_text_on_its_way_cannot_be_erased(here: Town) -> None:
    """Before its end redaction and deletion are 20009; one that has not left can be canceled."""
    here.telephone.device(CALLER).behaves("off")
    sent = [here.client.messages.create(to=CALLER, from_=LINE, body="a" * 1600).sid for _ in range(3)]
    assert refusal(here.client.messages(sent[0]).update, body="") == (400, 20009)
    assert refusal(here.client.messages(sent[0]).delete) == (400, 20009)
    assert here.client.messages(sent[2]).update(status="canceled").status == "canceled"


def test_a_sender_sends_one_part_a_second() -> None:
    """Texts of one number leave one part a second, in order; another number does not wait for them."""
    with town(20, SIMULATOR_TPS="1") as slow:
        phone, other = slow.telephone.device(CALLER), slow.telephone.device(DEPUTY)
        for number in range(4):
            slow.client.messages.create(to=CALLER, from_=LINE, body=f"texto {number}")
        slow.client.messages.create(to=DEPUTY, from_=PAGES, body="page")
        other.receives("page")
        for number in range(4):
            phone.receives(f"texto {number}")
        first, *_, last = phone.moments("text", "texto")
        assert 2.5 <= (last - first).total_seconds() <= 6


# --- the carrier's own words ------------------------------------------------------------------------------------------


def words(here: Town, mode: str) -> Device:
    here.telephone.ask("POST", "/sim/keywords", {"mode": mode})
    return here.telephone.device(CALLER)


def refused_text(here: Town) -> tuple[int, int]:
    return refusal(here.client.messages.create, to=CALLER, from_=LINE, body="OK.")


def test_the_carrier_stops_texts_by_itself(here: Town) -> None:
    """In the default mode STOP is answered and obeyed by the carrier, comes to us all the same, and START undoes it."""
    phone = words(here, "default")
    phone.texts(" stop ", to=LINE).receives("unsubscribed")
    assert "OptOutType" not in here.waits_for("/twilio/sms")
    assert refused_text(here) == (400, 21610)
    phone.texts("START", to=LINE).receives("re-subscribed")
    assert here.client.messages.create(to=CALLER, from_=LINE, body="OK.").status == "queued"


@pytest.mark.parametrize(("word", "kind"), [("Arrêt", "STOP"), ("aide", "HELP"), ("DÉBUT", "START")])
def test_advanced_words_say_what_they_mean(here: Town, word: str, kind: str) -> None:
    """With Advanced Opt-Out our words count, accents or not, and the webhook says OptOutType and the service."""
    words(here, "advanced").texts(word, to=LINE).receives("")
    form = here.waits_for("/twilio/sms")
    assert (form["OptOutType"], form["MessagingServiceSid"][:2]) == (kind, "MG")


def test_advanced_opt_out_holds_for_the_whole_service(here: Town) -> None:
    """Who stops one number has stopped them all; a text over the service is refused too."""
    words(here, "advanced").texts("STOP", to=LINE).receives("OK.")
    service = here.waits_for("/twilio/sms")["MessagingServiceSid"]
    given = {"to": CALLER, "body": "OK."}
    assert refusal(here.client.messages.create, from_=PAGES, **given) == (400, 21610)
    assert refusal(here.client.messages.create, messaging_service_sid=service, **given) == (400, 21610)
    assert refusal(here.client.messages.create, messaging_service_sid="MG" + "0" * 32, **given) == (400, 21701)


@pytest.mark.parametrize(("mode", "word"), [("off", "STOP"), ("default", "ARRET"), ("default", "stop svp")])
def test_other_words_are_the_lines_alone(here: Town, mode: str, word: str) -> None:
    """Switched off, in French, or among other words, nothing is answered or blocked."""
    phone = words(here, mode).texts(word, to=LINE)
    here.waits_for("/twilio/sms")
    phone.does_not_receive(within=2)
    assert here.client.messages.create(to=CALLER, from_=LINE, body="OK.").status == "queued"


# --- replies ----------------------------------------------------------------------------------------------------------


def test_a_text_that_fails_goes_to_the_numbers_fallback(here: Town) -> None:
    """The SMS fallback is requested with what went wrong, and its reply is sent."""
    number = here.client.incoming_phone_numbers.list(phone_number=LINE)[0]
    number.update(sms_fallback_url=f"{here.line.url}/spare")
    here.line.documents["/twilio/sms"] = (500, "text/plain", "")
    here.line.says("/spare", "<Message>secours</Message>")
    here.telephone.device(CALLER).texts("allô", to=LINE).receives("secours")
    assert here.waits_for("/spare")["ErrorCode"] == "11200"


def test_plain_text_is_the_reply_and_a_redirect_goes_on(here: Town) -> None:
    """text/plain is sent as it is; Redirect asks the next document; another verb is 14110."""
    here.line.says("/twilio/sms", "<Redirect>/next</Redirect>")
    here.line.documents["/next"] = (200, "text/plain", "Bonjour")
    phone = here.telephone.device(CALLER)
    phone.texts("allô", to=LINE).receives("Bonjour")
    here.line.says("/twilio/sms", "<Say>Bonjour</Say>")
    phone.texts("allô", to=LINE)
    here.telephone.eventually(lambda: here.fault_codes() == [14110])


def test_replies_without_end_are_stopped(here: Town) -> None:
    """The sixteenth reply in thirty seconds between two numbers is 14107."""
    here.line.says("/twilio/sms", "<Message>a</Message>" * 16)
    here.telephone.device(CALLER).texts("allô", to=LINE)
    here.telephone.eventually(lambda: here.fault_codes() == [14107])


def test_cookies_of_texts_are_kept_for_a_pair_of_numbers(here: Town) -> None:
    """The same two numbers get their cookie back; another person does not."""
    here.line.documents["/twilio/sms"] = Page(headers=(("Set-Cookie", "tour=2"),))
    for number in (CALLER, CALLER, DEPUTY):
        seen = len(here.line.asked)
        here.telephone.device(number).texts("allô", to=LINE)
        here.telephone.eventually(lambda seen=seen: len(here.line.asked) > seen)
    assert [one.cookie for one in here.line.asked] == ["", "tour=2", ""]


def test_cookies_of_texts_expire_after_four_hours() -> None:
    """Four hours without traffic empty the jar; an answer that sets nothing forgets the cookie."""
    jars, at = Jars(), datetime(2026, 11, 1, tzinfo=UTC)
    jars.keep("a b", "http://ligne.test/sms", ["tour=2; Path=/", "bad cookie;;"])
    assert jars.header("a b", "http://ligne.test/sms", at) == "tour=2"
    assert jars.header("a b", "http://ailleurs.test/sms", at) == ""
    assert jars.header("a b", "http://ligne.test/sms", at + timedelta(hours=4, seconds=1)) == ""
    jars.keep("a b", "http://ligne.test/sms", ["tour=3"])
    jars.keep("a b", "http://ligne.test/sms", ["tour=; Max-Age=0"])
    assert jars.header("a b", "http://ligne.test/sms", at + timedelta(hours=4, seconds=2)) == ""
