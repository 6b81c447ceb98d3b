"""Random walks through the shipped conversation find no way around its laws."""

from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.vault import Sealer
from ivr_flows.arrows import voice_nodes
from ivr_flows.engine import step
from ivr_flows.load import load_all
from ivr_flows.model import Kind, Place, Script, pack, unpack
from ivr_flows.signals import (
    Answered,
    Left,
    NotUnderstood,
    Opened,
    Recorded,
    Returned,
    Seen,
    Signal,
    Silent,
    Taken,
    Typed,
    Understood,
    Waited,
    Won,
    Wrote,
)
from ivr_flows.turns import Facts, HangUp, Join, KeepTip, Listen, Look, Page, Say, Turn, Understand

SHIPPED = load_all()
# A machine that is busy with other tests is no fault of these.
walked = settings(deadline=None, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow])
SEALER = Sealer(*(bytes((one * two) % 251 for two in range(32)) for one in (7, 11, 13)))


def sealed(place: Place) -> Place:
    """What is left of a place that was in an address."""
    return unpack(SEALER.open_place(SEALER.seal_place(pack(place).encode(), "CA1"), "CA1").decode())


def answered(
    script: Script, place: Place, signal: Signal, seen: Seen, won: Signal, understood: Signal | None = None
) -> Turn:
    """A turn with the question it may ask; the place goes through its seal before each step."""
    facts = Facts({"by": "Camille"})
    turn = step(script, sealed(place), signal, facts)
    if turn.question is None:
        return turn
    answer = {Look: seen, Understand: understood}.get(type(turn.question), won)
    then = step(script, sealed(turn.place), answer, facts)
    assert then.question is None
    return replace(then, effects=turn.effects + then.effects)


HEARD = st.one_of(
    st.sampled_from([Silent(), Silent(), Waited(), Left("leave"), Left("queue-full"), Returned(False), Opened()]),
    st.builds(Answered, st.sampled_from("0123456789*#")),
    st.builds(Typed, st.sampled_from(["9", "0", "*", "#", "12", "123456789012"])),
    st.builds(Recorded, st.just("RE1"), st.sampled_from(["", "1", "9", "#"])),
)
UNDERSTOOD = st.sampled_from([Understood("tip", "", {"numero": "un"}), NotUnderstood(), NotUnderstood("known")])
SEEN = st.builds(
    Seen, st.sampled_from(["open", "open", "accepted", "done", "none"]), st.floats(0, 600),
    st.sampled_from([None, "fr", "en"]), st.booleans(),
)  # fmt: skip
CLAIMED = st.one_of(
    st.builds(Won, st.sampled_from(["waiting", "muted", "gone", "text"])), st.builds(Taken, st.sampled_from(["", "Jo"]))
)


# A walk may begin anywhere a caller can stand, but for the calls in which nothing is said of us.
STANDS = frozenset({Kind.MENU, Kind.HUSH, Kind.WAIT, Kind.DIGITS, Kind.RECORD, Kind.ROOM})
ANYWHERE = sorted(
    name for name in voice_nodes(SHIPPED["ligne"])
    if SHIPPED["ligne"].nodes[name].kind in STANDS and not name.startswith(("appelee", "rappele"))
)  # fmt: skip


@settings(walked, max_examples=60)
@given(st.sampled_from(ANYWHERE), st.lists(st.tuples(HEARD, SEEN, UNDERSTOOD), min_size=1, max_size=20))
def test_a_random_call_is_never_left_alone(start: str, walk: list[tuple[Signal, Seen, Signal]]) -> None:
    """Each turn ends in something that goes on or in a goodbye, and a quiet line makes no sound."""
    script, place = SHIPPED["ligne"], Place("ligne", start)
    for signal, seen, understood in walk:
        quiet = place.has("quiet")
        turn = answered(script, place, signal, seen, Won("waiting"), understood)
        assert turn.replies and not isinstance(turn.replies[-1], Say)
        assert not (quiet and any(isinstance(reply, Say) for reply in turn.replies))
        assert script.nodes[turn.place.node].kind not in {Kind.TELL, Kind.CLAIM}
        if isinstance(turn.replies[-1], HangUp):
            left = getattr(signal, "key", getattr(signal, "digits", "")).startswith("#")
            assert left or (isinstance(signal, Answered) and script.nodes[turn.place.node].kind is Kind.END)
            return
        place = turn.place


@settings(walked, max_examples=15)
@given(st.lists(st.tuples(HEARD, CLAIMED), min_size=1, max_size=12))
def test_a_random_leg_of_a_responder_goes_on_or_ends(walk: list[tuple[Signal, Signal]]) -> None:
    """Whatever is pressed, the leg listens, is in a room or hangs up."""
    script, place = SHIPPED["equipe"], Place("equipe", "page")
    for signal, claimed in walk:
        if isinstance(signal, Waited | Left):
            continue  # a responder's leg is in no queue
        turn = answered(script, place, signal, Seen("none"), claimed)
        assert isinstance(turn.replies[-1], Listen | Join | HangUp)
        place = turn.place


WROTE = st.builds(
    Wrote,
    st.frozensets(st.sampled_from([*(rule.when for rule in SHIPPED["ligne"].texts), "tu", "minor"]), max_size=3),
    st.sampled_from([None, "fr", "en"]), st.sampled_from(["", "1", "2"]), st.sampled_from(["", "oui", "no", "allo"]),
)  # fmt: skip


@settings(walked, max_examples=60)
@given(st.lists(st.tuples(WROTE, UNDERSTOOD), min_size=1, max_size=10))
def test_a_random_text_conversation_is_never_pestered(walk: list[tuple[Wrote, Signal]]) -> None:
    """Nothing after a wish for silence or after the one question; nothing automatic; every danger wakes the team."""
    place, hushed = Place("ligne", SHIPPED["ligne"].doors["text"]), False
    for text, understood in walk:
        turn = answered(SHIPPED["ligne"], place, text, Seen("none"), Won("text"), understood)
        said = [reply for reply in turn.replies if isinstance(reply, Say)]
        ours = [reply for reply in said if reply.language in ("fr", "en")]
        assert len(ours) <= (1 if turn.place.has("chosen") else 2)
        assert not said or not (hushed or text.facts & {"optout", "automatic"})
        assert not said or "no_answer" not in text.facts or "near" in text.facts
        pages = [effect for effect in turn.effects if isinstance(effect, Page)]
        choices = SHIPPED["ligne"].nodes[place.node].choices if place.turn else ()
        answer = any(text.words in choice.words for choice in choices)  # the script's own words: nothing else is said
        assert answer or "danger" not in text.facts or pages[0].priority == "P1"
        assert not any(isinstance(effect, KeepTip) for effect in turn.effects) or not pages
        hushed = hushed or bool(turn.place.flags & {"asked", "silent"})
        place = turn.place
