"""territory.toml, parsed -> Territory. Pure; raises BadData with every problem that the file has."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, get_args

from hotline.rules.strict import Reading
from hotline.rules.territory import REGIONS, Name, Place, Police, Station, Territory, joined

KINDS = ("region", "station", "borough", "town", "area", "part", "outside", "shared", "ambiguous")
BARE_METRO = 8  # signs: the shorter ones are words of every day, or streets

_REGION: Mapping[str, type] = {"letter": str, "fr": str, "en": str}
_STATION: Mapping[str, type] = {
    "number": int, "region": str, "source": str, "mark": str, "address": str, "region_verified": bool,
    "starts": date, "ends": date, "into": int, "verified": date,
}  # fmt: skip
_PLACE: Mapping[str, type] = {"name": str, "in": str, "pdq": int, "said": list, "postal": list, "metro": list}
_PART: Mapping[str, type] = {"name": str, "region": str, "said": list}
_OUTSIDE: Mapping[str, type] = {
    "name": str, "police": str, "fr": str, "en": str, "said": list, "postal": list, "metro": list, "phone": str,
    "source": str, "mark": str, "verified": date,
}  # fmt: skip


def read_territory(tables: Mapping[str, Any], file: str = "territory.toml") -> Territory:
    """The territory that a file tells of."""
    made = _Making(Reading(file))
    for kind in tables.keys() - set(KINDS):
        made.reading.wrong(kind, f"is not one of: {', '.join(KINDS)}")
    made.regions_of(tables)
    made.stations_of(tables)
    for kind in ("borough", "town", "area"):
        made.places_of(tables, kind)
    made.parts_of(tables)
    made.outsides_of(tables)
    made.several_of(tables)
    made.whole()
    names = dict(made.names)
    return made.reading.done(lambda: Territory(made.places, made.stations, names, made.postal, made.regions))


class _Making:
    """A territory in the making."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.regions: dict[Any, Mapping[str, str]] = {}
        self.stations: dict[int, Station] = {}
        self.places: dict[str, Place] = {}
        self.names: dict[str, Name] = {}
        self.postal: dict[str, tuple[str, ...]] = {}

    def regions_of(self, tables: Mapping[str, Any]) -> None:
        for where, entry in self.reading.entries(tables, "region"):
            told = self.reading.table(entry, where, _REGION, "letter fr en")
            self.reading.one_of(told.get("letter"), REGIONS, where, "letter")
            self.regions[told.get("letter")] = {"fr": told.get("fr", ""), "en": told.get("en", "")}

    def stations_of(self, tables: Mapping[str, Any]) -> None:
        for where, entry in self.reading.entries(tables, "station"):
            told = self.reading.table(entry, where, _STATION, "number region source")
            self.reading.one_of(told.get("region"), REGIONS, where, "region")
            self._mark(told, where)
            number = told.get("number", 0)
            if number in self.stations:
                self.reading.wrong(where, f"the station {number} is there twice")
            if told.get("starts") and told.get("ends") and told["ends"] < told["starts"]:
                self.reading.wrong(where, "it ends before it starts")
            self.stations[number] = Station(
                number, told.get("region", "N"), told.get("source", ""),
                to_verify=told.get("mark") == "TV", region_to_verify=not told.get("region_verified", False),
                starts=told.get("starts"), ends=told.get("ends"), into=told.get("into"),
            )  # fmt: skip

    def places_of(self, tables: Mapping[str, Any], kind: str) -> None:
        for where, entry in self.reading.entries(tables, kind):
            told = self.reading.table(entry, where, _PLACE, "name in" if kind == "area" else "name")
            name, pdq = told.get("name", ""), told.get("pdq")
            if kind == "area" and told.get("in") not in self.places:
                self.reading.wrong(where, f"it is in '{told.get('in')}', which is no borough")
            if pdq is not None and pdq not in self.stations:
                self.reading.wrong(where, f"there is no station {pdq}")
            # A borough is its own borough, a town of the island has none.
            self._add(where, Place(name, borough=told.get("in") or (name if kind == "borough" else None), pdq=pdq))
            self._called(name, told, where)

    def parts_of(self, tables: Mapping[str, Any]) -> None:
        for where, entry in self.reading.entries(tables, "part"):
            told = self.reading.table(entry, where, _PART, "name region")
            self.reading.one_of(told.get("region"), REGIONS, where, "region")
            self._add(where, Place(told.get("name", ""), region=told.get("region")))
            self._called(told.get("name", ""), told, where)

    def outsides_of(self, tables: Mapping[str, Any]) -> None:
        for where, entry in self.reading.entries(tables, "outside"):
            told = self.reading.table(entry, where, _OUTSIDE, "name police fr en source")
            self.reading.one_of(told.get("police"), get_args(Police), where, "police")
            self._mark(told, where)
            kept = {key: told[key] for key in ("police", "fr", "en", "phone") if key in told}
            self._add(where, Place(told.get("name", ""), to_verify=told.get("mark") == "TV", **kept))
            self._called(told.get("name", ""), told, where)

    def several_of(self, tables: Mapping[str, Any]) -> None:
        """What is shared and what is ambiguous comes over what one place claims."""
        for where, entry in self.reading.entries(tables, "shared"):
            told = self.reading.table(entry, where, {"postal": str, "among": list}, "postal among")
            self.postal[str(told.get("postal", "")).casefold()] = self._known(told, where)
        for where, entry in self.reading.entries(tables, "ambiguous"):
            told = self.reading.table(entry, where, {"said": list, "among": list}, "said among")
            for said in told.get("said", []):
                self.names[joined(said)] = Name(said, self._known(told, where))

    def _known(self, told: Mapping[str, Any], where: str) -> tuple[str, ...]:
        for name in told.get("among", []):
            if name not in self.places:
                self.reading.wrong(where, f"there is no place '{name}'")
        return tuple(told.get("among", []))

    def _mark(self, told: Mapping[str, Any], where: str) -> None:
        if told.get("mark") not in (None, "TV"):
            self.reading.wrong(where, f"the mark '{told['mark']}' is not one of: TV")
        if "mark" in told and "verified" in told:
            self.reading.wrong(where, "a verified entry has no mark any more")

    def _add(self, where: str, place: Place) -> None:
        if place.name in self.places:
            self.reading.wrong(where, f"the place '{place.name}' is there twice")
        self.places[place.name] = place

    def _called(self, name: str, told: Mapping[str, Any], where: str) -> None:
        for said in (name, *told.get("said", [])):
            self._say(said, name, where)
        for code in told.get("postal", []):
            if code.casefold() in self.postal:
                self.reading.wrong(where, f"the postal code {code} is of {self.postal[code.casefold()][0]} too")
            self.postal[code.casefold()] = (name,)
        for metro in told.get("metro", []):
            for said in (f"métro {metro}", f"station {metro}", f"métro station {metro}"):
                self._say(said, name, where)
            if len(joined(metro)) >= BARE_METRO:
                self.names.setdefault(joined(metro), Name(metro, (name,), sure=False))

    def _say(self, said: str, name: str, where: str) -> None:
        known = self.names.get(joined(said))
        if known is not None and known.sure and known.places != (name,):
            self.reading.wrong(where, f"'{said}' is said of '{known.places[0]}' too; make it ambiguous")
        if known is None or not known.sure:
            self.names[joined(said)] = Name(said, (name,))

    def whole(self) -> None:
        """What only the whole file can show."""
        for letter in set(REGIONS) - self.regions.keys():
            self.reading.wrong("region", f"the region {letter} is missing")
        for where, words in self._lost():
            self.reading.wrong(where, words)

    def _lost(self) -> Iterator[tuple[str, str]]:
        for station in self.stations.values():
            where, seen = f"station {station.number}", {station.number}
            while station.into is not None:
                if station.into not in self.stations:
                    yield where, f"there is no station {station.into}"
                    break
                if station.into in seen:
                    yield where, "stations follow each other in a circle"
                    break
                seen.add(station.into)
                station = self.stations[station.into]
