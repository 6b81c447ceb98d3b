"""The commands about the team: `hotline responder …` and `hotline roster …`. Thin: `rostering` knows."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hotline.at_hand import clock_of, data_option, sealer_of, settings_for, store_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from config.settings import CliSettings
    from hotline.vault import Sealer


@click.group()
def responder() -> None:
    """The people on the roster."""


@responder.command("add")
@click.argument("name")
@click.option("--phone", required=True, help="Full number, as +15145550142.")
@click.option("--rank", required=True, type=click.Choice(["on-duty", "deputy", "supervisor"]))
@click.option("--languages", default="fr,en", show_default=True, help="Comma-separated.")
@click.option("--always", is_flag=True, help="On duty at every hour.")
@data_option
def responder_add(name: str, phone: str, rank: str, languages: str, always: bool, data: Path | None) -> None:
    """Put a person on the roster."""
    spoken = tuple(language.strip() for language in languages.split(",") if language.strip())
    add_responder(settings_for(data), name=name, phone=phone, rank=rank, languages=spoken, always=always)
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
