"""Where people say they are: region, station and police force, with doubt told as doubt."""

import tomllib
from datetime import date

import pytest

from hotline import reference
from hotline.rules.strict import BadData
from hotline.rules.territory import keyed, locate, region_of, station_on
from hotline.rules.territory_file import read_territory

ISLAND, TODAY = reference.territory(), date(2026, 11, 25)
BOROUGHS, TOWNS = 19, 15

# What is said, and region, station, police and whether it is sure.
SAID = {
    "ndg": ("W", 9, "spvm", True),
    "CDN": ("W", 26, "spvm", True),
    "chu a Hochelag": ("E", 23, "spvm", True),
    "HoMa": ("E", 23, "spvm", True),
    "parc ex": ("N", 31, "spvm", True),
    "St-Mich": ("N", 30, "spvm", True),
    "mtl-nord": ("E", 39, "spvm", True),
    "RDP": ("E", 45, "spvm", True),
    "PAT": ("E", 49, "spvm", True),
    "St-Lo": ("W", 7, "spvm", True),
    "st léo": ("E", 42, "spvm", True),
    "dans le village": ("S", 21, "spvm", True),
    "centre-sud": ("S", 21, "spvm", True),
    "griffintown": ("S", 15, "spvm", True),
    "la petite italie": ("N", 35, "spvm", True),
    "mile end": ("N", 38, "spvm", True),
    "West Island": ("W", None, "spvm", True),
    "ddo": ("W", 4, "spvm", True),
    "VSL": ("W", 7, "spvm", True),
    "TMR": ("N", 24, "spvm", True),
    "proche du Casino": ("S", 21, "spvm", True),
    "jsuis au métro Berri": ("S", 21, "spvm", True),
    "metro lasalle": ("S", 16, "spvm", True),
    "lasalle": ("W", 13, "spvm", True),
    "metro honoré-beaugrand": ("E", 48, "spvm", True),
    "downtown": ("S", 20, "spvm", True),
    "CÔTE-DES-NEIGES": ("W", 26, "spvm", True),
    "île des soeurs": ("S", 16, "spvm", True),
    "h1a 2b3": ("E", 49, "spvm", True),
    "H3N": ("N", 31, "spvm", True),
    "hochelga": ("E", 23, "spvm", False),
    "vileray": ("N", 31, "spvm", False),
    "verdin": ("S", 16, "spvm", False),
    "la Pointe": (None, None, "spvm", False),
    "H2X": (None, None, "spvm", False),
    "saint-laurent": (None, None, "spvm", False),
    "mont-royal": ("N", None, "spvm", False),
    "h9x 1a1": ("W", 1, "spvm", False),
    "laval": (None, None, "spl", True),
    "H7N 1A1": (None, None, "spl", True),
    "brossard": (None, None, "spal", True),
    "J4K": (None, None, "spal", True),
    "J7Y": (None, None, "local_or_sq", True),
    "Gatineau": (None, None, "local_or_sq", True),
    "toronto": (None, None, "elsewhere", True),
    "M5V 2T6": (None, None, "elsewhere", True),
}  # fmt: skip


def test_what_people_say_is_a_place() -> None:
    """Neighbourhoods, métro stations, towns and postal codes, as they are written and mistyped."""
    found = {said: locate(ISLAND, said, TODAY) for said in SAID}
    assert {said: one and (one.region, one.pdq, one.police, one.sure) for said, one in found.items()} == SAID


@pytest.mark.parametrize(
    "said",
    ["", "je sais pas", "514 555-0123", "438", "motel sur la rue St-Jacques", "rue Saint-Michel", "b4u", "🆘", "ch 17"],
)
def test_what_is_no_place_is_none(said: str) -> None:
    """An area code, a street that crosses half the island and a room are no answer."""
    assert locate(ISLAND, said, TODAY) is None


def test_an_ambiguous_name_says_so() -> None:
    """Which one is for a person to ask."""
    found = locate(ISLAND, "la Pointe", TODAY)
    assert found is not None and found.among == ("Pointe-Saint-Charles", "Pointe-aux-Trembles", "Pointe-Claire")


def test_a_neighbourhood_in_its_borough_is_one_place() -> None:
    """Saying both is saying it once."""
    found = locate(ISLAND, "Ahuntsic, dans Ahuntsic-Cartierville", TODAY)
    assert found is not None and (found.pdq, found.among) == (27, ())


@pytest.mark.parametrize(("on", "pdq"), [(date(2019, 1, 1), 33), (date(2026, 1, 1), 31)])
def test_stations_are_those_of_the_day(on: date, pdq: int) -> None:
    """Parc-Extension had a station of its own until it was merged."""
    found = locate(ISLAND, "Parc-Ex", on)
    assert found is not None and found.pdq == pdq


def test_a_station_that_closed_without_a_successor_is_none() -> None:
    """Nobody is sent to a door that is shut."""
    tables = {**GOOD, "station": [{**GOOD["station"][0], "ends": date(2020, 1, 1)}]}
    assert station_on(read_territory(tables), 1, TODAY) is None


@pytest.mark.parametrize(
    ("digits", "region", "police"),
    [("412", "E", "spvm"), ("545", None, "spal"), ("472", None, "spl"), ("492", "W", "spvm")],
)
def test_a_postal_code_can_be_keyed(digits: str, region: str | None, police: str) -> None:
    """Its three signs by the keys they are written on; an H where an H is possible."""
    found = keyed(ISLAND, digits, TODAY)
    assert found is not None and (found.region, found.police) == (region, police)


@pytest.mark.parametrize("digits", ["", "41", "4123", "000", "4a2", "111"])
def test_keys_that_spell_no_code_are_none(digits: str) -> None:
    """Not three keys, or none with letters."""
    assert keyed(ISLAND, digits, TODAY) is None


def test_a_region_chosen_by_key_is_itself() -> None:
    """They said so."""
    assert (region_of(ISLAND, "N").region, region_of(ISLAND, "N").police) == ("N", "spvm")


def test_the_whole_island_is_there() -> None:
    """Nineteen boroughs, fifteen towns, a station for each place that has only one, and every first sign of H."""
    borough = {place.borough for place in ISLAND.places.values() if place.borough}
    towns = [name for name, place in ISLAND.places.items() if place.police == "spvm" and not place.borough
             and place.pdq]  # fmt: skip
    assert (len(borough), len(towns)) == (BOROUGHS, TOWNS)
    assert all(locate(ISLAND, name, TODAY) for name in ISLAND.places)


def test_nothing_is_more_certain_than_its_source() -> None:
    """A region that is a proposal, or a station marked TV, is to be verified."""
    sure, proposal, marked = (locate(ISLAND, said, TODAY) for said in ("PAT", "NDG", "Verdun"))
    assert [found.to_verify for found in (sure, proposal, marked) if found] == [False, True, True]


# ── the file ──────────────────────────────────────────────────────────────────────────────────────────────────────

GOOD: dict = {
    "region": [{"letter": letter, "fr": "ici", "en": "here"} for letter in "NSEW"],
    "station": [{"number": 1, "region": "W", "source": "SPVM"}],
    "town": [{"name": "Dorval", "pdq": 1, "postal": ["H9P"]}],
}
BAD = """
quartier = 1
[[region]]
letter = "X"
fr = "ici"
[[station]]
number = 1
region = "Q"
source = "SPVM"
mark = "peut-être"
into = 9
[[station]]
number = 2
region = "N"
source = "SPVM"
starts = 2020-01-01
ends = 2019-01-01
telephone = "514"
[[area]]
name = "Ici"
in = "Nulle part"
pdq = 77
[[town]]
name = "Ici"
said = [1]
[[outside]]
name = "Loin"
police = "armée"
[[ambiguous]]
said = ["Là"]
among = ["Ailleurs"]
"""
EXPECTED = [
    "quartier: is not one of: region, station,", "region 1: 'en' is missing", "letter 'X' is not one of: N, S, E, W",
    "station 1 (1): region 'Q'", "the mark 'peut-être'", "station 1: there is no station 9", "it ends before it starts",
    "unknown field 'telephone'; it may have:", "it is in 'Nulle part', which is no borough", "there is no station 77",
    "'said' must be a list of texts", "police 'armée'", "there is no place 'Ailleurs'", "the region N is missing",
    "the place 'Ici' is there twice",
]  # fmt: skip


def test_a_good_file_is_read() -> None:
    """The smallest one."""
    found = locate(read_territory(GOOD), "dorval", TODAY)
    assert found is not None and found.pdq == 1


def test_everything_wrong_in_a_file_is_told_at_once() -> None:
    """With the entry it is in."""
    with pytest.raises(BadData) as bad:
        read_territory(tomllib.loads(BAD))
    told = str(bad.value)
    assert [words for words in EXPECTED if words not in told] == []
    assert all(line.startswith("territory.toml: ") for line in told.splitlines())
