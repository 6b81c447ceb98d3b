"""The last resort: whatever failed, a human is rung, the truth is told, and nothing is said to who cannot speak."""

from dataclasses import replace
from datetime import timedelta

import pytest

from hotline.simulator import twiml as network
from hotline.telephone import last_resort
from hotline.telephone.last_resort import Means
from ivr_flows.load import load_all
from ivr_flows.model import Kind, Place
from ivr_flows.signals import Answered, Opened, Returned, Silent
from ivr_flows.turns import Say
from tests.edges.test_voice import Links, inside

ANNE, BEN, CHLOE, FALLBACK, LINE = (f"+1514555{number}" for number in ("0101", "0102", "0103", "0199", "0100"))
WHISPERED = {"url": "/twilio/last/press", "method": "POST"}
TEAM = load_all()["equipe"]
LEG = Place("equipe", "page", attempt=7)


def means(*team, age=timedelta(minutes=1), fallback=FALLBACK, screened=True):
    return Means(team, fallback, screened, LINE, age)


def verbs(document):
    return network.read(document)


def rung(document):
    """The numbers a document rings."""
    return [number.text for verb in verbs(document) if verb.name == "Dial" for number in verb.children]


def said(document):
    return " ".join(verb.text for verb in verbs(document) if verb.name == "Say")


def steps(have, count):
    """Whom the first steps ring when nobody ever presses 1."""
    later = [last_resort.next_(have, step, bridged=False) for step in range(1, count)]
    return [rung(document) for document in (last_resort.answer(have), *later)]


ROUNDS = {
    "together, by rank, the fallback, and round again": (
        means(ANNE, BEN),
        [[ANNE, BEN], [ANNE], [BEN], [FALLBACK], [ANNE, BEN], [ANNE]],
    ),
    "one person": (means(ANNE), [[ANNE], [FALLBACK], [ANNE]]),
    "nobody on duty": (means(), [[FALLBACK], [FALLBACK]]),
    "no snapshot at all": (means(age=None), [[FALLBACK], [FALLBACK]]),
    "an old snapshot": (
        means(ANNE, BEN, age=timedelta(hours=12, seconds=1)),
        [[ANNE, BEN, FALLBACK], [ANNE], [BEN], [FALLBACK], [ANNE, BEN, FALLBACK]],
    ),
    "twelve hours are not old": (means(ANNE, age=timedelta(hours=12)), [[ANNE], [FALLBACK]]),
    "the fallback is on duty": (means(FALLBACK, ANNE), [[FALLBACK, ANNE], [FALLBACK], [ANNE], [FALLBACK, ANNE]]),
    "a number that is none": (means("5145550101", ANNE, ANNE), [[ANNE], [FALLBACK]]),
    "no fallback": (means(ANNE, BEN, fallback=""), [[ANNE, BEN], [ANNE], [BEN], [ANNE, BEN]]),
    "nobody at all": (means(fallback=""), [[], []]),
}


@pytest.mark.parametrize(("have", "expected"), ROUNDS.values(), ids=ROUNDS)
def test_the_round_rings_everyone_in_order(have, expected):
    """Nobody pressed 1: the next step rings the next, for as long as the person stays."""
    assert steps(have, len(expected)) == expected


@pytest.mark.parametrize("age", [None, timedelta(0)])
def test_ten_telephones_at_most_ring_together(age):
    """Twilio takes ten; a fallback that must ring takes one of them."""
    together = steps(means(*(f"+151455502{n:02}" for n in range(15)), age=age), 1)[0]
    assert (len(together), FALLBACK in together) == (10, age is None)


def test_the_first_answer_is_exactly_this():
    """9-1-1 first, in both languages, then the team, each behind a key; and never an end."""
    french, english, dial, redirect = inside(last_resort.answer(means(ANNE)))
    assert "neuf, un, un" in french[2][0][2]
    assert "nine, one, one" in english[2][0][2]
    assert dial == (
        "Dial",
        {"action": "/twilio/last/1", "method": "POST", "timeout": "20", "callerId": LINE},
        [("Number", WHISPERED, ANNE)],
    )
    assert redirect == ("Redirect", {"method": "POST"}, "/twilio/last/1")


def test_a_later_step_tells_the_truth():
    """Nobody has answered, and the person hears it, with 9-1-1."""
    words = said(last_resort.next_(means(ANNE), 4, bridged=False))
    for told in ("Personne n'a encore répondu", "No one has answered", "neuf, un, un"):
        assert told in words


def test_after_a_conversation_there_is_time_to_hang_up():
    """Who still needs a person stays; the others have five seconds before a telephone rings again."""
    document = last_resort.next_(means(ANNE), 1, bridged=True)
    assert "restez en ligne" in said(document)
    assert [verb.name for verb in verbs(document)] == ["Say", "Say", "Pause", "Dial", "Redirect"]


@pytest.mark.parametrize("bridged", [False, True])
@pytest.mark.parametrize("step", [0, 1, 2, 7])
def test_quiet_says_nothing_at_all(step, bridged):
    """Someone who cannot speak hears no word from us, and the mark goes on in each address."""
    have = means(ANNE)
    document = last_resort.next_(have, step, bridged, quiet=True) if step else last_resort.answer(have, quiet=True)
    dial = next(verb for verb in verbs(document) if verb.name == "Dial")
    addresses = (dial.get("action"), dial.children[0].get("url"))
    assert (said(document), *addresses) == ("", f"/twilio/last/{step + 1}/quiet", "/twilio/last/press/quiet")


@pytest.mark.parametrize("have", [means(ANNE), means(fallback="")])
@pytest.mark.parametrize("quiet", [False, True])
def test_no_round_turns_in_a_blur(have, quiet):
    """Dials that fail at once leave words or a pause between two requests."""
    assert {verb.name for verb in verbs(last_resort.next_(have, 1, False, quiet))} & {"Say", "Pause"}


@pytest.mark.parametrize(("screened", "attributes"), [(True, WHISPERED), (False, {})])
def test_a_switchboard_need_not_press_one(screened, attributes):
    """FALLBACK_SCREENED=no takes the whisper from that number alone."""
    dial = inside(last_resort.answer(means(ANNE, age=None, screened=screened)))[2]
    assert dial[2] == [("Number", WHISPERED, ANNE), ("Number", attributes, FALLBACK)]


@pytest.mark.parametrize(("digits", "expected"), [("1", ""), ("2", [("Hangup", {}, "")]), ("#", [("Hangup", {}, "")])])
def test_only_one_joins_the_two(digits, expected):
    """An empty document bridges; anything else hangs up."""
    assert inside(last_resort.press(means(), digits)) == expected


@pytest.mark.parametrize("quiet", [False, True])
def test_a_voicemail_is_hung_up_on(quiet):
    """The whisper asks three times in a Gather whose silence falls to Hangup."""
    document = last_resort.press(means(), "", quiet)
    gather, hang_up = network.read(document, network.WHISPER - {"Pause", "Redirect"})
    assert (gather.get("action"), gather.get("actionOnEmptyResult"), hang_up.name) == (
        "/twilio/last/press" + "/quiet" * quiet, "", "Hangup",
    )  # fmt: skip
    assert sum("Pour répondre, le un" in verb.text for verb in gather.children) == 3


def test_whoever_answers_a_quiet_call_is_told_to_be_silent():
    """This Dial cannot mute them, and their voice would be heard in the room."""
    assert "taisez-vous" in last_resort.press(means(), "", quiet=True)


def test_inside_a_queue_it_leaves():
    """Dial is not allowed in a waitUrl: the Enqueue's action dials."""
    assert [verb.name for verb in network.read(last_resort.leave(means()), network.QUEUE_WAIT)] == ["Leave", "Redirect"]


def test_a_responder_is_asked_and_never_rings_the_team():
    """Their leg asks for a key at its own sealed place, and hangs up without one."""
    gather, hang_up = verbs(last_resort.responder(LEG, "", False, Links()))
    assert (gather.get("action"), hang_up.name) == ("/v/page.0/key", "Hangup")


@pytest.mark.parametrize("muted", [False, True])
def test_a_responder_who_presses_one_joins_the_room(muted):
    """Muted where the person cannot speak, and told so."""
    *words, dial = verbs(last_resort.responder(LEG, "1", muted, Links()))
    assert (dial.children[0].text, dial.children[0].true("muted"), bool(words)) == ("r-1", muted, muted)


ASK_WHO_COMES = {"page", "arrive", "toujours_la", "relais", "renfort"}
KEYED = [
    ("rappel_resultat", Answered("1"), ("rien n'est noté", "Si la personne a été jointe, le un")),
    ("rappel_resultat", Opened(), ("Si la personne a été jointe, le un",)),
    ("rappel_pret", Answered("1"), ("rien n'est noté", "Pour appeler la personne maintenant, le un")),
    ("rappel_appel", Returned(hung_up=False), ("Pour revenir, le un",)),
    ("raccroche", Answered("3"), ("rien n'est noté", "La personne a raccroché")),
    ("texto", Answered("3"), ("rien n'est noté", "C'est une conversation par texto")),
    ("texto", Silent(), ("C'est une conversation par texto",)),
    ("etoile", Answered("1"), ("On ne vous entend pas.",)),
    ("attente_mise", Answered("4"), ("La personne n'est plus en attente.",)),
]


@pytest.mark.parametrize(("node", "signal", "words"), KEYED)
def test_past_the_first_key_what_cannot_be_noted_is_asked_again(node, signal, words):
    """In the same node; what needs no SQL is done; a key is never taken for another question's."""
    turn = last_resort.past_the_first_key(TEAM, replace(LEG, node=node), signal)
    heard = [reply.words for reply in turn.replies if isinstance(reply, Say)]
    assert [word in told for word, told in zip(words, heard, strict=True)] == [True] * len(words)


def test_no_key_of_a_responder_is_lost_for_another_while_sql_is_away():
    """Of every node and key: nothing is to be written, and whoever is asked again is still where they were."""
    for node in TEAM.nodes.values():
        for choice in node.choices:
            turn = last_resort.past_the_first_key(TEAM, replace(LEG, node=node.id), Answered(choice.key))
            if node.id in ASK_WHO_COMES:
                assert turn is None
            else:
                assert (turn.effects, turn.question) == ((), None)
                noted = choice.does is not None and choice.does != "unhold"  # the sweep ends holds by itself
                asks = noted or TEAM.nodes[choice.to].kind is Kind.ASK
                assert turn.place.node == (node.again or node.id if asks else choice.to)
                assert not any("{" in reply.words for reply in turn.replies if isinstance(reply, Say))


def test_the_carriers_copy_needs_nothing_of_ours():
    """Only the 9-1-1 words and the fallback: no address, no responder, no end without having tried."""
    document = last_resort.static_document(FALLBACK, LINE)
    assert set(rung(document)) == {FALLBACK}
    assert "neuf, un, un" in said(document)
    assert not [ours for ours in ("/twilio", "url", "action", "Redirect") if ours in document]


def test_an_address_carries_a_step_and_a_mark():
    """No place, no number, no sid."""
    have = Means((), FALLBACK, True, LINE, None, prefix="https://l.example")
    assert have.address(3, quiet=True) == "https://l.example/twilio/last/3/quiet"
