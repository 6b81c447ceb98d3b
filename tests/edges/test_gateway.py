"""The gateway: the real SDK over real HTTP, against a server that answers what Twilio may answer, or does not."""

import json
import logging
import socket
import time
import traceback
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from hotline.telephone.gateway import Busy, Failure, Fate, Gateway, Participant, Recording, Refused, Unknown
from hotline.telephone.sms import Message

PERSON, LINE, ACCOUNT = "+15145550123", "+15145550100", "AC" + "0" * 32
CALLS, MESSAGES = f"/2010-04-01/Accounts/{ACCOUNT}/Calls", f"/2010-04-01/Accounts/{ACCOUNT}/Messages"
ROOMS = f"/2010-04-01/Accounts/{ACCOUNT}/Conferences"
SECRET_WORDS = "il est là"


class Carrier:
    """A server that gives the answers it was told to, in order (the last for ever), and keeps what it was asked."""

    def __init__(self):
        self.answers, self.asked, self.over = [], [], Event()
        carrier = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                carrier.serve(self)

            do_GET = do_POST

            def log_message(self, *args):
                """Test runs are quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=(0.005,), daemon=True).start()

    def serve(self, request):
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0)).decode()
        parts = urlsplit(request.path)
        fields = parse_qs(body or parts.query, keep_blank_values=True)
        self.asked.append((request.command, parts.path, fields, dict(request.headers)))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer is CUT:
            request.connection.shutdown(socket.SHUT_RDWR)
        elif answer is NOTHING:
            self.over.wait(5)
        else:
            self.send(request, *answer)

    def send(self, request, status, body):
        with suppress(OSError):
            request.send_response(status)
            request.send_header("Content-Type", "application/json")
            request.end_headers()
            request.wfile.write((body if isinstance(body, str) else json.dumps(body)).encode())

    def close(self):
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


CUT, NOTHING = "cut", "nothing"


@pytest.fixture
def carrier():
    carrier = Carrier()
    yield carrier
    carrier.close()


@pytest.fixture
def gateway(carrier):
    return Gateway(ACCOUNT, "secret", carrier.url, timeout=0.3)


def error(code, status=400):
    """An error as Twilio writes it, with the number in its message."""
    return status, {"code": code, "message": f"{PERSON} {SECRET_WORDS}", "status": status, "more_info": "https://x"}


RFC_9457 = {"type": "https://x/21211", "title": PERSON, "status": 400, "code": 21211, "detail": SECRET_WORDS}

ANSWERS = {
    "a bad number": (error(21211), Refused(21211), Refused(21211)),
    "RFC 9457": ((400, RFC_9457), Refused(21211), Refused(21211)),
    "blocked by the person": (error(21610), Refused(21610), Refused(21610)),
    "bad credentials": (error(20003, 401), Refused(20003), Refused(20003)),
    "not found": (error(20404, 404), Refused(20404), Refused(20404)),
    "too many": (error(20429, 429), Busy(20429), Busy(20429)),
    "too many, without a word": ((429, ""), Busy(429), Busy(429)),
    "calls are full": (error(10004), Busy(10004), Busy(10004)),
    "the queue is full": (error(21611), Busy(21611), Busy(21611)),
    "erased too early": (error(20009), Busy(20009), Busy(20009)),
    "a request time-out": ((408, ""), Unknown(408), Busy(408)),
    "a fault": (error(20500, 500), Unknown(20500), Busy(20500)),
    "a fault, in HTML": ((502, "<html>"), Unknown(502), Busy(502)),
    "a redirect": ((307, ""), Unknown(307), Busy(0)),
    "garbage": ((201, "<html>"), Unknown(0), Busy(0)),
    "a list where an object belongs": ((201, []), Unknown(0), Busy(0)),
    "null": ((201, "null"), Unknown(0), Busy(0)),
    "an object without a sid": ((201, {}), Unknown(0), Busy(0)),
    "a code that is a word": ((400, {"code": "no", "message": PERSON}), Unknown(0), Busy(0)),
    "a cut connection": (CUT, Unknown(0), Busy(0)),
    "nothing": (NOTHING, Unknown(0), Busy(0)),
}


def texted(gateway):
    return gateway.text(PERSON, LINE, SECRET_WORDS, "https://l.example/s", 60)


def called(gateway):
    return gateway.call(PERSON, LINE, "https://l.example/v", "https://l.example/s", 60)


def fetched(gateway):
    return gateway.call_status("CA1")


def failure_of(deed):
    with pytest.raises(Failure) as caught:
        deed()
    return caught.value


@pytest.mark.parametrize("deed", [texted, called, fetched])
@pytest.mark.parametrize(("answer", "of_a_deed", "of_a_question"), ANSWERS.values(), ids=ANSWERS)
def test_each_answer_is_refused_busy_or_unknown(carrier, gateway, deed, answer, of_a_deed, of_a_question):
    """What may have happened is never called Busy; a question may always be asked again."""
    carrier.answers = [answer]
    failure, expected = failure_of(lambda: deed(gateway)), of_a_question if deed is fetched else of_a_deed
    assert (type(failure), failure.code, len(carrier.asked)) == (type(expected), expected.code, 1)


@pytest.mark.parametrize("deed", [texted, called, fetched])
@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nowhere.invalid", "http://[::1]:1"])
def test_no_connection_is_busy(deed, url):
    """Nothing left this machine: a text may be tried again."""
    assert type(failure_of(lambda: deed(Gateway(ACCOUNT, "secret", url, timeout=2)))) is Busy


@pytest.mark.parametrize("answer", [error(21211), (400, RFC_9457), (500, PERSON), CUT, (201, "<html>")])
def test_an_error_tells_no_secret(carrier, gateway, answer):
    """Neither its text nor its traceback holds a number, a body or a URL."""
    carrier.answers = [answer]
    told = "".join(traceback.format_exception(failure_of(lambda: texted(gateway)), chain=True))
    assert not [secret for secret in (PERSON[1:], SECRET_WORDS, "Accounts") if secret in told]


def test_an_error_keeps_no_cause(carrier, gateway):
    """A logger that walks the chain of causes finds none of the SDK's."""
    carrier.answers = [error(21211)]
    failure = failure_of(lambda: texted(gateway))
    assert (failure.__cause__, failure.__context__) == (None, None)


def test_each_failure_says_whether_again_helps():
    """No, yes, and nobody knows."""
    assert [kind(0).again for kind in (Refused, Busy, Unknown)] == [False, True, None]


REFUSED_HERE = {
    "a text to a word": (21211, lambda g: g.text("anonymous", LINE, "a", "https://x", 60)),
    "an empty text": (21602, lambda g: g.text(PERSON, LINE, " ", "https://x", 60)),
    "a text too long": (21617, lambda g: g.text(PERSON, LINE, "a" * 1601, "https://x", 60)),
    "a text for ever": (20001, lambda g: g.text(PERSON, LINE, "a", "https://x", 36001)),
    "a text for no time": (20001, lambda g: g.text(PERSON, LINE, "a", "https://x", 0)),
    "a call to a service code": (21211, lambda g: g.call("911", LINE, "https://x", "https://x", 60)),
    "a call that rings too long": (20001, lambda g: g.call(PERSON, LINE, "https://x", "https://x", 601)),
    "words too long": (20001, lambda g: g.redirect("CA1", twiml="a" * 4001)),
}


@pytest.mark.parametrize(("code", "deed"), REFUSED_HERE.values(), ids=REFUSED_HERE)
def test_what_cannot_succeed_is_not_sent(carrier, gateway, code, deed):
    """Refused here, without a request."""
    failure = failure_of(lambda: deed(gateway))
    assert (type(failure), failure.code, carrier.asked) == (Refused, code, [])


WORDS_URL = {"Url": ["https://l.example/v"], "Method": ["POST"]}
DEEDS = {
    "call": (
        lambda g: g.call(PERSON, LINE, "https://l.example/v", "https://l.example/s", 60), "CA1", f"{CALLS}.json",
        WORDS_URL | {"To": [PERSON], "From": [LINE], "Timeout": ["60"], "StatusCallback": ["https://l.example/s"],
                     "StatusCallbackMethod": ["POST"],
                     "StatusCallbackEvent": ["initiated", "ringing", "answered", "completed"]},
    ),
    "text": (
        lambda g: g.text(PERSON, LINE, "Arrêt", "https://l.example/s", 60), "CA1", f"{MESSAGES}.json",
        {"To": [PERSON], "From": [LINE], "Body": ["Arrêt"], "StatusCallback": ["https://l.example/s"],
         "ValidityPeriod": ["60"]},
    ),
    "redirect": (lambda g: g.redirect("CA1", "https://l.example/v"), None, f"{CALLS}/CA1.json", WORDS_URL),
    "redirect to words": (
        lambda g: g.redirect("CA1", twiml="<Response/>"), None, f"{CALLS}/CA1.json", {"Twiml": ["<Response/>"]},
    ),
    "hang up": (lambda g: g.hang_up("CA1"), None, f"{CALLS}/CA1.json", {"Status": ["completed"]}),
    "announce": (
        lambda g: g.announce("CF1", "responder-7", "https://l.example/a"), None,
        f"{ROOMS}/CF1/Participants/responder-7.json",
        {"AnnounceUrl": ["https://l.example/a"], "AnnounceMethod": ["POST"]},
    ),
    "hold": (
        lambda g: g.hold("CF1", "person", "https://l.example/h"), None, f"{ROOMS}/CF1/Participants/person.json",
        {"Hold": ["true"], "HoldUrl": ["https://l.example/h"], "HoldMethod": ["POST"]},
    ),
    "no more hold": (
        lambda g: g.hold("CF1", "person", None), None, f"{ROOMS}/CF1/Participants/person.json", {"Hold": ["false"]},
    ),
    "redact": (lambda g: g.redact("SM1"), None, f"{MESSAGES}/SM1.json", {"Body": [""]}),
}  # fmt: skip


@pytest.mark.parametrize(("deed", "result", "path", "fields"), DEEDS.values(), ids=DEEDS)
def test_a_deed_is_exactly_this_request(carrier, gateway, deed, result, path, fields):
    """Field for field, posted once, with our account and token."""
    carrier.answers = [(201, {"sid": "CA1"})]
    assert deed(gateway) == result
    [(method, asked, sent, headers)] = carrier.asked
    assert (method, asked, sent) == ("POST", path, fields)
    assert (headers["Authorization"][:5], headers["Connection"]) == ("Basic", "close")


def test_redirect_wants_one_source_of_words(gateway):
    """Both or neither is a mistake of ours."""
    for words in ({}, {"url": "https://x", "twiml": "<Response/>"}):
        with pytest.raises(ValueError, match="not both"):
            gateway.redirect("CA1", **words)


def test_hanging_up_twice_is_no_error(carrier, gateway):
    """21220 says that the call is over already."""
    carrier.answers = [error(21220)]
    assert gateway.hang_up("CA1") is None


def test_statuses_are_twilios_words(carrier, gateway):
    """A call's status and a text's fate."""
    carrier.answers = [(200, {"status": "in-progress"}), (200, {"status": "failed", "error_code": 30003})]
    assert (gateway.call_status("CA1"), gateway.message_status("SM1")) == ("in-progress", Fate("failed", 30003))


def test_participants_are_those_in_the_room(carrier, gateway):
    """Call, label, and whether they are heard."""
    carrier.answers = [(200, {"participants": [{"call_sid": "CA1", "label": "person", "muted": False, "hold": True}]})]
    assert gateway.participants("CF1") == [Participant("CA1", "person", False, True)]


def test_who_is_on_hold_is_asked_of_every_room(carrier, gateway):
    """By label, in the rooms where a conversation goes on."""
    held = [{"call_sid": "CA1", "label": "person", "muted": False, "hold": True}]
    free = [{"call_sid": "CA2", "label": "person", "muted": False, "hold": False}]
    rooms = {"conferences": [{"sid": "CF1"}, {"sid": "CF2"}]}
    carrier.answers = [(200, rooms), (200, {"participants": held}), (200, {"participants": free})]
    assert gateway.held("person") == ["CF1"]


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def came(sid, seconds, **details):
    at = (NOON + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S +0000")
    inbound = {"from": PERSON, "to": LINE, "direction": "inbound", "num_media": "1", "body": sid.lower()}
    return inbound | {"sid": sid, "date_sent": at} | details


def test_texts_since_an_instant(carrier, gateway):
    """Inbound ones, page after page, exactly from that instant, the oldest first; an undated one is kept."""
    undated = came("SM5", 0, date_sent=None)
    first = [came("SM3", 9), undated, came("SM2", -1), came("SM4", 5, direction="outbound-api")]
    more = f"{MESSAGES}.json?Page=1&PageToken=x"
    carrier.answers = [(200, {"messages": first, "next_page_uri": more}), (200, {"messages": [came("SM1", 0)]})]
    found = gateway.texts_since(LINE, NOON.astimezone() + timedelta(microseconds=7))
    when = {"SM1": NOON, "SM3": NOON + timedelta(seconds=9), "SM5": None}
    assert found == [Message(sid, PERSON, LINE, sid.lower(), 1, came_at=when[sid]) for sid in when]
    asked = [fields for _, _, fields, _ in carrier.asked]
    assert asked[0] == {"To": [LINE], "DateSent>": ["2026-11-21"], "PageSize": ["200"]}
    assert asked[1]["PageToken"] == ["x"]


def test_recordings_since_an_instant(carrier, gateway):
    """Only what was said after a beep of ours and is complete, the oldest first."""
    made = {"call_sid": "CA1", "source": "RecordVerb", "status": "completed"}
    others = [{"source": "Conference"}, {"status": "processing"}, {"call_sid": None}]
    listed = [made | {"sid": "RE2"}, *(made | {"sid": "RE9"} | other for other in others), made | {"sid": "RE1"}]
    carrier.answers = [(200, {"recordings": listed})]
    found = gateway.recordings_since(NOON.astimezone() + timedelta(microseconds=7))
    assert found == [Recording("CA1", "RE1"), Recording("CA1", "RE2")]
    assert carrier.asked[0][2] == {"DateCreated>": [NOON.strftime("%Y-%m-%dT%H:%M:%SZ")], "PageSize": ["200"]}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [((200, {"incoming_phone_numbers": []}), True), (error(20003, 401), False), ((500, ""), False), (NOTHING, False)],
)
def test_reachable_is_an_answer_to_us(carrier, gateway, answer, expected):
    """Twilio answers, and knows our account."""
    carrier.answers = [answer]
    assert gateway.reachable() is expected


def test_a_silent_carrier_is_waited_for_no_longer_than_told(carrier, gateway):
    """Every wait has a deadline on our side (law 6)."""
    carrier.answers, before = [NOTHING], time.monotonic()
    failure_of(lambda: texted(gateway))
    assert 0.25 < time.monotonic() - before < 10  # a carrier without a deadline is waited for for ever


@pytest.fixture
def misleading(monkeypatch):
    """An environment that would send texts elsewhere: TWILIO_REGION turns 127.0.0.1 into 127.us1.0.1."""
    for name in ("TWILIO_REGION", "TWILIO_EDGE", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        monkeypatch.setenv(name, "us1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")


def test_no_proxy_stands_before_a_local_network(carrier, misleading):
    """The origin given is the one that is asked, under its own path."""
    carrier.answers = [(201, {"sid": "SM1"})]
    assert texted(Gateway(ACCOUNT, "secret", carrier.url + "/base/", timeout=2)) == "SM1"
    assert carrier.asked[0][1] == f"/base{MESSAGES}.json"


def test_the_environment_moves_no_host(misleading):
    """Twilio's own host stays Twilio's own."""
    sdk = Gateway(ACCOUNT, "secret")._client
    assert sdk.get_hostname("https://api.twilio.com/x") == "https://api.twilio.com/x"


def test_no_number_reaches_a_log(carrier, gateway, caplog):
    """Not even where everything is logged."""
    caplog.set_level(logging.DEBUG)
    carrier.answers = [(200, {"messages": []})]
    gateway.texts_since(LINE, NOON)
    assert not [record for record in caplog.records if LINE[1:] in record.getMessage()]
