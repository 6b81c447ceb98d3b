"""The canary: a marked number and a marked sentence go through every door, and are then looked for everywhere.

The whole line runs as its operator starts it. Workers are stopped for a while, so that what waits in Redis is seen too.
A door that is added to the carrier's app must be listed here with a way through it; one that nobody knocked at fails.
"""

import base64
import re
import time
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import unquote_plus, urlencode
from urllib.request import Request

import pytest
import redis

from hotline.webhooks import ROUTES
from tests.system.running import OPENER, Up, until
from tests.system.telephone import Device, Telephone

LINE, TEAM, PAGES_COME_FROM = "+15145550100", "+15145550142", "+15145550102"
DIGITS, WORD = "4385550177", "zqcanari"
NUMBER = f"+1{DIGITS}"
SENTENCE = f"il y a des filles au {WORD} de la rue Z"


# ── the ways through ──────────────────────────────────────────────────────────────────────────────────────────────


class Canary:
    """The line, one marked telephone, and a responder."""

    def __init__(self, up: Up) -> None:
        self.up = up
        self.telephone = Telephone(up.ready["simulator"])
        self.fresh()

    def fresh(self) -> None:
        """Telephones that have heard nothing yet, and no page that is still open."""
        self.up.sql("update pages set state = 'done', done_at = now(), outcome = 'test' where state <> 'done'")
        self.up.sql("update contacts set ended_at = now() where channel = 'text' and ended_at is null")
        self.telephone.reset()
        self.person, self.responder = self.telephone.device(NUMBER), self.telephone.device(TEAM)
        self.answers: list[str] = []  # what the line answered to what we posted ourselves

    def knocks(self, path: str, **form: str) -> int:
        """A signed request that names the person in every field there is."""
        about = {"From": NUMBER, "Caller": NUMBER, "CallerName": SENTENCE, "To": LINE, "Body": SENTENCE}
        status, body, _ = self.up.post(path, {"CallSid": "CA" + "7" * 32, **about, "Digits": DIGITS, **form})
        self.answers.append(body)
        return status

    def calls(self) -> Device:
        return self.person.dials(LINE).hears("Bonjour.")

    def met(self) -> None:
        """The two are in one room, and the line has been told so: who is not known to be there is told nothing."""
        known = "select met_at is not null from pages order by id desc limit 1"
        self.telephone.eventually(lambda: self.up.sql(known) == [(True,)], 60, "their meeting")


def opening(canary: Canary) -> None:
    canary.calls().hangs_up()


def urgent_and_met(canary: Canary) -> None:
    canary.calls().presses("9")
    canary.responder.rings().answers().hears("Code").presses("1").hears("Parlez.")
    canary.person.hears("Quelqu'un est là.").says(SENTENCE).hangs_up()
    canary.responder.hears("Pour terminer, le trois.").presses("3").hears("C'est terminé.")


def cannot_speak(canary: Canary) -> None:
    canary.calls().presses("55")
    canary.responder.rings().answers().hears("Code").presses("1").hears("Écoutez.")
    canary.person.hangs_up()
    canary.responder.hears("Pour terminer, le trois.").presses("3").hears("C'est terminé.")


def private_menu(canary: Canary) -> None:
    canary.calls().presses("9")
    canary.responder.rings().answers().hears("Code").presses("1").hears("Parlez.")
    canary.met()
    canary.responder.presses("*").hears("Pour revenir")
    canary.person.hears("je reviens")
    canary.responder.presses("3").hears("en attente").presses("1").hears("est en attente")
    canary.person.hears("je reviens")
    canary.responder.presses("4").hears("plus en attente")
    canary.person.hangs_up()
    canary.responder.hangs_up()


def a_guest(canary: Canary) -> None:
    """The responder keys the marked number into the call, and whoever answers there says the sentence."""
    caller = canary.telephone.device("+15145550123").dials(LINE).hears("Bonjour.").presses("9")
    canary.responder.rings().answers().hears("Code").presses("1").hears("Parlez.")
    canary.telephone.eventually(lambda: caller.call["conference"] and not caller.call["alone"])
    canary.responder.presses("*").hears("Pour revenir").presses("2").hears("retirer").presses("2").hears("répartition")
    canary.responder.presses("3").hears("un numéro").presses("3").hears("dix chiffres").presses(DIGITS)
    canary.responder.hears("Pour appeler, le un").presses("1").hears("Nous appelons.")
    canary.person.rings().answers().hears("un appel, maintenant").presses("1").hears("On vous entend.").says(SENTENCE)
    canary.responder.hears("est dans l'appel")
    canary.person.hangs_up()
    canary.responder.hears("a quitté l'appel").hangs_up()


def tip_by_voice(canary: Canary) -> None:
    canary.calls().presses("*").hears("For help").presses("2").hears("Do not give").presses("2").hears("happening now")
    canary.person.presses("1").hears("under eighteen").presses("1").hears("To leave only").presses("2")
    canary.person.hears("press one. Then").presses("1").hears("[bip]").says(SENTENCE).presses("1")
    canary.person.hears("Your follow-up number is").presses("2").hears("by text").presses("2")
    canary.person.hears("We are sending it to you").presses("4")
    canary.person.receives("You can delete this.")
    canary.responder.rings().answers().hears("Code").presses("1").hears("laissé sans numéro").presses("3")


def tip_erased_and_wrong_numbers(canary: Canary) -> None:
    canary.calls().presses("*").hears("For help").presses("2").hears("Do not give").presses("3").hears("twelve digits")
    canary.person.presses(f"{DIGITS}77").hears("We found nothing").presses("3").hears("happening now").presses("2")
    canary.person.hears("under eighteen").presses("2").hears("press one. Then").presses("1").hears("[bip]")
    canary.person.says(SENTENCE).presses("#")


def callback_by_voice(canary: Canary) -> None:
    """A number is typed, the promise made and kept, and they say the sentence to whoever calls."""
    canary.calls().presses("1").hears("Pour être rappelé").presses("2").hears("À un autre numéro").presses("2")
    canary.person.hears("dix chiffres").presses(DIGITS).hears("Si c'est bien").presses("1").hears("maintenant")
    canary.person.presses("1").hears("mot de passe").presses("2").hears("Pour confirmer").presses("1")
    canary.person.hears("C'est promis")
    canary.responder.rings(120).answers().hears("Code").presses("1").hears("Pour appeler la personne", 60).presses("1")
    canary.person.rings().answers().hears("Bonjour.").says(SENTENCE).hangs_up()
    canary.responder.hangs_up()


def tip_by_text(canary: Canary) -> None:
    canary.person.texts(f"RENSEIGNEMENT je veux signaler: {SENTENCE}, tel {DIGITS}", LINE).receives("Pas de nom.")
    canary.person.texts("1", LINE).receives("Gardez-le")
    canary.person.texts(f"{DIGITS}00", LINE).receives("Rien sous ce numéro.")
    canary.person.texts(f"encore: {SENTENCE}", LINE)


def callback_by_text(canary: Canary) -> None:
    canary.person.texts("RAPPEL", LINE).receives("Quand?")
    canary.person.texts("2", LINE).receives("Quel numéro?")
    canary.person.texts("438 555-0177", LINE).receives("si c'est faux")
    canary.person.texts("demain 14h", LINE).receives("oui")
    canary.person.texts(WORD, LINE).receives("oui")
    canary.person.texts("1", LINE).receives("promis")


def urgent_by_text(canary: Canary) -> None:
    canary.person.texts(f"au secours, {SENTENCE}, je suis au 438-555-0177", LINE)
    canary.responder.rings().answers().hears("Code").presses("1").hears(WORD).presses("3").hears("C'est terminé.")
    canary.person.texts("STOP", LINE)


def a_conversation_by_text(canary: Canary) -> None:
    """A responder takes it in writing, writes the sentence to the person, and hears theirs by calling the line."""
    _, staff_code, _, pin = canary.up.command("responder", "pin", "Intervention", "--draw").split()
    canary.person.texts("au secours", LINE)
    found = re.search(r"\d{6}", canary.responder.receives("Urgence. Code"))
    assert found is not None
    code = found[0]
    canary.responder.texts(f"1 {code}", PAGES_COME_FROM).receives("à vous")
    canary.responder.texts(f"{code} {SENTENCE}, {DIGITS}", PAGES_COME_FROM)
    canary.person.receives(WORD)
    canary.person.texts(SENTENCE, LINE)
    canary.responder.receives("nouveau message")
    canary.responder.dials(LINE).hears("Pour de l'aide", 30).presses("7").hears("Le code").presses(staff_code + pin)
    canary.responder.hears("Vous êtes en service.").presses("1").hears(WORD).hangs_up()
    canary.responder.texts(f"fini {code}", PAGES_COME_FROM).receives("terminé")


def sql_is_away(canary: Canary) -> None:
    """The last resort, and texts that the carrier must bring again."""
    with canary.up.stopped("postgres"):
        assert canary.knocks("/twilio/sms", MessageSid="SM" + "7" * 32) == 503
        assert canary.knocks("/twilio/voice") == 200
        assert canary.knocks("/twilio/voice/status", CallStatus="completed") == 503
    until(canary.up.healthy, 60, "the line is whole again")


def bad_requests(canary: Canary) -> None:
    """Unsigned, of another kind, or for an address that is none: refused with nothing in it."""
    web, form = canary.up.ready["web"], urlencode({"From": NUMBER, "Body": SENTENCE}).encode()
    kinds = ("application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x")
    for path in ("/twilio/sms", "/twilio/voice", f"/twilio/{DIGITS}", f"/{DIGITS}?q={WORD}", f"/metrics?q={WORD}"):
        for kind in kinds:
            request = Request(f"{web}{path}", form, {"Content-Type": kind, "X-Twilio-Signature": WORD}, method="POST")
            with pytest.raises(HTTPError) as refused:
                OPENER.open(request, timeout=10)
            with refused.value as answer:
                assert (answer.code, answer.read()) in ((403, b""), (405, b""))


def every_address(canary: Canary) -> None:
    """Each address of the app, signed, with the person in every field and in every variable part."""
    for at, rule in enumerate(ROUTES):
        for value in (DIGITS, WORD, "x"):
            sid = f"{at:030}{len(value):02}"
            canary.knocks(re.sub(r"<[^>]+>", value, rule), MessageSid=f"SM{sid}", RecordingSid=f"RE{sid}")


WAYS: tuple[Callable[[Canary], None], ...] = (
    opening, urgent_and_met, cannot_speak, private_menu, a_guest, tip_by_voice, tip_erased_and_wrong_numbers,
    callback_by_voice, tip_by_text, callback_by_text, urgent_by_text, a_conversation_by_text, sql_is_away,
    bad_requests, every_address,
)  # fmt: skip
DOORS: dict[str, str] = {
    "/twilio/voice": "opening",
    "/twilio/sms": "tip_by_text",
    "/twilio/voice/status": "opening",
    "/twilio/sms/status": "every_address",
    "/twilio/turn/<intent>/<token>": "urgent_and_met",
    "/twilio/leg/<token>": "urgent_and_met",
    "/twilio/text/<kind>/<token>": "tip_by_text",
    "/twilio/person/<token>": "callback_by_voice",
    "/twilio/room/<token>": "urgent_and_met",
    "/twilio/recording/<token>": "tip_by_voice",
    "/twilio/back-soon/<language>": "private_menu",
    "/twilio/told/<what>/<language>": "a_guest",
    "/twilio/guest/<token>": "a_guest",
    "/twilio/hold/<language>": "private_menu",
    "/twilio/hold/<language>/<quiet>": "every_address",
    "/twilio/last/<word>": "every_address",
    "/twilio/last/<word>/<quiet>": "every_address",
}
"""Each address of the carrier's app, and a way that knocks at it with what it takes."""


def test_every_door_has_a_way_through_it() -> None:
    """A door that is added without one fails here."""
    assert set(ROUTES) == set(DOORS)
    assert set(DOORS.values()) <= {way.__name__ for way in WAYS}


# ── looking ───────────────────────────────────────────────────────────────────────────────────────────────────────


def shapes(text: str) -> set[bytes]:
    """A text as it may stand somewhere: as it is, in hexadecimal, and in base64 wherever in it it begins."""
    raw = text.encode()
    coded = {base64.b64encode(b"\0" * at + raw)[(0, 2, 3)[at] : -4] for at in range(3)}
    return {raw, raw.hex().encode(), raw.hex().upper().encode(), *coded}


NEEDLES = shapes(DIGITS) | shapes(WORD)
GAPS = re.compile(rb"(?<=\d)[ .()-]{1,2}(?=\d)")


def found(haystack: bytes) -> list[bytes]:
    """The needles in it, also of a number that is written in groups, escaped or in capitals."""
    short = haystack.decode("latin-1") if len(haystack) < 10**6 else ""
    held = (haystack, haystack.lower(), GAPS.sub(b"", unquote_plus(short).encode("utf-8", "replace")))
    return [needle for needle in sorted(NEEDLES) if any(needle in each for each in held)]


@pytest.mark.parametrize(
    "written", [NUMBER, "438-555-0177", "(438) 555-0177", "438 555 0177", "ZQCANARI", "%2B14385550177", "%28438%29"]
)
def test_the_eye_sees_the_canary(written: str) -> None:
    """However it is written: what finds nothing must be able to find something."""
    assert bool(found(f"ici {written}, et plus".encode())) == (written != "%28438%29")


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_the_eye_sees_through_codes(before: str) -> None:
    """In hexadecimal and base64, wherever it begins."""
    whole = f"{before}{NUMBER} {SENTENCE}".encode()
    assert len(found(whole.hex().encode())) == len(found(base64.b64encode(whole))) == 2


def in_tables(up: Up) -> Iterator[tuple[str, bytes]]:
    """Every row of every table, as text; bytes are in hexadecimal there."""
    names = "quote_ident(schemaname) || '.' || quote_ident(tablename)"
    for (table,) in up.sql(f"select {names} from pg_tables where schemaname in ('public', 'keys')"):
        yield from ((table, row.encode()) for (row,) in up.sql(f"select t::text from {table} t"))


def in_redis(up: Up) -> Iterator[tuple[str, bytes]]:
    """Every key and every value, and what is packed in it."""
    with redis.Redis.from_url(up.settings["REDIS_URL"]) as client:
        for key in client.scan_iter(count=1000):
            kinds = {
                b"string": lambda key=key: [client.get(key)],
                b"hash": lambda key=key: [each for pair in client.hgetall(key).items() for each in pair],
                b"list": lambda key=key: client.lrange(key, 0, -1),
                b"set": lambda key=key: list(client.smembers(key)),
                b"zset": lambda key=key: [member for member, _ in client.zrange(key, 0, -1, withscores=True)],
                b"stream": lambda key=key: [repr(each).encode() for each in client.xrange(key)],
            }
            values = kinds.get(client.type(key), list)()  # a job may be over by now
            yield from ((f"redis {key!r}", each) for value in (key, *values) if value for each in unpacked(value))


def unpacked(value: bytes) -> Iterator[bytes]:
    """A value, and what RQ compressed into it."""
    yield value
    try:
        yield zlib.decompress(value)
    except zlib.error:
        return


def in_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of the data folder: the engines' own and their logs among them."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_socket():
            yield str(path.relative_to(folder)), path.read_bytes()


def in_addresses(telephone: Telephone) -> Iterator[tuple[str, bytes]]:
    """Every address that the line gave the carrier or asked of it, and every name of a queue or a room."""
    for entry in telephone.ledger("rest"):
        links = [value for name, value in entry["form"].items() if name.endswith(("Url", "Callback", "FriendlyName"))]
        yield from (("rest", each.encode()) for each in (entry["path"], *links))
        yield from (("twiml", each.encode()) for each in addresses(entry["form"].get("Twiml", "")))
    for entry in telephone.ledger("webhook"):
        yield "webhook", entry["url"].encode()
        yield from (("answer", each.encode()) for each in addresses(entry.get("answer") or ""))


def addresses(document: str) -> list[str]:
    """The attributes of a document, what stands in a queue, a room or a redirection: all but words and telephones."""
    said = re.sub(r"<(Say|Number)\b.*?</\1>", "", document, flags=re.DOTALL)
    return [said] if said else []


@pytest.fixture(scope="module")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    """The line, on which every way has been walked."""
    up = Up(tmp_path_factory.mktemp("canary") / "data")
    up.said = deque()
    try:
        up.start()
        up.command("responder", "add", "Intervention", "--phone", TEAM, "--rank", "on-duty", "--always")
        added_at, roster = time.time(), up.data / "roster.sealed"
        until(lambda: roster.stat().st_mtime > added_at + 0.5, 10, "the web process knows the team")
        until(up.healthy, 30, "the line is whole")
        yield Canary(up)
    finally:
        up.end()


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_what_they_say_is_nowhere(canary: Canary, way: Callable[[Canary], None]) -> None:
    """Not in a column, a key, a job, a log line, a page of figures, an error, a file, an address or a name."""
    canary.fresh()
    way(canary)
    seen = {where: held for where, row in everywhere(canary) if (held := found(row))}
    assert seen == {}


def everywhere(canary: Canary) -> Iterator[tuple[str, bytes]]:
    """All that the line keeps, says and shows."""
    up = canary.up
    yield from in_tables(up)
    yield from in_redis(up)
    yield from (("log", line.encode()) for line in up.said)
    yield from (("our answer", words.encode()) for answer in canary.answers for words in addresses(answer))
    yield from (("page", page) for page in pages_of_figures(up))
    yield from in_addresses(canary.telephone)
    yield from in_files(up.data)


def pages_of_figures(up: Up) -> Iterator[bytes]:
    """What an operator sees."""
    headers = {"Authorization": f"Bearer {up.settings['OPS_TOKEN']}"}
    for path in ("/metrics", "/readyz", "/healthz"):
        with OPENER.open(Request(f"{up.ready['web']}{path}", headers=headers), timeout=10) as answer:
            yield answer.read()


def test_what_waits_for_the_workers_is_a_number_of_a_row(canary: Canary) -> None:
    """With both workers stopped: jobs wait in Redis, and hold nothing of anybody."""
    with canary.up.stopped("urgent", "worker"):
        canary.fresh()
        canary.person.texts(f"RENSEIGNEMENT je veux signaler: {SENTENCE}", LINE)
        canary.calls().presses("9").hangs_up()
        until(lambda: any("rq:job:" in where for where, _ in in_redis(canary.up)), 20, "jobs that wait")
        assert {where: held for where, row in in_redis(canary.up) if (held := found(row))} == {}
