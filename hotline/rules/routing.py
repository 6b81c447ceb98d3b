"""Whom of the people on duty a case rings first: its team, its part of the island, no police where none is wanted.

Pure. Nobody on duty is ever left out and nobody waits: a route is an order. What is urgent rings ÉSUP first, whoever's
case it is; the people of a shift without a team are ÉSUP's too. What is not pressing rings its own team first, then
ÉSUP, then everybody else on duty. Whoever wants no police is answered by a community partner, then by anybody who is
not of the police, and by the police last; only danger to life or a minor changes that (domain 2.5).
"""

from collections.abc import Mapping
from typing import NamedTuple, get_args

from hotline.rules.duty import Preference, Responder
from hotline.rules.territory import Region
from ivr_flows.model import Priority
from ivr_flows.priorities import WAKES, Team

REGIONS: Mapping[Region, str] = {"N": "nord", "S": "sud", "E": "est", "W": "ouest"}
"""The parts of the island, as the roster calls them."""
TEAMS: frozenset[str] = frozenset(get_args(Team))
"""What a roster calls a team that cases are for."""
ESUP: frozenset[str] = frozenset({"esup", ""})
OVER_NO_POLICE = frozenset({"minor", "minor_exploitation", "runaway", "luring_online"})
"""A minor, or where one is to be feared: doubt goes up."""


class Whose(NamedTuple):
    """What of a case decides who is rung first; nothing in it is a person's word.

    `team` None: that of urgent work. Somebody on the line now is such work, whatever their case is.
    """

    priority: Priority = "P1"
    team: Team | None = None
    region: Region | None = None
    facts: frozenset[str] = frozenset()


URGENT = Whose()


def without_police(whose: Whose) -> bool:
    """Whether they want no police, and neither a life nor a minor is at stake."""
    return "wants_no_police" in whose.facts and whose.priority != "P1" and not whose.facts & OVER_NO_POLICE


def team_of(whose: Whose) -> Team:
    """The team whose people on duty are rung first."""
    if without_police(whose):
        return "community"
    return "esup" if whose.team is None or whose.priority in WAKES else whose.team


def preference(whose: Whose) -> Preference:
    """How far somebody is from being rung first, with the teams they work for now: police last where none is wanted,
    then by team, then, among equals of the case's team, whoever knows another part of the island."""
    first, no_police = team_of(whose), without_police(whose)
    here = REGIONS.get(whose.region) if whose.region is not None else None

    def how_far(one: Responder, teams: frozenset[str]) -> tuple[bool, int, bool]:
        is_advisor = first == "regional_advisor" and "advisor" in one.roles
        is_first = first in teams or is_advisor or (first == "esup" and bool(teams & ESUP))
        far = is_first and here is not None and here not in one.regions
        return no_police and "police" in one.roles, 0 if is_first else 1 if teams & ESUP else 2, far

    return how_far
