"""First-pass triage: the thirty texts of the domain brief, and what people write that looks alike and is not.

A row is the text, then what is expected: language, path, minor, and `optout` where silence is asked. Urgent is the
path "urgent". The last word says what the row is there for.
"""

import pytest

from ivr_flows.model import Wrote
from ivr_flows.phrases import Lexicon, compile_lexicon, fold
from ivr_flows.triage import read, wrote

Row = tuple[str, str | None, str, str, bool, str]

DOMAIN: list[Row] = [
    ("aider moi svp yé dans lautre chambre jpeux pas parler", "fr", "urgent", "?", False, "someone near, cannot speak"),
    ("Help pls he locked the door and took my phone charger im on 9%", "en", "urgent", "?", False, "confinement"),
    ("j'ai 15 ans jsuis en fugue pis mon chum veut que jvoie du monde a soir pour de largent", "fr", "urgent", "Y", False, "a minor, tonight"),
    ("Bonjour, j'ai besoin d'aide pour quitter le milieu. Je ne veux pas parler à la police.", "fr", "victim_support", "?", False, "wants out, no police; not urgent"),
    ("can someone call me tmrw btw 2 and 3 he works then. dont leave msg", "en", "victim_support", "?", False, "a window, no voicemail: not a wish for silence"),
    ("chu pu capable. jveux mourir", "fr", "urgent", "?", False, "suicide"),
    ("y va me tuer si jlui donne pas 500 ce soir", "fr", "urgent", "?", False, "a threat"),
    ("mon boss va me tuer chu en retard lol, cest tu ouvert demain?", "fr", "unclear", "?", False, "an idiom: a person looks"),
    ("Y a un salon de massage sur ma rue pres de lecole, des filles qui ont lair tres jeunes arrivent la nuit en van grise", "fr", "tip", "S", False, "seems young: suspected"),
    ("tip: grey honda civic plate ends 417, guy drops 2 girls at motel on st-jacques every fri 11pm", "en", "tip", "?", False, "a plate is no age"),
    ("Ma fille de 16 ans est partie depuis 3 jours, elle a un nouveau chum de 24 ans et deux cellulaires", "fr", "victim_support", "Y", False, "her age, not his"),
    ("my friend is 17 n she says shes fine but her bf takes all her money & drives her to hotels. i dont wanna snitch", "en", "tip", "Y", False, "worried, does not want to snitch"),
    ("je suis travailleuse du sexe, un client m'a frappée hier, j'ai peur que la police m'arrête si j'appelle", "fr", "victim_support", "?", False, "yesterday, not now"),
    ("Hi, I don't have papers. They keep my passport. I work in a house, many men. Please no immigration", "en", "urgent", "?", False, "papers kept"),
    ("allo", "fr", "unclear", "?", False, "nothing yet"),
    ("", None, "unclear", "?", False, "nothing at all"),
    ("🆘", None, "urgent", "?", False, "a sign of distress"),
    ("👍", None, "victim_support", "?", False, "an answer to a question of ours"),
    ("STOP", None, "unclear", "?", True, "silence asked"),
    ("arrete de mecrire il regarde mon cell", "fr", "urgent", "?", True, "the screen is watched"),
    ("Congratulations! You won a $1000 gift card click bit.ly/xxxx", "en", "unclear", "N", False, "spam"),
    ("Bjr cb pour une heure?", "fr", "unclear", "N", False, "a buyer or a wrong number"),
    ("esta es la linea de ayuda? necesito hablar con alguien, me obligan", "other", "urgent", "?", False, "another language, coercion"),
    ("jai pas 18 ans jvx juste savoir si la dpj va maplée ma mere", "fr", "victim_support", "Y", False, "under 18 is said"),
    ("Je cherche de l'info pour un travail d'école sur la traite, avez-vous des statistiques", "fr", "info", "S", False, "school work: seems young, no danger"),
    ("I think my neighbor is running something, lots of cars at night, condoms in the alley", "en", "tip", "N", False, "the neighbourhood, nobody described"),
    ("he told me u can help. where r u located whats ur address", "en", "unclear", "?", False, "wants to know where we are"),
    ("c bon laisse faire tout est correct oublie mon message", "fr", "urgent", "?", False, "taken back: a person decides"),
    ("jsuis a lhotel ch 17 c mon 1er soir jveux partir mais g pas d argent ni mes papiers, j'ai 19", "fr", "urgent", "N", False, "17 is a room, 19 an age"),
    ("hey can u txt me in english plz, je comprends pas bien le francais. its about my sister, she's back with him, scared, doesn't want cops", "en", "victim_support", "?", False, "English is asked for"),
]

ALIKE: list[Row] = [
    ("il est la", "fr", "urgent", "?", False, "near"),
    ("au secours il est la", "fr", "urgent", "?", False, "danger and near"),
    ("AIDE", "fr", "victim_support", "?", False, "a word carriers know"),
    ("HELP", "en", "victim_support", "?", False, ""),
    ("AIIIDE", "fr", "urgent", "?", False, "a cry is drawn out"),
    ("help me please", "en", "victim_support", "?", False, ""),
    ("je suis pas en danger je veux juste parler a quelquun", "fr", "victim_support", "?", False, "negation"),
    ("I'm not in danger, I just want to talk to someone", "en", "victim_support", "?", False, "negation"),
    ("l'an passé il me frappait, là je suis sortie de la game", "fr", "victim_support", "?", False, "past"),
    ("mort de rire", "fr", "unclear", "?", False, "idiom"),
    ("my mom is gonna kill me lol", "en", "unclear", "?", False, "joke"),
    ("j'ai l'air de 15 ans mais j'en ai 22", "fr", "unclear", "S", False, "looks are no age"),
    ("j'ai 15 min de pause, pouvez-vous m'appeler", "fr", "victim_support", "?", False, "minutes"),
    ("ca coute 16$ le taxi", "fr", "unclear", "?", False, "dollars"),
    ("Stop!!", None, "unclear", "?", True, "shouted"),
    ("ARRÊT", "fr", "unclear", "?", True, "accents"),
    ("quit", None, "unclear", "?", True, ""),
    ("he won't stop texting me", "en", "unclear", "?", False, "somebody else does not stop"),
    ("dont text back", "en", "unclear", "?", True, ""),
    ("il fouille dans mon tel, répondez pas", "fr", "urgent", "?", True, "his hands on the phone"),
    ("he goes through my phone", "en", "urgent", "?", True, ""),
    ("AU SECOURSSS", "fr", "urgent", "?", False, ""),
    ("jsuis enferméé dans une chambre", "fr", "urgent", "?", False, "doubled letter"),
    ("jsuis enfremée dans lappart", "fr", "urgent", "?", False, "letters swapped"),
    ("my boyfriend makes me see guys and takes my money", "en", "urgent", "?", False, ""),
    ("jveux pu vivre", "fr", "urgent", "?", False, "joual"),
    ("i want to kill myself", "en", "urgent", "?", False, ""),
    ("mwen bezwen ed, yo kenbe m nan yon kay", "other", "urgent", "?", False, "Haitian Creole"),
    ("je veux dénoncer un gars qui recrute des filles sur snap", "fr", "tip", "?", False, ""),
    ("une fille de 14 ans se fait vendre par son chum au motel sur st-jacques", "fr", "tip", "Y", False, ""),
    ("est-ce que c'est confidentiel?", "fr", "info", "?", False, ""),
    ("what are your hours", "en", "info", "?", False, ""),
    ("I am 16 and my bf wants me to sleep with his friends", "en", "urgent", "Y", False, ""),
    ("ma soeur de 22 ans est avec un pimp comment l'aider", "fr", "victim_support", "N", False, "a relative, an adult"),
    ("A aimé « il va me tuer »", None, "unclear", "?", False, "a reaction quotes us"),
    ("I'm driving with Do Not Disturb While Driving turned on", "en", "unclear", "?", False, "a driving reply"),
    ("Votre code de vérification est 482913", "fr", "unclear", "?", False, "a machine"),
    ("dem 14h", "fr", "unclear", "?", False, "a time"),
    ("oui", "fr", "unclear", "?", False, ""),
    ("yes", "en", "unclear", "?", False, ""),
    ("ayúdame por favor, me quieren matar", "other", "urgent", "?", False, "Spanish"),
    ("can u help me leave him? he doesnt hit me but he controls everything", "en", "victim_support", "?", False, ""),
    ("c'est qui?", "fr", "unclear", "?", False, ""),
    ("je peux pas partir il a mon passeport", "fr", "urgent", "?", False, ""),
    ("he has a gun", "en", "urgent", "?", False, ""),
    ("mon ami me dit que sa blonde se fait battre par son ex maintenant jentends crier", "fr", "urgent", "?", False, "a third person, now"),
    ("URGENCE", "fr", "urgent", "?", False, ""),
    ("ENGLISH", "en", "unclear", "?", False, ""),
    ("FRANÇAIS", "fr", "unclear", "?", False, ""),
    ("RENSEIGNEMENT", "fr", "tip", "?", False, ""),
    ("RAPPEL", "fr", "victim_support", "?", False, ""),
    ("pas urgent, juste une question sur vos services", "fr", "info", "?", False, ""),
    ("y'é là", "fr", "urgent", "?", False, "joual, he is there"),
    ("i was raped last year and i want to talk to someone", "en", "victim_support", "?", False, "last year"),
    ("he raped me", "en", "urgent", "?", False, "no time said: doubt goes up"),
    ("je suis journaliste à la presse, j'aimerais une entrevue", "fr", "info", "?", False, ""),
    ("vous êtes des osties de cochons", "fr", "unclear", "?", False, "abuse at staff is no danger"),
    ("how much for an hour", "en", "unclear", "N", False, ""),
    ("lol", None, "unclear", "?", False, ""),
    ("9", None, "urgent", "?", False, ""),
    ("55", None, "urgent", "?", False, ""),
    ("1", None, "unclear", "?", False, ""),
    ("mon chum m'a frappée tantot chu dans salle de bain", "fr", "urgent", "?", False, ""),
    ("ya une fille qui crie dans lappart a coté on dirait quelle est enfermée la la", "fr", "urgent", "?", False, "a neighbour, now"),
    ("jai 17 ans pis je suis au foyer", "fr", "unclear", "Y", False, ""),
    ("I saw 3 young girls going into a massage parlor on st laurent with an older man", "en", "tip", "S", False, ""),
    ("come get me", "en", "urgent", "?", False, ""),
    ("je danse dans un club pis mon boss garde mes papiers", "fr", "urgent", "?", False, ""),
    ("when i was 15 i ran away, im 24 now and i need help getting out", "en", "victim_support", "N", False, "an age of the past"),
    ("ils veulent que je couche avec des clients ce soir sinon ils me frappent", "fr", "urgent", "?", False, ""),
    ("Hi is this a real person", "en", "unclear", "?", False, ""),
    ("mon proprio me menace de me mettre dehors si je couche pas avec", "fr", "urgent", "?", False, ""),
    ("someone is following me", "en", "urgent", "?", False, ""),
    ("jai peur", "fr", "victim_support", "?", False, ""),
    ("he keeps my ID and says he will send my pics to my family if i leave", "en", "urgent", "?", False, ""),
    ("je veux sortir de la prostitution mais je sais pas par ou commencer", "fr", "victim_support", "?", False, ""),
    ("I want to report a pimp, anonymous, he drives a white audi", "en", "tip", "?", False, ""),
    ("my daughter is missing since friday she is 15", "en", "victim_support", "Y", False, ""),
    ("sos", None, "urgent", "?", False, ""),
    ("a l'aide", "fr", "urgent", "?", False, ""),
    ("a\u200bu se\u200dcours", "fr", "urgent", "?", False, "invisible signs"),
    ("JE VEUX MOURIR", "fr", "urgent", "?", False, "capitals"),
    ("ｄａｎｇｅｒ", None, "urgent", "?", False, "wide letters"),
    ("=HYPERLINK(x) <script> '; DROP TABLE", None, "unclear", "?", False, "an attack is only text"),
    ("mon numero c'est 514 555 0100", "fr", "unclear", "?", False, "a telephone number is no age"),
    ("2pm", None, "unclear", "?", False, "a time"),
    ("soleil", None, "unclear", "?", False, "a code word alone"),
    ("النجدة", "other", "urgent", "?", False, "Arabic"),
    ("danser avec des amis", "fr", "unclear", "?", False, "danser is not danger"),
    ("we need to talk", "en", "victim_support", "?", False, "a wish"),
]


@pytest.mark.parametrize(("text", "lang", "path", "minor", "optout", "why"), DOMAIN + ALIKE)
def test_a_text_is_read_as_a_person_would(
    lexicon: Lexicon, text: str, lang: str | None, path: str, minor: str, optout: bool, why: str
) -> None:
    """Language, path, age and wish for silence are what the brief says, and urgent is the path urgent."""
    reading = read(text, lexicon)
    actual = (reading.lang, reading.path, reading.minor, reading.optout, reading.urgent)
    assert (lang, path, minor, optout, path == "urgent") == actual, why


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("au secours il est la", {"danger", "near"}),
        ("arrete de mecrire il regarde mon cell", {"optout", "near", "danger"}),
        ("STOP", {"optout"}),
        ("9", {"danger"}),
        ("5", {"near"}),
        ("55", {"near"}),
        ("", {"empty"}),
        ("👍", {"empty"}),
        ("...", {"empty"}),
        ("AIDE-MOI", {"help"}),
        ("INFO", {"help"}),
        ("A aimé « danger »", {"automatic"}),
        ("Liked “he will kill me”", {"automatic"}),
        ("Je conduis en ce moment, message automatique", {"automatic"}),
        ("allo", set()),
        ("jai 15 ans", {"minor"}),
    ],
)
def test_the_facts_a_script_may_test(lexicon: Lexicon, text: str, expected: set[str]) -> None:
    """Exactly these names reach the rules of texto.toml."""
    assert expected == wrote(text, lexicon).facts


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", ("1", "1", None)), (" 2. ", ("2", "2", None)), ("Oui!", ("", "oui", "fr")), ("YES", ("", "yes", "en"))],
)
def test_an_answer_keeps_its_digit_or_word(lexicon: Lexicon, text: str, expected: tuple[str, str, str | None]) -> None:
    """So that the choices of a node can be compared with it."""
    signal = wrote(text, lexicon)
    assert expected == (signal.digits, signal.words, signal.language)


def test_another_language_leaves_the_language_open(lexicon: Lexicon) -> None:
    """We answer in French and in English, both."""
    assert wrote("necesito ayuda por favor", lexicon).language is None


def test_the_telling_words_are_told(lexicon: Lexicon) -> None:
    """A responder sees why."""
    assert read("y va me tuer si jlui donne pas 500 ce soir", lexicon).because == ("y va me tuer",)


def test_a_retraction_changes_nothing_without_a_person(lexicon: Lexicon) -> None:
    """« Oublie mon message » may have been written by somebody else."""
    assert "danger" in wrote("oublie mon message svp", lexicon).facts


def test_a_spam_that_speaks_of_danger_is_not_put_away(lexicon: Lexicon) -> None:
    """A look-alike with a danger word goes to a person."""
    assert read("congratulations you won. help he locked me in the room", lexicon).facts == {"danger", "help"}


def test_what_is_long_is_cut_and_read(lexicon: Lexicon) -> None:
    """A flood costs no more than a long letter."""
    assert read("blabla " * 5000 + "danger", lexicon).facts == set()


def test_a_long_letter_is_read_to_its_end(lexicon: Lexicon) -> None:
    """Nine hundred signs, and the danger in the last words."""
    assert "danger" in read("il fait froid dehors et je marche " * 26 + "il va me tuer", lexicon).facts


def test_folding_is_for_matching_only() -> None:
    """Case, accents, compatibility forms and invisible marks go."""
    assert fold("À L’AIDE\u202e, œuf ﬁn") == "a l’aide, oeuf fin"


def test_reading_is_steady(lexicon: Lexicon) -> None:
    """The same text, read twice, says the same."""
    assert wrote("il est là, aidez-moi", lexicon) == wrote("il est là, aidez-moi", lexicon)


def test_a_reading_makes_a_signal(lexicon: Lexicon) -> None:
    """Nothing of the text but its folded words is in it."""
    assert wrote("Allô", lexicon) == Wrote(frozenset(), "fr", "", "allo", ())


def test_a_lexicon_says_all_that_is_missing() -> None:
    """An editor who deletes a table is told which."""
    with pytest.raises(ValueError, match=r"'always' is missing.*'young' is missing.*unknown table 'surplus'"):
        compile_lexicon({"surplus": {}})
