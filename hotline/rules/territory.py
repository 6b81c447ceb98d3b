"""What people call a place -> region, station and police force, on a given day. Pure; the names are data.

A place is what a person says of where they are, never what their number looks like: an area code says nothing here.
What may be several places is said to be, and what was only nearly understood is not called sure.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias, TypeVar, get_args

from rapidfuzz import process
from rapidfuzz.distance import OSA

Region: TypeAlias = Literal["N", "S", "E", "W"]
Police: TypeAlias = Literal["spvm", "spl", "spal", "local_or_sq", "elsewhere"]
T = TypeVar("T")
REGIONS: tuple[Region, ...] = get_args(Region)

WORDS = 60  # of a text are looked at: whoever says where they are does so early
LONGEST = 5  # words of a name
_KEYS = ("", "", "abc", "def", "ghi", "jkl", "mno", "pqrs", "tuv", "wxyz")
_POSTAL = re.compile(r"\b([a-z]\d[a-z])(?: ?(\d[a-z]\d))?\b")
_STREET = frozenset({
    "rue", "boul", "boulevard", "blvd", "avenue", "ave", "chemin", "autoroute", "street", "road", "coin", "corner",
})  # fmt: skip
_ALIKE = {"st": "saint", "ste": "sainte", "mtl": "montreal", "arr": "arrondissement"}


@dataclass(frozen=True, slots=True)
class Station:
    """A neighbourhood station and the days it is known for; `into` is who took its place after `ends`."""

    number: int
    region: Region
    source: str
    to_verify: bool
    region_to_verify: bool = True
    starts: date | None = None
    ends: date | None = None
    into: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """A place people speak of. On the island it has a region or a station; off it, its police only."""

    name: str
    police: Police = "spvm"
    borough: str | None = None
    pdq: int | None = None
    region: Region | None = None
    fr: str = ""
    en: str = ""
    phone: str = ""
    to_verify: bool = False


@dataclass(frozen=True, slots=True)
class Located:
    """Where somebody is, as well as what they said tells it; `among` are the names where it may be several places."""

    region: Region | None
    borough: str | None
    pdq: int | None
    police: Police | None
    sure: bool
    because: str
    among: tuple[str, ...] = ()
    to_verify: bool = True


@dataclass(frozen=True, slots=True)
class Name:
    """A name that people say, and the places it may mean; `sure` False where it is one of a station's name alone."""

    said: str
    places: tuple[str, ...]
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Territory:
    """All that is known: places by name, what they are called, and what the first signs of a postal code mean."""

    places: Mapping[str, Place]
    stations: Mapping[int, Station]
    names: Mapping[str, Name]
    postal: Mapping[str, tuple[str, ...]]
    regions: Mapping[Region, Mapping[str, str]]


def folded(words: str) -> list[str]:
    """Words without accents, hyphens or capitals, with saint and st the same."""
    decomposed = unicodedata.normalize("NFKD", words.replace("œ", "oe").replace("Œ", "OE").casefold())
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return [_ALIKE.get(word, word) for word in re.findall(r"[a-z0-9]+", plain)]


def joined(words: str) -> str:
    """The same as one sign after the other: how names are compared."""
    return "".join(folded(words))


# ── where is that? ────────────────────────────────────────────────────────────────────────────────────────────────


def locate(territory: Territory, said: str, on: date) -> Located | None:
    """Where these words or this postal code are, on that day; None where they say nothing that we know."""
    code = _postal(territory, said)
    if code is not None:
        return _located(territory, *code, on)
    words = folded(said)[:WORDS]
    found = list(_named(territory, words)) or list(_nearly(territory, words))
    if not found:
        return None
    places = tuple(dict.fromkeys(place for name in found for place in name.places))
    because = ", ".join(dict.fromkeys(name.said for name in found))
    return _located(territory, _narrowed(territory, places), because, all(name.sure for name in found), on)


def keyed(territory: Territory, digits: str, on: date) -> Located | None:
    """The first three signs of a postal code as the keys they are written on: 4 1 2 is H1A, H1B or H1C."""
    if len(digits) != 3 or not digits.isdecimal():
        return None
    first, second = _KEYS[int(digits[0])], _KEYS[int(digits[2])]
    codes = [f"{one}{digits[1]}{other}" for one in first for other in second]
    # Where an H is possible it is meant: a call about Montréal comes from there or from near it.
    for near in ("h", "j", ""):
        known = [places for code in codes if code.startswith(near) and (places := _of_code(territory, code))]
        if known:
            places = tuple(dict.fromkeys(place for each in known for place in each))
            return _located(territory, places, digits, len(known) == 1, on)
    return None


def region_of(territory: Territory, letter: Region) -> Located:
    """The part of the island they chose themselves."""
    return Located(letter, None, None, "spvm", True, letter)


def _postal(territory: Territory, said: str) -> tuple[tuple[str, ...], str, bool] | None:
    plain = " ".join(folded(said))
    for match in _POSTAL.finditer(plain):
        # b4u and l8r are words of texts, not places: away from Québec the whole code is wanted.
        places = _of_code(territory, match[1]) if match[1][0] in "hjg" or match[2] else ()
        if places:
            return places, match[1].upper(), True
    return None


def _of_code(territory: Territory, code: str) -> tuple[str, ...]:
    """The places of a postal code's first signs: the longest that is known decides."""
    return next((territory.postal[code[:n]] for n in (3, 2, 1) if code[:n] in territory.postal), ())


def _named(territory: Territory, words: list[str]) -> Iterator[Name]:
    """Names that stand in the words, the longest first; the name of a street is no place."""
    at = 0
    while at < len(words):
        for length in range(LONGEST, 0, -1):
            name = territory.names.get("".join(words[at : at + length])) if at + length <= len(words) else None
            if name is not None and not (at and words[at - 1] in _STREET):
                yield name
                at += length
                break
        else:
            at += 1


def _nearly(territory: Territory, words: list[str]) -> Iterator[Name]:
    """The name that a slip of the finger is nearest to; never sure."""
    starts = [at for at in range(len(words)) if not (at and words[at - 1] in _STREET)]
    tried = ["".join(words[at : at + n]) for at in starts for n in (1, 2, 3) if at + n <= len(words)]
    for said in (each for each in dict.fromkeys(tried) if len(each) >= 6):
        near = process.extractOne(
            said, territory.names.keys(), scorer=OSA.distance, score_cutoff=1 if len(said) < 9 else 2
        )
        if near and near[0][0] == said[0] and len(near[0]) >= 6:
            name = territory.names[near[0]]
            yield Name(name.said, name.places, sure=False)
            return


def _narrowed(territory: Territory, places: tuple[str, ...]) -> tuple[str, ...]:
    """« Rosemont, dans Rosemont–La Petite-Patrie » is one place: a neighbourhood makes its borough needless."""
    within = {territory.places[name].borough for name in places if territory.places[name].borough != name}
    return tuple(name for name in places if name not in within)


def _located(territory: Territory, names: tuple[str, ...], because: str, sure: bool, on: date) -> Located:
    here = [territory.places[name] for name in names]
    stations = [station_on(territory, place.pdq, on) for place in here]
    regions = [station.region if station else place.region for place, station in zip(here, stations, strict=True)]
    # A station's region is nearly everywhere a proposal that nobody has confirmed.
    verify = any(place.to_verify for place in here) or any(
        station is None or station.to_verify or station.region_to_verify for station in stations
    )
    return Located(
        _one(regions),
        _one(place.borough for place in here),
        _one(station.number if station else None for station in stations),
        _one(place.police for place in here),
        sure and len(here) == 1,
        because,
        names if len(names) > 1 else (),
        verify,
    )


def _one(values: Iterable[T | None]) -> T | None:
    """What all of them say; nothing where they differ."""
    different = set(values)
    return different.pop() if len(different) == 1 else None


def station_on(territory: Territory, number: int | None, on: date) -> Station | None:
    """The station that stands for that number on a day: itself, or who took its place."""
    station = territory.stations.get(number) if number is not None else None
    while station is not None and station.ends is not None and station.ends < on and station.into is not None:
        station = territory.stations[station.into]
    if station is None or (station.starts and on < station.starts) or (station.ends and station.ends < on):
        return None
    return station
