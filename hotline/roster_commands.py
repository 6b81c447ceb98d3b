"""The commands about the team: `hotline responder …` and `hotline roster …`. Thin: `rostering` knows."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotline.at_hand import clock_of, data_option, sealer_of, settings_for, store_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlalchemy import Connection

    from config.settings import CliSettings
    from hotline.vault import Sealer

EXPANDED = timedelta(days=400)
"""How far the recurrences of a calendar are counted out."""
OUR_NUMBERS = ("line_number", "callback_number", "page_number", "fallback_number")


@click.group()
def responder() -> None:
    """The people on the roster."""


@responder.command("add")
@click.argument("name")
@click.option("--phone", required=True, help="Full number, as +15145550142.")
@click.option("--rank", required=True, type=click.Choice(["on-duty", "deputy", "supervisor"]))
@click.option("--languages", default="fr,en", show_default=True, help="Comma-separated.")
@click.option("--roles", default="", help="Comma-separated: psychosocial, police, advisor.")
@click.option("--regions", default="", help="Of an advisor, comma-separated: nord, sud, est, ouest.")
@click.option("--always", is_flag=True, help="On duty at every hour.")
@data_option
def responder_add(name: str, phone: str, rank: str, data: Path | None, always: bool, **lists: str) -> None:
    """Put a person on the roster."""
    from hotline.rules.duty import REGIONS, ROLES

    words = {what: tuple(word.strip() for word in told.split(",") if word.strip()) for what, told in lists.items()}
    for what, allowed in (("roles", ROLES), ("regions", REGIONS)):
        if set(words[what]) - set(allowed):
            raise click.BadParameter(f"some of {', '.join(allowed)}", param_hint=f"--{what}")
    add_responder(settings_for(data), name=name, phone=phone, rank=rank, always=always, **words)
    click.echo("added")


@responder.command("pin")
@click.argument("name")
@click.option("--draw", is_flag=True, help="Draw a PIN instead of asking for one.")
@data_option
def responder_pin(name: str, draw: bool, data: Path | None) -> None:
    """Give a person the code and PIN of the telephone menu for staff (key 7). Printed once."""
    from hotline.store import pins

    settings = settings_for(data)
    pin = _drawn_pin() if draw else click.prompt("PIN, six figures", hide_input=True, confirmation_prompt=True)
    sealer = sealer_of(settings)
    with store_of(settings).turn() as connection:
        try:
            code = pins.set_pin(connection, sealer, _named(connection, sealer, name), pin, clock_of(settings).now())
        except ValueError as refused:
            raise click.BadParameter(str(refused), param_hint="PIN") from None
    click.echo(f"code {code}" + (f" PIN {pin}" if draw else ""))


def _drawn_pin() -> str:
    import secrets

    from hotline.store.pins import PIN, may_be_pin

    while not may_be_pin(pin := f"{secrets.randbelow(10**PIN):0{PIN}}"):
        pass
    return pin


def _named(connection: "Connection", sealer: "Sealer", name: str) -> int:
    """The one active responder of that name."""
    from hotline.store import roster

    active = [row for row in roster.all_responders(connection) if row.active]
    found = [row.id for row in active if sealer.open_number(row.name_sealed).casefold() == name.casefold()]
    if len(found) != 1:
        raise click.BadParameter(f"{len(found)} active responders have this name", param_hint="NAME")
    return found[0]


def add_responder(settings: "CliSettings", *, name: str, phone: str, **about: Any) -> None:
    from hotline.rules.phone import for_responder
    from hotline.store import roster

    try:
        number = for_responder(phone)
    except ValueError as refused:
        raise click.BadParameter(str(refused), param_hint="--phone") from None
    with store_of(settings).turn() as connection:
        roster.add_responder(
            connection, sealer_of(settings), name=name, phone=number, now=clock_of(settings).now(), **about
        )


@responder.command("remove")
@click.argument("name")
@data_option
def responder_remove(name: str, data: Path | None) -> None:
    """Take a person off the roster: not rung any more, and their calendar opens no more."""
    from hotline.store import feeds, roster

    settings = settings_for(data)
    with store_of(settings).turn() as connection:
        now, responder_id = clock_of(settings).now(), _named(connection, sealer_of(settings), name)
        roster.leave(connection, responder_id, now)
        feeds.revoke(connection, responder_id, now)
        _audit(connection, "roster_remove", now, responder_id)
    click.echo("removed")


@responder.command("test")
@click.argument("name", required=False)
@click.option("--all", "everybody", is_flag=True, help="Everybody whose number is not proved.")
@data_option
def responder_test(name: str | None, everybody: bool, data: Path | None) -> None:
    """Ring a person's telephone, saying that it is a test: a key proves the number."""
    from hotline.store import roster, work

    if (name is None) is not everybody:
        raise click.UsageError("give a NAME, or --all")
    settings = settings_for(data)
    sealer, now = sealer_of(settings), clock_of(settings).now()
    with store_of(settings).turn() as connection:
        unproved = [row.id for row in roster.all_responders(connection) if row.active and row.proved_at is None]
        rung = [_named(connection, sealer, name)] if name is not None else unproved
        for responder_id in rung:
            work.add(connection, "test_ring", "work", responder_id, now, now=now)
            _audit(connection, "test_ring", now, responder_id)
    click.echo(f"ringing {len(rung)}: `hotline roster gaps` lists who is not proved")


@click.group()
def roster() -> None:
    """Who is on duty, and when."""


@roster.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@data_option
def roster_import(file: Path, data: Path | None) -> None:
    """Take in a roster (.toml) or a calendar of shifts (.ics): all of it or nothing; twice is once."""
    from hotline import rostering

    settings = settings_for(data)
    sealer, clock, zone = sealer_of(settings), clock_of(settings), settings.timezone
    text = _text_of(file)
    with store_of(settings).turn() as connection:
        now = clock.now()
        if file.suffix.lower() == ".ics":
            from hotline import ical

            booked = ical.read(text, zone, now, now + EXPANDED)
            taken = rostering.take_calendar(connection, sealer, booked, now)
            said = f"{len(booked)} shifts until {rostering.at(now + EXPANDED, zone)}"
        else:
            from hotline.roster_file import read
            from hotline.rules.routing import TEAMS

            sheet = read(text, zone)
            taken = rostering.take_sheet(connection, sealer, sheet, now)
            rules = f"{len(sheet.rotas)} rules, {len(sheet.overrides)} changes"
            said = f"{len(sheet.people)} people ({taken.added} new), {rules}"
            for name in sorted(sheet.teams.keys() - TEAMS):
                said += f"\nno case is for the team {name}: docs/roster.md has the names"
        if taken.changed:
            _audit(connection, "roster_import", now)
    click.echo(f"{'imported' if taken.changed else 'unchanged'}: {said}")


@roster.command("show")
@click.option("--at", "at", metavar="INSTANT", help="As 2026-12-24T23:30, or with an offset.  [default: now]")
@data_option
def roster_show(at: str | None, data: Path | None) -> None:
    """Say who is rung, in order, and who else is on the roster."""
    from hotline import rostering

    settings = settings_for(data)
    now = _instant(at, settings.timezone) if at else clock_of(settings).now()
    with store_of(settings).turn() as connection:
        for line in rostering.shown(connection, sealer_of(settings), now, settings.timezone):
            click.echo(line)


@roster.command("gaps")
@data_option
def roster_gaps(data: Path | None) -> None:
    """List what is wrong with the next 72 hours: nobody on duty, somebody twice, a number that cannot be rung."""
    from hotline import rostering
    from hotline.store import roster as people

    settings = settings_for(data)
    sealer, ours = sealer_of(settings), [getattr(settings, name) for name in OUR_NUMBERS if getattr(settings, name)]
    with store_of(settings).turn() as connection:
        found = rostering.ahead(connection, sealer, clock_of(settings).now(), ours)
        named = rostering.names(connection, sealer)
        unproved = [row.id for row in people.all_responders(connection) if row.active and row.proved_at is None]
    for problem in found:
        click.echo(rostering.told(problem, named, settings.timezone))
    for who in unproved:
        click.echo(f"not proved: no test ring to {named[who]} was answered yet: `hotline responder test`")
    sys.exit(1 if found else 0)


@roster.command("feed")
@click.argument("name")
@click.option("--revoke", is_flag=True, help="Nothing opens their calendar any more.")
@data_option
def roster_feed(name: str, revoke: bool, data: Path | None) -> None:
    """Print the address of a person's calendar, once; an earlier address opens nothing any more."""
    from hotline.store import feeds
    from hotline.vault import new_token, token_hash

    settings = settings_for(data)
    token, now = new_token(), clock_of(settings).now()
    with store_of(settings).turn() as connection:
        responder_id = _named(connection, sealer_of(settings), name)
        if not revoke:
            feeds.give(connection, responder_id, token_hash(token), now)
        elif not feeds.revoke(connection, responder_id, now):
            raise click.UsageError("there is no calendar to revoke")
        _audit(connection, "feed_revoke" if revoke else "feed_give", now, responder_id)
    click.echo("revoked" if revoke else f"{settings.need('console_url')}/feed/{token}.ics")


def _audit(connection: "Connection", verb: str, now: datetime, responder_id: int | None = None) -> None:
    from hotline.store import audit

    subject = "roster" if responder_id is None else f"responder:{responder_id}"
    audit.write(connection, "operator", verb, subject, {}, now)


def _text_of(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise click.BadParameter("is not written in UTF-8: save it so", param_hint="FILE") from None


def _instant(text: str, zone: "ZoneInfo") -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter("is no instant: write it as 2026-12-24T23:30", param_hint="--at") from None
    return (found.replace(tzinfo=zone) if found.tzinfo is None else found).astimezone(UTC)
