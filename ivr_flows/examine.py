"""Triage examined on labelled texts: how many urgent ones are found, how many calm ones raise an alarm, and the rest.

A label may be missing, or null where a person could not say: it is skipped. Training and the examination by folds are
here too, so that what is measured is what is shipped.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias
from zlib import crc32

from ivr_flows.learn import Told, learn
from ivr_flows.noise import hasty
from ivr_flows.phrases import Lexicon
from ivr_flows.pieces import pieces
from ivr_flows.spelling import page_of
from ivr_flows.triage import Reading, marks, read
from ivr_flows.weights import HEADS, read_model

Label: TypeAlias = Mapping[str, Any]  # text, lang, urgent, minor, path, optout
PATHS = HEADS[5:]
NO_LANGUAGE = ("mixed", "none", None)


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares of 1. `found` of the urgent, `alarms` of the calm; the others of all texts."""

    texts: int
    found: float
    alarms: float
    lang: float
    minor: float
    path: float
    optout: float
    explained: float

    def __str__(self) -> str:
        return (
            f"{self.texts} texts: urgent found {self.found:.1%}, false alarms {self.alarms:.1%}, language right or "
            f"abstained {self.lang:.1%}, path {self.path:.1%}, minor {self.minor:.1%}, opting out {self.optout:.1%}"
        )


def urgent(label: Label) -> bool | None:
    """What a person said of danger now; a label without the word is read by its path."""
    said = label["urgent"] if "urgent" in label else label["path"] == "urgent"
    return said if said is None else bool(said)


def figures(readings: Sequence[tuple[Label, Reading]]) -> Figures:
    """What the readings are worth beside the labels."""
    danger = [reading.urgent for label, reading in readings if urgent(label) is True]
    calm = [reading.urgent for label, reading in readings if urgent(label) is False]
    sure = [(label, reading) for label, reading in readings if urgent(label) is not None]
    raised = [reading for _, reading in readings if reading.urgent]
    return Figures(
        len(readings),
        _share(danger, bool),
        _share(calm, bool),
        _share(readings, _language_right),
        _share(_labelled(readings, "minor"), lambda pair: pair[0]["minor"] == pair[1].minor),
        _share(_labelled(sure, "path"), lambda pair: pair[0]["path"] == pair[1].path),
        _share(_labelled(readings, "optout"), lambda pair: pair[0]["optout"] == pair[1].optout),
        _share(raised, lambda reading: bool(reading.because)),
    )


def train(labels: Sequence[Label], lexicon: Lexicon) -> str:
    """The content of the file of weights for these texts."""
    return learn([told for label in labels for told in _lessons(label, lexicon)])


def folds(labels: Sequence[Label], lexicon: Lexicon, count: int) -> list[tuple[Label, Reading]]:
    """Each text as it is read by a model that has never seen it."""
    known = [(label, crc32(str(label["text"]).encode()) % count, _lessons(label, lexicon)) for label in labels]
    readings: list[tuple[Label, Reading]] = []
    for fold in range(count):
        model = read_model(learn([told for _, place, lessons in known if place != fold for told in lessons]))
        blind = replace(lexicon, model=model)
        readings += [(label, read(label["text"], blind)) for label, place, _ in known if place == fold]
    return readings


def _lessons(label: Label, lexicon: Lexicon) -> list[Told]:
    """The text, and the same as it might have been typed in haste."""
    texts = dict.fromkeys((label["text"], hasty(label["text"])))
    return [_told({**label, "text": text}, lexicon) for text in texts]


def _told(label: Label, lexicon: Lexicon) -> Told:
    page = page_of(label["text"], lexicon)
    danger, lang = urgent(label), label["lang"]
    languages = [None if lang in NO_LANGUAGE else lang == head for head in HEADS[2:5]]
    paths = [None if danger is None else _about(label, danger, head) for head in PATHS]
    return Told(pieces(page, 0, len(page.words), marks(page)), (danger, label.get("optout"), *languages, *paths))


def _about(label: Label, danger: bool, path: str) -> bool | None:
    """An urgent text is about none of the calm paths, so that each of these heads knows what calm looks like."""
    if danger:
        return False
    return label["path"] == path if "path" in label else None


def _labelled(readings: Sequence[tuple[Label, Reading]], what: str) -> list[tuple[Label, Reading]]:
    return [pair for pair in readings if what in pair[0]]


def _language_right(pair: tuple[Label, Reading]) -> bool:
    """Right, abstained, or a text in which no one language is right."""
    told, read_as = pair[0]["lang"], pair[1].lang
    return read_as in (None, told) or told == "mixed" or (told == "none" and read_as == "other")


def _share(of: Sequence[Any], holds: Callable[[Any], bool]) -> float:
    return sum(map(bool, map(holds, of))) / len(of) if of else 1.0
