"""The odd cases of one step: what no transcript shows because nobody would write it down."""

from dataclasses import replace

import pytest

from ivr_flows.engine import step
from ivr_flows.model import Flag, Place, Script
from ivr_flows.priorities import LOOKED_AT
from ivr_flows.signals import Answered, Left, Opened, Returned, Seen, Silent, Taken, Typed, Waited, Won, Wrote
from ivr_flows.turns import (
    Facts,
    Gone,
    HangUp,
    Join,
    Keep,
    Listen,
    Look,
    LookLater,
    NeverCall,
    OpenContact,
    Page,
    Queue,
    Say,
    TeamGone,
    Turn,
    Understand,
)

NOW = Place("ligne", "menu")
TEAM = Place("equipe", "page", page=7, attempt=9)


def at(node: str, *flags: Flag, turn: int = 3) -> Place:
    return Place("ligne", node, turn=turn, flags=frozenset(flags))


def pages(turn: Turn) -> list[Page]:
    return [effect for effect in turn.effects if isinstance(effect, Page)]


def test_a_call_that_opens_is_known(ligne: Script) -> None:
    """Its contact is opened in the same turn as the first words."""
    assert step(ligne, Place("ligne", "accueil"), Opened()).effects == (OpenContact(),)


def test_a_leg_of_a_responder_opens_no_contact(equipe: Script) -> None:
    """It belongs to the page it was made for."""
    assert step(equipe, TEAM, Opened()).effects == ()


def test_a_turn_is_counted_once_with_its_question(ligne: Script) -> None:
    """The answer of the world is not a turn of the person."""
    asked = step(ligne, at("attente", "queued"), Waited())
    answered = step(ligne, asked.place, Seen("open"))
    assert (asked.place.turn, answered.place.turn, asked.question) == (4, 4, Look())


def test_an_unknown_node_leads_to_the_nearest_door(ligne: Script) -> None:
    """A script that changed while somebody was calling is no error."""
    turn = step(ligne, replace(NOW, node="jadis", version=99), Silent())
    assert (turn.place.node, turn.place.version) == ("menu", 1)


def test_an_unknown_node_of_somebody_who_waits_leads_to_the_wait(ligne: Script) -> None:
    """They are not asked again what they want."""
    turn = step(ligne, at("jadis", "paged", "queued"), Silent())
    assert (turn.place.node, turn.question) == ("attente", Look())


def test_an_unknown_node_of_a_responder_in_a_room_is_no_error(equipe: Script) -> None:
    """The private menu of a room that is no more is the page again."""
    assert step(equipe, replace(TEAM, node="jadis"), Returned(hung_up=False)).place.node == "page"


def test_an_answer_nobody_asked_for_is_no_error(equipe: Script) -> None:
    """It leads to the nearest door."""
    assert step(equipe, TEAM, Won("waiting")).place.node == "page"
    assert step(equipe, TEAM, Taken("")).place.node == "page"


def test_page_and_attempt_stay_with_the_leg(equipe: Script) -> None:
    """Whatever the responder does, we know for which page."""
    turn = step(equipe, TEAM, Answered("2"))
    assert (turn.place.page, turn.place.attempt) == (7, 9)


def test_a_responder_who_presses_wrong_keys_is_only_told_again(equipe: Script) -> None:
    """In the private menu too: it never becomes the page to accept."""
    place = replace(TEAM, node="etoile")
    for key in "5500##9":
        place = step(equipe, place, Answered(key)).place
    assert place.node == "etoile"


def test_a_responder_whose_telephone_dies_is_gone(equipe: Script) -> None:
    """The person is not left alone."""
    turn = step(equipe, replace(TEAM, node="parlez"), Returned(hung_up=True))
    assert (turn.effects, turn.replies) == ((TeamGone(),), (HangUp(),))


def test_the_words_of_a_page_fill_its_slots(equipe: Script) -> None:
    """An empty one leaves no gap."""
    facts = Facts({"urgence": "Urgence", "code": "un, deux", "langue": "Français", "ne_parle_pas": ""})
    said = step(equipe, TEAM, Opened(), facts).replies[0]
    assert said == Say("Urgence. Code un, deux. Français. Pour accepter, le un. Pour refuser, le deux.", "fr")


@pytest.mark.parametrize("result", ["queue-full", "error", "system-error"])
def test_a_refused_queue_keeps_the_person_waiting(ligne: Script, result: str) -> None:
    """In the call itself, and never asked of the queue again."""
    out = step(ligne, at("qui_repond", "paged", "queued"), Left(result))
    turn = step(ligne, out.place, Seen("open"))
    assert not any(isinstance(reply, Queue) for reply in turn.replies)
    assert isinstance(turn.replies[-1], Listen)


def test_a_hang_up_in_the_queue_says_that_the_person_is_gone(ligne: Script) -> None:
    """It withdraws no page."""
    assert step(ligne, at("attente", "paged", "queued"), Left("hangup")).effects == (Gone(),)


def test_a_page_that_is_over_while_the_person_waits_wakes_the_team_again(ligne: Script) -> None:
    """Nobody waits for nobody."""
    assert pages(step(ligne, at("attente", "paged", "queued"), Seen("done"))) == [Page("P?", "encore en ligne", None)]


def test_a_quiet_page_makes_a_place_quiet_that_did_not_know(ligne: Script) -> None:
    """The place a queue was entered from is older than the 5."""
    turn = step(ligne, at("attente", "paged"), Seen("none", quiet=True))
    assert (turn.place.node, turn.replies, pages(turn)[0].quiet) == ("attente_muette", (Queue(),), True)


def test_a_quiet_person_meets_without_a_word(ligne: Script) -> None:
    """And is never muted herself."""
    turn = step(ligne, at("attente_muette", "paged", "quiet"), Seen("accepted"))
    assert turn.replies == (Join("person", muted=False, quiet=True),)


def test_five_after_nine_says_one_sentence_and_then_nothing(ligne: Script) -> None:
    """The wait that follows is the one without sound."""
    turn = step(ligne, at("cinq", "paged", "queued", "chosen"), Silent())
    assert [type(reply) for reply in turn.replies] == [Say, Listen]
    assert turn.place.node == "attente_muette"


def test_the_language_the_page_knows_wins(ligne: Script) -> None:
    """The place a queue was entered from is older than the star."""
    turn = step(ligne, at("attente", "paged"), Seen("open", language="en"))
    assert turn.place.language == "en"


def test_the_truth_is_told_once_a_minute(ligne: Script) -> None:
    """Not twice in the same minute, and the next minute again."""
    first = step(ligne, at("attente", "queued", "chosen"), Seen("open", 61))
    second = step(ligne, first.place, Seen("open", 66))
    third = step(ligne, second.place, Seen("open", 120))
    truth = ligne.nodes["attente"].truth
    assert truth is not None
    assert [Say(truth.fr, "fr") in turn.replies for turn in (first, second, third)] == [True, False, True]


def test_every_text_is_kept_with_what_was_found(ligne: Script) -> None:
    """Even where nothing is sent."""
    facts = frozenset({"automatic"})
    assert step(ligne, at("texto_suite"), Wrote(facts)).effects == (Keep(facts),)


def test_a_first_text_without_danger_is_looked_at_soon(ligne: Script) -> None:
    """The promise has a deadline."""
    turn = step(ligne, Place("ligne", "texto_bonjour"), Wrote(frozenset()))
    assert turn.effects == (Keep(), LookLater(LOOKED_AT["P?"]))


def test_danger_in_something_automatic_still_wakes_the_team(ligne: Script) -> None:
    """Doubt goes up."""
    turn = step(ligne, Place("ligne", "texto_bonjour"), Wrote(frozenset({"automatic", "danger"})))
    assert (turn.replies, pages(turn)[0].priority) == ((), "P1")


def test_a_text_of_unknown_language_is_answered_in_both(ligne: Script) -> None:
    """And the team is not told that it is French."""
    turn = step(ligne, Place("ligne", "texto_bonjour"), Wrote(frozenset({"danger"})))
    assert ([type(reply) for reply in turn.replies], pages(turn)[0].language) == ([Say, Say], None)


def test_after_the_one_question_no_word_of_ours_follows(ligne: Script) -> None:
    """Somebody else may hold the telephone; the team hears of everything."""
    place = step(ligne, Place("ligne", "texto_bonjour"), Wrote(frozenset({"near"}), "fr")).place
    replies = [step(ligne, place, Wrote(frozenset({fact}))).replies for fact in ("danger", "help", "empty", "minor")]
    assert replies == [(), (), (), ()]


def test_after_a_wish_for_silence_every_text_reaches_the_team(ligne: Script) -> None:
    """Without a word of ours."""
    place = step(ligne, Place("ligne", "texto_bonjour"), Wrote(frozenset({"optout"}))).place
    turn = step(ligne, place, Wrote(frozenset(), "fr", words="en fait j ai peur"))
    assert (turn.replies, len(pages(turn))) == ((), 1)


def test_what_follows_the_gentle_question_reaches_the_team(ligne: Script) -> None:
    """The second empty text gets nothing; words do."""
    place = step(ligne, Place("ligne", "texto_bonjour"), Wrote(frozenset({"empty"}))).place
    second = step(ligne, place, Wrote(frozenset({"empty"})))
    third = step(ligne, second.place, Wrote(frozenset(), "fr", words="je veux partir"))
    assert (second.replies, len(third.replies), len(pages(third))) == ((), 1, 1)


def test_danger_is_not_answered_twice(ligne: Script) -> None:
    """The second time the team is woken louder and the line adds nothing."""
    first = step(ligne, Place("ligne", "texto_bonjour"), Wrote(frozenset({"danger"}), "fr"))
    second = step(ligne, first.place, Wrote(frozenset({"danger"})))
    assert (len(first.replies), second.replies, pages(second)[0].priority) == (1, (), "P1")


def test_who_is_called_gets_one_word_whatever_they_press(ligne: Script) -> None:
    """Manners 5: on a call of ours every key but 8 and # leads to the responder, and the end of the room is the end."""
    place = Place("ligne", "appelee_bonjour", flags=frozenset({"chosen", "paged"}), page=7, tries=1)
    for key in "012345679*":
        assert step(ligne, place, Answered(key)).replies == (Join("person"),)
    assert step(ligne, place, Answered("8")).effects == (NeverCall(),)
    assert step(ligne, place, Returned(hung_up=False)).replies == (HangUp(),)


def test_our_number_called_back_knows_nine_and_four_digits(ligne: Script) -> None:
    """Manners 5: everything else ends the call, without a word."""
    place = Place("ligne", ligne.doors["returned"], tries=1)
    for typed in ("0", "*", "1", "12", "123*", "#"):
        turn = step(ligne, place, Typed(typed))
        assert turn.replies == (HangUp(),)
    assert step(ligne, place, Typed("4711")).question == Understand("returned", "4711")
    assert isinstance(step(ligne, place, Typed("9")).effects[0], Page)


def test_who_waits_and_falls_silent_in_a_menu_waits_on(ligne: Script) -> None:
    """The place in the queue is kept: silence leads back to waiting, not to another page."""
    place = Place("ligne", "rappel_quand", flags=frozenset({"paged", "queued"}), tries=2)
    turn = step(ligne, place, Silent())
    assert (turn.place.node, turn.question, turn.effects) == ("attente", Look(), ())


def test_words_that_are_known_once_are_not_repeated_empty(ligne: Script) -> None:
    """What was read back cannot be said again without asking: a repetition leads where it is asked."""
    place = Place("ligne", "rappel_numero_relu", tries=1)
    for signal in (Answered("0"), Answered("7"), Answered("*"), Silent()):
        turn = step(ligne, place, signal)
        assert turn.place.node == "rappel_numero" and "{" not in str(turn.replies)


def test_a_recording_with_vous_is_not_played_to_whoever_is_said_tu(ligne: Script) -> None:
    """The words with tu are spoken instead; where nothing says vous, and in English, the recording stays."""
    young = Place("ligne", "attente", flags=frozenset({"queued", "chosen", "tu"}))
    said = [reply for reply in step(ligne, young, Seen("open", 5.0)).replies if isinstance(reply, Say)]
    assert [(say.words, say.audio) for say in said] == [("Nous appelons l'équipe. Reste en ligne.", "")]
    english = step(ligne, replace(young, language="en"), Seen("open", 5.0)).replies
    assert [reply.audio for reply in english if isinstance(reply, Say)] == ["attente-1-en.wav"]
