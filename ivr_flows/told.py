"""What leads a text to one path of the conversation or another, beside the facts that place its case (`facts`).

Its names are for the rules of `texto.toml` alone. It takes away what would lead astray: the -tu of a question is no tu,
a school's work speaks of age and nobody in it is young, and whoever asks for help asks for nothing else.
"""

from ivr_flows.language import tongue
from ivr_flows.phrases import Page
from ivr_flows.phrases import told as groups_of

PLAINLY = frozenset({"help", "callback", "danger"})
OWN = frozenset({"violence_client", "exit_help", "minor", "wants_no_police"})  # it happens to them, or to a minor
NO_MORE = 7  # words: a longer text about a wrong number says more than that
ONE_QUESTION = 14  # words
POLICE = frozenset({"police", "cops", "cop", "flics", "policiers", "spvm", "beus", "boeufs"})
HARD = frozenset({"weapon", "confinement", "near", "help", "callback"})  # a text that says these is answered for them

NAMES = frozenset({
    "optout", "automatic", "near", "danger", "help", "empty", "erase", "star", "thumb", "callback", "tip_number",
    "human", "pause", "young", "victim_support", "mistaken", "asks_who", "asks_limits", "worker", "probe",
    "wrong_number", "spanish", "creole", "no_answer", "all_the_same", "a_minor_all_the_same", "theirs_to_choose",
    "wants_to_die",
})  # fmt: skip
"""What a rule of texts may be named for, beside the facts of a case and the words of its own."""


def told(page: Page, facts: frozenset[str], path: str, minor: str) -> frozenset[str]:
    """The facts of one text, as the rules of `texto.toml` go by them."""
    found = groups_of(page.words, page.lexicon)
    asks = bool("asks_about" in found or "where" in facts or (path == "unclear" and page.has("probe")))
    wrong_number = path == "unclear" and "buyer" in facts and "danger" not in facts
    mistaken = "wrong_number" in found and len(page.words) <= NO_MORE and not facts & (PLAINLY | HARD)
    asks_us = len(page.words) <= ONE_QUESTION and not facts & (PLAINLY | HARD)
    # Whether the police is told is a question about who reads this.
    asks_who = asks_us and ("asks_who" in found or ("asks_limits" in found and not POLICE.isdisjoint(page.words)))
    said_no = any(page.in_list("negation", at) for at in range(len(page.words)))
    holds = {
        "help": not said_no and ("lives_it" in found or ("sends_for" in found and "asks_limits" not in found)),
        "young": "minor" in facts and "young" in found and path != "info",
        "victim_support": path == "victim_support",
        "mistaken": mistaken,
        "asks_who": asks_who,
        "asks_limits": "asks_limits" in found and asks_us and not asks_who,
        "worker": "worker" in found and path != "tip" and not facts & (HARD | OWN | {"danger"}),
        "probe": asks and not facts & PLAINLY,
        "wrong_number": wrong_number,
        "not_relevant": wrong_number or mistaken or ("spam" in facts and "danger" not in facts),
        "spanish": "interpreter" in facts and tongue(page) == "spanish",
        "creole": "interpreter" in facts and tongue(page) == "creole",
        "no_answer": {"retract", "danger"} <= facts and not facts & HARD,
        "all_the_same": {"danger", "wants_no_police"} <= facts,
        "a_minor_all_the_same": "wants_no_police" in facts and bool(facts & {"minor", "runaway"}),
        "theirs_to_choose": {"worried_relative", "wants_no_police"} <= facts,
        "wants_to_die": "suicide" in facts and not facts & {"weapon", "confinement"},
    }
    not_so = {
        "tu": "tu" not in found or "vous" in found,
        "minor": minor == "S" and path == "info",
        "info": "asks_what" in found,  # they would like to know whom they write to: they may write
    }
    return facts.difference(name for name, here in not_so.items() if here).union(
        name for name, here in holds.items() if here
    )
