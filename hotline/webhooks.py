"""The carrier's door: POST, signed, no cookie, no template. Everything else is refused with an empty body.

A request is weighed (size, kind), then its signature is checked, and only then is it read. Whatever raises or takes too
long in a call is answered by the last resort, so that nobody hears an error or nothing; news and texts that cannot be
stored are answered 503, so that the carrier comes again.
"""

import hmac
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from flask import Flask, Response, current_app, g, request, send_from_directory
from sqlalchemy import select

from config import settings as configuration
from config.settings import WebSettings
from hotline import news, reference
from hotline.clock import clock_for
from hotline.conversation import Call, Line, advance, advance_text, alone, door, links
from hotline.doorbell import Doorbell
from hotline.measures import Measures
from hotline.places import FIRST, RECORDING, marked, opened, recorded
from hotline.rules import phone
from hotline.snapshot import Roster
from hotline.store.engine import StoreDown, for_web
from hotline.telephone import last_resort, signature, sms, voice
from hotline.vault import NotOurs, Sealer
from ivr_flows import load
from ivr_flows.model import Kind, Place
from ivr_flows.signals import Answered, Left, Returned, Signal

log = logging.getLogger(__name__)

LARGEST_BODY = 64 * 1024
OPEN_DOORS = frozenset({"/healthz"})
AUDIO_DOOR = "/twilio/audio/<token>"  # the carrier fetches sounds with GET, unsigned: the address itself is sealed
OPS_DOORS = frozenset({"/readyz", "/metrics"})


@dataclass(frozen=True, slots=True)
class Door:
    """What the routes stand on."""

    line: Line
    settings: WebSettings
    measures: Measures


def from_environment() -> Flask:
    """The app of a web process: its settings leave the environment, its roster is kept fresh."""
    settings = configuration.take(WebSettings)
    app = create_app(settings)
    door_of(app).line.roster.keep_fresh()
    return app


def create_app(settings: WebSettings) -> Flask:
    """The carrier's app. BadScript where a script cannot be spoken, BadData where data is wrong."""
    app = Flask(__name__, static_folder=None)
    app.extensions["door"] = _door(settings)
    app.before_request(_weigh)
    app.add_url_rule("/healthz", view_func=lambda: "ok")
    app.add_url_rule("/readyz", view_func=_readyz)
    app.add_url_rule("/metrics", view_func=_metrics)
    app.add_url_rule(AUDIO_DOOR, view_func=_audio)
    for rule, view in ROUTES.items():
        app.add_url_rule(rule, rule, view, methods=["POST"])
    app.register_error_handler(Exception, _refuse_all_else)
    return app


def _door(settings: WebSettings) -> Door:
    sealer = Sealer(settings.web_key, settings.pseudonym_key, settings.seal_public_key)
    store = for_web(settings.database_url)
    clock = clock_for(settings.data_dir, settings.pace, settings.pace_origin)
    reference.whole()
    line = Line(
        scripts=load.load_all(),
        lexicon=load.load_lexicon(),
        sealer=sealer,
        store=store,
        bell=Doorbell(settings.redis_url),
        clock=clock,
        roster=Roster(store, sealer, clock, settings.data_dir),
        public_url=settings.public_url,
        line_number=settings.line_number,
        callback_number=settings.callback_number,
        dispatch_number=settings.dispatch_number,
        zone=settings.timezone,
        no_arrest_confirmed_on=settings.no_arrest_confirmed_on,
        recordings=settings.data_dir / "audio",
    )
    return Door(line, settings, Measures())


def door_of(app: Flask) -> Door:
    """What this app stands on."""
    found: Door = app.extensions["door"]
    return found


def _here() -> Door:
    return door_of(current_app)


# ── who may come in ───────────────────────────────────────────────────────────────────────────────────────────────


def _weigh() -> Response | None:
    """Deny by default: an open door, the operator's token, or the carrier's signature. Nothing is read before that."""
    if request.path in OPEN_DOORS or (request.url_rule and request.url_rule.rule == AUDIO_DOOR):
        return None
    if request.path in OPS_DOORS:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ").encode()
        return None if hmac.compare_digest(given, _here().settings.ops_token.encode()) else _refused("token")
    why = _why_not()
    return _refused(why) if why else None


def _audio(token: str) -> Response:
    """A recorded sentence: an address that we sealed opens it, and nothing else does."""
    try:
        name = recorded(_here().line.sealer, token)
    except (NotOurs, ValueError):
        return _refused("address")
    return send_from_directory(_here().line.recordings or "", name, max_age=3600)


def _why_not() -> str | None:
    """Why this request is not the carrier's; None, with its form in `g.form`, where it is."""
    if request.method != "POST":
        return "method"
    if request.mimetype != "application/x-www-form-urlencoded":
        return "kind"
    if request.content_length is None or request.content_length > LARGEST_BODY:
        return "size"
    url = signature.public_target(
        _here().settings.public_url, request.environ["PATH_INFO"], request.environ.get("QUERY_STRING", "")
    )
    if url is None:
        return "address"
    try:
        fields = signature.parse_form(request.get_data(cache=False))
    except ValueError:
        return "garbled"
    if not signature.is_twilios(
        url, fields, request.headers.get("X-Twilio-Signature", ""), _here().settings.auth_tokens
    ):
        return "signature"
    g.form = dict(fields)
    return None


def _refused(why: str) -> Response:
    _here().measures.refused(why)
    return Response(status=403)


def _refuse_all_else(error: Exception) -> Response:
    """An address that is none of ours, or an error nobody expected: an empty answer, never a page."""
    if hasattr(error, "code"):
        return Response(status=403)
    log.error("unexpected %s", type(error).__name__)
    return Response(status=503)


# ── calls ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def _twiml(document: str) -> Response:
    return Response(document, content_type="text/xml; charset=utf-8")


def _call() -> Call:
    return Call(g.form.get("CallSid", ""), phone.caller(g.form.get("From")))


def _voice() -> Response:
    """A call begins. Whoever calls the number back that we call from learns nothing of us (manners 5)."""
    line = _here().line
    called_back = phone.caller(g.form.get("To")) == line.callback_number
    return _turn(door(line.scripts["ligne"], "returned" if called_back else "voice"), "opened")


def _next(intent: str, token: str) -> Response:
    """A call goes on from the place in its address; one that does not open begins again at the door."""
    line = _here().line
    try:
        place = opened(line.sealer, token, FIRST if intent == "opened" else g.form.get("CallSid", ""))
        if place.script not in line.scripts:
            raise NotOurs("a script of another version")
    except (NotOurs, ValueError, TypeError):
        log.error("place_not_ours")
        return _turn(door(line.scripts["ligne"]), "opened")
    return _alone(place) if intent == "alone" else _turn(place, intent)


def _turn(place: Place, intent: str) -> Response:
    here = _here()
    signal = voice.read(g.form, intent)
    try:
        answer = advance(here.line, _call(), place, signal)
    except StoreDown as down:
        answer = _last_resort(place, signal, down.reason)
    except Exception as error:  # whatever went wrong, somebody is on the line
        _tell(error)
        answer = _last_resort(place, signal, "error")
    else:
        here.measures.turned(intent)
    if isinstance(signal, Returned | Left) and g.form.get("CallStatus") == "completed":
        here.measures.left(place.node)
    return _twiml(answer)


def _alone(place: Place) -> Response:
    """What one hears who is alone in a room."""
    here = _here()
    if here.line.scripts[place.script].speaks_to != "responder":
        return _twiml(voice.waiting_room("person", [place.language], place.has("quiet")))
    try:
        stays = alone(here.line, _call(), place)
    except StoreDown:
        stays = True
    return _twiml(voice.waiting_room("responder" if stays else "gone", [place.language]))


def _tell(error: Exception) -> None:
    """An error's text may hold what a person wrote: only its kind and place are logged."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    where = f"{last.tb_frame.f_code.co_qualname}:{last.tb_lineno}" if last else "?"
    log.error("turn_failed %s at %s", type(error).__name__, where)


# ── the last resort ───────────────────────────────────────────────────────────────────────────────────────────────


def _means() -> last_resort.Means:
    settings, (snapshot, now) = _here().settings, _here().line.roster.now()
    return last_resort.Means(
        team=tuple(person.number for person in snapshot.on_duty(now)) if snapshot else (),
        fallback=settings.fallback_number,
        fallback_screened=settings.fallback_screened,
        caller_id=settings.line_number,
        snapshot_age=now - snapshot.taken_at if snapshot else None,
    )


def _last_resort(place: Place, signal: Signal, why: str) -> str:
    """What is answered instead of the turn that could not be made; nobody is rung for a line that is gone."""
    here = _here()
    script, to = here.line.scripts[place.script], links(here.line, g.form.get("CallSid", ""), place.page)
    turn = last_resort.needs_nobody(script, place, signal)
    if turn is not None:
        return voice.write(turn, to)
    here.measures.last_resort(why)
    if script.speaks_to == "responder":
        digits = signal.key if isinstance(signal, Answered) else ""
        return last_resort.responder(place, digits, place.has("muted"), to)
    quiet = _must_be_quiet(place)
    if place.has("queued") and not isinstance(signal, Left):
        return last_resort.leave(_means(), quiet)
    return last_resort.answer(_means(), quiet)


def _must_be_quiet(place: Place) -> bool:
    """Whether no word may be said: after 55, and after a first 5 that is still being listened to."""
    node = _here().line.scripts[place.script].nodes.get(place.node)
    return place.has("quiet") or (node is not None and node.kind is Kind.HUSH)


def _say(language: str) -> Response:
    """What one person hears while the responder is in their private menu."""
    return _twiml(voice.back_soon("en" if language == "en" else "fr"))


def _told(what: str, language: str) -> Response:
    """What a responder hears, alone, in the middle of a call."""
    return _twiml(voice.told(what, "en" if language == "en" else "fr")) if what in voice.TOLD else Response(status=403)


def _held(language: str, quiet: str = "") -> Response:
    """What a person hears on hold: words of ours, again and again; after 55 nothing at all."""
    return _twiml(voice.waiting_room("held", ["en" if language == "en" else "fr"], quiet == "quiet"))


def _last(word: str, quiet: str = "") -> Response:
    """The steps of the last resort itself."""
    hushed = quiet == "quiet"
    if word == "press":
        return _twiml(last_resort.press(_means(), g.form.get("Digits", ""), hushed))
    if not (word.isascii() and word.isdigit()) or len(word) > 6:
        return Response(status=403)
    if word == "0":
        return _twiml(last_resort.answer(_means(), hushed))
    return _twiml(last_resort.next_(_means(), int(word), g.form.get("DialBridged") == "true", hushed))


# ── texts and news: stored, or 503 ────────────────────────────────────────────────────────────────────────────────


def _sms() -> Response:
    """A text is answered by nothing here: what we write goes out from a row."""
    return _stored("sms", lambda: advance_text(_here().line, sms.read(g.form)), _twiml(sms.EMPTY))


def _call_status() -> Response:
    """One of the carrier's own callbacks: a person's call is over."""
    over = g.form.get("CallStatus") in news.ENDED
    return _stored("call", lambda: news.call_ended(_here().line, g.form.get("CallSid", "")) if over else None)


def _moved(kind: str) -> Callable[[str], Response]:
    """A call of ours to somebody moved."""

    def status(token: str) -> Response:
        status, sequence, code = g.form.get("CallStatus", ""), _number("SequenceNumber"), _number("ErrorCode") or None
        return _marked(kind, token, lambda row_id: news.CALLS[kind](_here().line, row_id, status, sequence, code))

    return status


def _text_status(kind: str, token: str) -> Response:
    """A text moved."""
    told = news.TEXTS.get(kind)
    if told is None:
        return Response(status=403)
    status, code = g.form.get("MessageStatus", ""), _number("ErrorCode") or None
    return _marked(kind, token, lambda row_id: told(_here().line, row_id, status, code))


def _room(token: str) -> Response:
    """Someone came into a room, or left it."""
    form = g.form
    told = partial(
        news.room_event,
        _here().line,
        event=form.get("StatusCallbackEvent", ""),
        label=form.get("ParticipantLabel", ""),
        conference=form.get("ConferenceSid", ""),
        status=form.get("ParticipantCallStatus", ""),
    )
    return _marked("room", token, told)


def _recording(token: str) -> Response:
    """A recording can be fetched, or there is none."""
    try:
        sid = _here().line.sealer.open_place(token, RECORDING).decode()
    except NotOurs:
        return Response(status=403)
    told = partial(news.recording_moved, _here().line, sid)
    return _stored("recording", lambda: told(g.form.get("RecordingSid", ""), g.form.get("RecordingStatus", "")))


def _unasked() -> Response:
    """The number's own status address, for a text whose row is not named in it: there is nothing to write down."""
    return Response(status=204)


def _number(name: str) -> int:
    return sms.count(g.form.get(name, ""))


def _marked(kind: str, token: str, told: Callable[[int], None]) -> Response:
    try:
        row_id = marked(_here().line.sealer, kind, token)
    except (NotOurs, ValueError):
        return Response(status=403)
    return _stored(kind, lambda: told(row_id))


def _stored(door_name: str, work: Callable[[], None], taken: Response | None = None) -> Response:
    try:
        work()
    except StoreDown:
        _here().measures.not_taken(door_name)
        return Response(status=503)
    return taken or Response(status=204)


# ── the operator ──────────────────────────────────────────────────────────────────────────────────────────────────


def _readyz() -> Response:
    """Each dependency, and whether the last resort is what callers get now."""
    line = _here().line
    store, bell = not line.store.breaker.is_open and _answers(line), line.bell.answers()
    told = {"database": _up(store), "redis": _up(bell), "last_resort": not store}
    return Response(json.dumps(told), status=200 if store else 503, content_type="application/json")


def _answers(line: Line) -> bool:
    try:
        with line.store.turn(seconds=1) as conn:
            return conn.scalar(select(1)) == 1
    except StoreDown:
        return False


def _up(answers: bool) -> str:
    return "up" if answers else "down"


def _metrics() -> Response:
    measures = _here().measures
    measures.store_up.set(not _here().line.store.breaker.is_open)
    return Response(measures.page(), content_type="text/plain; version=0.0.4")


ROUTES: Mapping[str, Callable[..., Response]] = {
    "/twilio/voice": _voice,
    "/twilio/sms": _sms,
    "/twilio/voice/status": _call_status,
    "/twilio/sms/status": _unasked,
    "/twilio/turn/<intent>/<token>": _next,
    "/twilio/leg/<token>": _moved("leg"),
    "/twilio/person/<token>": _moved("person"),
    "/twilio/guest/<token>": _moved("guest"),
    "/twilio/text/<kind>/<token>": _text_status,
    "/twilio/room/<token>": _room,
    "/twilio/recording/<token>": _recording,
    "/twilio/back-soon/<language>": _say,
    "/twilio/told/<what>/<language>": _told,
    "/twilio/hold/<language>": _held,
    "/twilio/hold/<language>/<quiet>": _held,
    "/twilio/last/<word>": _last,
    "/twilio/last/<word>/<quiet>": _last,
}
