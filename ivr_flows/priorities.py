"""The facts of a case -> its priority, its team, and the name of the rule that placed it.

Pure: one table, and nothing else. A rule holds when all its facts are there; no rule asks that a fact be missing, so a
fact more can raise a case and never lower it. The first line that holds decides: within one priority minors come first
(R-16). Only a human lowers a case, or clears `minor`; no team here is a refusal, each is a person.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from ivr_flows.model import Priority

Team: TypeAlias = Literal[
    "esup", "dpj", "pdq_runaway", "regional_advisor", "community", "investigators", "pdq", "triage",
]  # fmt: skip

URGENCY: tuple[Priority, ...] = get_args(Priority)
"""From the most to the least urgent: what is unclear comes before what is known not to be pressing."""
WAKES: frozenset[Priority] = frozenset({"P1", "P2"})
LOOKED_AT = {"P?": 30 * 60.0, "P3": 30 * 60.0, "P4": 4 * 3600.0}
"""Within so many seconds a human sees what wakes nobody (domain 2.4; P5 is read by day)."""

PATHS = frozenset({"urgent", "victim_support", "tip", "info", "unclear"})  # domain 2.1
KINDS = frozenset({
    "minor_exploitation", "luring_online", "trafficking", "procuring_coercive", "procuring", "violence_client",
    "street_distress", "exit_help", "runaway", "premises", "neighbourhood", "worried_relative", "suicide_risk",
    "other_violence", "info_only", "not_relevant",
})  # fmt: skip
"""Domain 2.2: what is happening. Several may hold."""
FLAGS = frozenset({
    "minor", "runaway", "organised_crime", "residential_or_school", "weapon", "confinement", "now", "abuser_present",
    "cannot_speak", "shared_phone", "suicide", "pregnant_or_injured", "wants_no_police", "interpreter",
    "do_not_contact", "adult", "rather_not_say", "abusive",
})  # fmt: skip
"""Domain 2.3, with the confinement of 2.4, the answers to the one question about age, and what a human ended a call for
(`abusive`, which no rule asks for: it lowers nothing)."""
FACTS = PATHS | KINDS | FLAGS


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a case stands, and why."""

    priority: Priority
    team: Team
    rule: str

    @property
    def wakes(self) -> bool:
        """Whether somebody is woken for it."""
        return self.priority in WAKES


@dataclass(frozen=True, slots=True)
class Placing:
    """One line of the table: with these facts, so urgent, to this team; `source` says who wants it so."""

    rule: str
    facts: frozenset[str]
    priority: Priority
    team: Team
    source: str


def _line(rule: str, facts: str, priority: Priority, team: Team, source: str) -> Placing:
    return Placing(rule, frozenset(facts.split()), priority, team, source)


TABLE: tuple[Placing, ...] = (
    # Danger now is above everything, and a minor in it above all.
    _line("a minor in danger", "minor urgent", "P1", "esup", "2.4, Plan priority 1"),
    _line("a minor, now", "minor now", "P1", "esup", "2.4"),
    _line("exploitation of a minor, now", "minor_exploitation now", "P1", "esup", "2.4"),
    _line("danger", "urgent", "P1", "esup", "2.4"),
    _line("a weapon", "weapon", "P1", "esup", "2.4"),
    _line("confinement", "confinement", "P1", "esup", "2.4"),
    _line("who does harm is there", "abuser_present", "P1", "esup", "2.4"),
    _line("cannot speak", "cannot_speak", "P1", "esup", "manners 1"),
    _line("suicide", "suicide", "P1", "esup", "2.4; doubt goes up: means are not asked"),
    _line("risk of suicide", "suicide_risk", "P1", "esup", "2.4, text 6"),
    _line("violence by a buyer, now", "violence_client now", "P1", "esup", "2.4"),
    _line("other violence, now", "other_violence now", "P1", "esup", "2.4"),
    _line("coercion, now", "procuring_coercive now", "P1", "esup", "2.4, text 7"),
    _line("trafficking, now", "trafficking now", "P1", "esup", "2.4, text 14"),
    _line("injured or pregnant, now", "pregnant_or_injured now", "P1", "esup", "2.4"),
    # Minors without immediate danger, then the Plan's second priority, then violence.
    _line("a runaway minor", "minor runaway", "P2", "pdq_runaway", "Plan 1.7, R-09, text 11"),
    _line("a tip about a minor", "minor tip", "P2", "investigators", "2.4, text 9"),
    _line("a place with a minor", "minor premises", "P2", "investigators", "Plan 2.2.3, text 9"),
    _line("exploitation of a minor", "minor_exploitation", "P2", "dpj", "Plan priority 1"),
    _line("a minor", "minor", "P2", "dpj", "2.4"),
    _line("luring online", "luring_online", "P2", "dpj", "Plan 1; doubt goes up"),
    _line("a runaway", "runaway", "P2", "pdq_runaway", "Plan 1.7, R-09"),
    _line("violence by a buyer, no police", "violence_client wants_no_police", "P2", "community", "2.5, text 13"),
    _line("other violence, no police", "other_violence wants_no_police", "P2", "community", "2.5"),
    _line("coercion, no police", "procuring_coercive wants_no_police", "P2", "community", "2.5"),
    _line("trafficking, no police", "trafficking victim_support wants_no_police", "P2", "community", "2.5"),
    _line("injured or pregnant, no police", "pregnant_or_injured wants_no_police", "P2", "community", "2.5"),
    _line("trafficking, who lives it", "trafficking victim_support", "P2", "esup", "Plan priority 2, text 14"),
    _line("coercion", "procuring_coercive", "P2", "esup", "Plan priority 2"),
    _line("violence by a buyer", "violence_client", "P2", "esup", "2.4, text 13"),
    _line("other violence", "other_violence", "P2", "esup", "2.4"),
    _line("injured or pregnant", "pregnant_or_injured", "P2", "esup", "2.4"),
    _line("a tip, now", "tip now", "P2", "pdq", "2.4"),
    _line("now, no police", "now wants_no_police", "P2", "community", "2.5"),
    _line("now", "now", "P2", "esup", "2.4"),
    # Unclear: a human looks.
    _line("do not write", "do_not_contact", "P?", "triage", "text 19"),
    _line("another language", "interpreter", "P?", "triage", "manners 2"),
    _line("unclear", "unclear", "P?", "triage", "2.4"),
    # Support, at the person's own pace and choice.
    _line("no police", "wants_no_police", "P3", "community", "2.5, R-28"),
    _line("a tip of trafficking", "trafficking tip", "P3", "investigators", "Plan priority 2"),
    _line("distress in the street", "street_distress", "P3", "esup", "Plan 1.4"),
    _line("wants to leave", "exit_help", "P3", "regional_advisor", "Plan 1.6"),
    _line("trafficking", "trafficking", "P3", "regional_advisor", "Plan priority 2; doubt goes up"),
    _line("a worried relative", "worried_relative", "P3", "regional_advisor", "2.4"),
    _line("support", "victim_support", "P3", "regional_advisor", "2.4"),
    # Information about others.
    _line("organised crime", "organised_crime", "P4", "investigators", "Plan 2.2.3"),
    _line("procuring", "procuring", "P4", "investigators", "Plan 2.2"),
    _line("homes or a school nearby", "residential_or_school", "P4", "pdq", "Plan 2.2.3"),
    _line("a place", "premises", "P4", "pdq", "Plan 2.2.3"),
    _line("a tip", "tip", "P4", "investigators", "2.4"),
    _line("the neighbourhood", "neighbourhood", "P5", "pdq", "Plan priority 3"),
    _line("information", "info_only", "P5", "triage", "2.4"),
    _line("a question", "info", "P5", "triage", "2.4"),
    _line("out of scope", "not_relevant", "P5", "triage", "2.4, text 21"),
)

NOTHING_KNOWN = Decision("P?", "triage", "nothing known")
_ASKED: dict[Priority, Decision] = {
    "P1": Decision("P1", "esup", "danger"),
    "P2": Decision("P2", "esup", "asks for a person"),
    "P?": Decision("P?", "triage", "unclear"),
    "P3": Decision("P3", "regional_advisor", "asks to be called back"),
}


def place(facts: Iterable[str]) -> Decision:
    """The first rule that holds; where none does, a human looks at it."""
    known = frozenset(facts)
    found = next((line for line in TABLE if line.facts <= known), None)
    return Decision(found.priority, found.team, found.rule) if found else NOTHING_KNOWN


def asked(priority: Priority) -> Decision:
    """What a script decided by itself: a page it ordered, or a callback that was asked for."""
    return _ASKED.get(priority) or Decision(priority, "triage", "the script")


def more_urgent(one: Decision, other: Decision) -> Decision:
    """Whichever is the more urgent; the first where they are equal."""
    return min(one, other, key=lambda decision: URGENCY.index(decision.priority))


_OF_TEXTS = {"danger": "urgent", "near": "abuser_present", "optout": "do_not_contact"}
_SUPPORT = frozenset({"help", "callback"})


def of_text(said: frozenset[str]) -> frozenset[str]:
    """What triage found in a text, as facts of its case. What has no name there is about the text alone.

    An age in a question for information is nobody's (domain 7, text 25: a school project); danger stays danger.
    """
    if "info" in said:
        said -= {"minor"}
    facts = {_OF_TEXTS.get(name, name) for name in said} & FACTS
    return frozenset(facts | ({"victim_support"} if said & _SUPPORT else set()))
