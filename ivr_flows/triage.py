"""Free text -> what it says, with the words that made us think so. A first reading that a person may always overrule.

Some phrases decide alone. Others are signs, which a small linear model weighs with the rest of the text; it may only
raise: nothing that a phrase has decided is lowered by it. All of it is data (`lexicon/`). It knows nothing of who
writes, of what was written before, or of what will be answered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ivr_flows.ages import Minor
from ivr_flows.ages import minor as minor_of
from ivr_flows.facts import of_all, of_danger, of_path
from ivr_flows.language import Lang, language
from ivr_flows.model import Language
from ivr_flows.phrases import Lexicon as Lexicon
from ivr_flows.phrases import Page, Span
from ivr_flows.pieces import telling, weigh
from ivr_flows.signals import Wrote
from ivr_flows.spelling import page_of
from ivr_flows.told import told

Path: TypeAlias = Literal["urgent", "victim_support", "tip", "info", "unclear"]

PATHS: tuple[Path, ...] = ("victim_support", "tip", "info", "unclear")
SIGNS = ("hint", "state", "act", "present", "mute", "retract")
PRINTED = ("printed_help", "printed_tip", "printed_english", "printed_french")  # these mean what the card says
RAISERS = 4  # telling words of the model
TOLD = 8  # telling words that are shown
RAISES = -0.05  # the margin above which the model says urgent (docs/triage.md)
CALM = 0.3  # what the likeness to a calm path is worth beside the likeness to danger
# The keys of the card that are no figures: the quick exit, and the other language.
SIGNS_ALONE = {"#": frozenset({"optout"}), "*": frozenset({"star"})}
TIP_NUMBER = 12  # figures: no telephone number of ours is as long


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text says. `because` holds the telling words, as they were matched."""

    facts: frozenset[str] = frozenset()
    lang: Lang | None = None
    urgent: bool = False
    minor: Minor = "?"
    path: Path = "unclear"
    optout: bool = False
    because: tuple[str, ...] = ()


def read(text: str, lexicon: Lexicon) -> Reading:
    """Everything triage makes of one text."""
    return _read(page_of(text, lexicon), thumb="👍" in text)


def _read(page: Page, thumb: bool) -> Reading:
    if page.reaction:
        return Reading(frozenset({"automatic"}), language(page), because=("reaction",))
    if not page.words:
        # A thumb up answers a question of ours, so it comes from a person we are helping.
        return Reading(frozenset({"empty"}), path="victim_support" if thumb else "unclear")
    digits = page.plain.replace(" ", "")
    if digits.isdigit() and len(digits) <= 3:
        return _keyed(digits)
    sure, signs, near, optout = _sure(page), _signs(page), _near(page), _optout(page)
    minor, age = minor_of(page)
    if minor == "Y" and _exploited(page):
        sure = sure or age
    if page.has("no_police"):
        sure = sure or signs  # whoever wants no police is left to choose: words of danger beside it come first
    margins = weigh(page, marks(page))
    urgent = bool(sure) or (_doubt(margins) > RAISES and not any(map(page.is_only, PRINTED)))
    danger = (sure or signs or (() if near else telling(page, "urgent", RAISERS))) if urgent else ()
    near = near if urgent else ()
    lang = language(page)
    facts = {name for name, why in (("danger", danger), ("near", near), ("optout", optout)) if why}
    facts |= _kinds(page, urgent)
    path: Path = "urgent" if urgent else _path(page, frozenset(facts), margins)
    facts |= of_all(page) | of_path(page, path, lang, minor) | (of_danger(page) if urgent else set())
    because = tuple(dict.fromkeys((*danger, *near, *optout, *age)))[:TOLD]
    return Reading(frozenset(facts), lang, urgent, minor, path, bool(optout), because)


def _doubt(margins: Mapping[str, float]) -> float:
    """How urgent a text looks, beside the calm path that it looks most like."""
    return margins["urgent"] - CALM * max(margins[path] for path in PATHS)


def marks(page: Page) -> frozenset[str]:
    """What the model is told beside the words: that signs of danger hold, or that somebody seems near."""
    told = (("!sure", _sure(page)), ("!danger", _signs(page)), ("!near", _near(page)), ("!joke", _joke(page)))
    return frozenset(name for name, why in told if why)


def wrote(text: str, lexicon: Lexicon) -> Wrote:
    """The same as the signal a script understands."""
    page = page_of(text, lexicon)
    reading = _read(page, thumb=False)
    chosen: Language | None = reading.lang if reading.lang in ("fr", "en") else None
    digits = page.plain.replace(" ", "")
    digits = digits if digits.isdigit() else ""
    facts = reading.facts
    facts |= {"tip_word"} if page.is_only("printed_tip") else set()
    facts |= {"thumb"} if "👍" in text and not page.words else set()
    facts |= SIGNS_ALONE.get(text.strip(), frozenset())
    if "danger" in facts and not any(sign.isalnum() for sign in text):
        facts |= {"near"}  # a sign of distress and not a letter: they may be unable to write
    facts = told(page, facts, reading.path, reading.minor)
    facts |= {"tip_number"} if len(digits) == TIP_NUMBER else set()
    return Wrote(facts, chosen, digits, page.plain, reading.because)


def _keyed(digits: str) -> Reading:
    """The keys of the card, typed: 9 is urgent, 5 or 55 cannot speak."""
    if digits == "911" or set(digits) == {"9"}:
        return Reading(frozenset({"danger"}), urgent=True, path="urgent", because=(digits,))
    if set(digits) == {"5"}:
        return Reading(frozenset({"near"}), urgent=True, path="urgent", because=(digits,))
    return Reading()


# ── what it says ──────────────────────────────────────────────────────────────────────────────────────────────────


def _sure(page: Page) -> tuple[str, ...]:
    """What decides alone: words never seen in a calm text, a watched screen, a cry."""
    cry = page.cries and (page.is_only("printed_help") or page.has("help"))
    spans = [*page.spans("always", "screen")]
    spans += [span for span in page.spans(*SIGNS) if span == (0, len(page.words))]  # the text says nothing else
    return (*_unexcused(page, spans), *(("!",) if cry else ()))


def _signs(page: Page) -> tuple[str, ...]:
    """The words of danger that no negation, joke, past or distance takes away. The model weighs them."""
    now = page.has("now")
    spans = [span for span in page.spans("hint", "state", "retract") if not page.negated(span[0])]
    if now or not page.has("past"):
        spans += [span for span in page.spans("act") if not page.in_list("negation", span[1])]
    spans += page.spans("other") if now else ()
    return _unexcused(page, spans)


def _unexcused(page: Page, spans: Iterable[Span]) -> tuple[str, ...]:
    excuses = [*page.spans("idiom"), *(page.spans("joking") if _joke(page) else ())]
    return tuple(page.said(span) for span in sorted(set(spans)) if not any(_meet(span, excuse) for excuse in excuses))


def _joke(page: Page) -> bool:
    return page.has("laugh") and not page.has("serious")


def _meet(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _near(page: Page) -> tuple[str, ...]:
    """Somebody is there, reads the screen, or the person cannot speak. A meeting later today is not a threat."""
    there = page.telling("present", "screen")
    mute = () if page.has("machine") or (page.has("appointment") and not there) else page.telling("mute")
    return (*there, *mute)


def _optout(page: Page) -> tuple[str, ...]:
    if page.is_only("optout_alone"):
        return (page.plain,)
    asked = [
        page.said(span) for span in page.spans("optout")
        if not any(page.in_list("optout_not_after", place) for place in range(span[0] - 3, span[0]))
    ]  # fmt: skip
    return (*asked, *page.telling("screen"))


def _kinds(page: Page, danger: bool) -> set[str]:
    """Facts about the kind of message rather than about the person."""
    kinds = set()
    if page.has("machine") or (page.has("spam") and not danger):
        kinds.add("automatic")
    if page.is_only("printed_help") or page.has("help"):
        kinds.add("help")
    if any(_asks_for_a_call(page, span) for span in page.spans("callback")):
        kinds.add("callback")
    return kinds


def _asks_for_a_call(page: Page, span: Span) -> bool:
    """Words that ask us to call, with no "not" on either side and nobody else in front of them."""
    around = (*range(span[0] - 3, span[0]), span[1], span[1] + 1)
    others = any(page.in_list("callback_not_after", place) for place in range(span[0] - 2, span[0]))
    return not others and not any(page.in_list("negation", place) for place in around)


def _path(page: Page, facts: frozenset[str], margins: Mapping[str, float]) -> Path:
    """What they look for, where nothing is urgent. Whatever is odd stays unclear: a person looks at it."""
    if page.plain in ("info", "infos"):
        return "info"
    if page.is_only("printed_help"):
        return "victim_support"
    if page.is_only("printed_tip"):
        return "tip"
    if any(map(page.is_only, ("printed_english", "printed_french"))):
        return "unclear"
    if facts & {"automatic"} or (page.has("buyer") and not page.has("family", "tip")):
        return "unclear"
    support = page.has("family", "how_to_help") and page.has("how_to_help")
    bonus = {"victim_support": 0.2 * support, "unclear": 0.3 * page.has("probe")}
    return max(PATHS, key=lambda path: margins[path] + bonus.get(path, 0.0))


def _exploited(page: Page) -> bool:
    """A minor who speaks of herself or himself and of what is done to them."""
    own = bool({"je", "j", "i", "me", "my"} & set(page.words)) and not page.has("family", "friend")
    return own and any(page.in_list("exploited", at) for at in range(len(page.words)))
