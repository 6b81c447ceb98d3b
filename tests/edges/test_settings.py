"""The environment is read once, whole, and never repeated."""

import base64

import pytest

from config.settings import (
    PROCESSES,
    SECRETS,
    SETTINGS_TABLE,
    BadSettings,
    CliSettings,
    ConsoleSettings,
    WebSettings,
    WorkerSettings,
    names,
    read,
    take,
)

GOOD_TOKEN = "0123456789abcdef" * 2


def problems(cls, environ):
    """What `read` finds wrong."""
    with pytest.raises(BadSettings) as refused:
        read(cls, environ)
    return refused.value.problems


def production(environ):
    """The same environment as an operator would give it."""
    urls = {"PUBLIC_URL": "https://line.test", "CONSOLE_URL": "https://console.test"}
    return environ | urls | {"HOTLINE_ENV": "production"}


def of(name, found):
    """The problems that name this variable."""
    return [problem for problem in found if problem.startswith(name + " ")]


@pytest.mark.parametrize("process", PROCESSES)
def test_a_whole_environment_is_accepted(environ, process):
    """Every process starts in production with everything it asks for."""
    assert read(PROCESSES[process], production(environ)).env == "production"


def test_production_is_the_default(environ):
    """Where nothing says otherwise the strict rules hold."""
    del environ["HOTLINE_ENV"]
    assert of("PUBLIC_URL", problems(WebSettings, environ)) == ["PUBLIC_URL must begin with https:// in production"]


def test_every_problem_is_listed_at_once():
    """An empty environment is refused with all the names the process needs."""
    required = {row.name for row in SETTINGS_TABLE if "web" in row.processes and row.default == "required"}
    assert required == {problem.split()[0] for problem in problems(WebSettings, {})}


def test_an_empty_variable_counts_as_missing(environ):
    """A blank value is the same as no value."""
    assert problems(WebSettings, environ | {"WEB_KEY": "  "})[0].startswith("WEB_KEY is not set")


@pytest.mark.parametrize(
    "weak",
    [base64.b64encode(b"\x07" * 32), base64.b64encode(bytes(range(32))), b"c2hvcnQ=", b"not base64"],
    ids=["one repeated byte", "an example", "too short", "not base64"],
)
@pytest.mark.parametrize("name", ["SEAL_KEYS", "WEB_KEY", "PSEUDONYM_KEY"])
def test_a_weak_key_is_refused_by_name(environ, name, weak):
    """A key that is no key stops the start, in a demonstration too."""
    assert len(of(name, problems(WorkerSettings, environ | {name: weak.decode()}))) == 1


@pytest.mark.parametrize("weak", ["short", "a" * 40])
@pytest.mark.parametrize("name", ["SESSION_SECRET", "OPS_TOKEN"])
def test_a_weak_phrase_is_refused_by_name(environ, name, weak):
    """A token that can be guessed stops the start."""
    assert len(of(name, problems(ConsoleSettings, environ | {name: weak}))) == 1


def test_two_equal_secrets_are_refused(environ):
    """One secret may not serve twice, whichever process reads it."""
    found = problems(WebSettings, environ | {"PSEUDONYM_KEY": environ["WEB_KEY"]})
    assert found == ("PSEUDONYM_KEY repeats WEB_KEY: every secret must be its own",)


def test_no_secret_is_ever_said(environ):
    """Neither an error nor a repr holds the value of a secret."""
    said = "\n".join(problems(WorkerSettings, environ | {"WEB_KEY": "bad-" + environ["WEB_KEY"], "TWILIO_EDGE": "x"}))
    said += "".join(repr(read(cls, environ)) for cls in PROCESSES.values())
    hidden = [environ[name] for name in SECRETS if name in environ]
    assert [value for value in hidden if value in said] == []


def test_taking_settings_empties_the_environment_of_secrets(environ):
    """A web server that copies its environment into requests finds no secret there."""
    take(WebSettings, environ)
    assert SECRETS.isdisjoint(environ)


def test_each_process_is_given_only_its_own():
    """The carrier's door cannot open, and the console has no key of that door."""
    assert {"SEAL_KEYS", "SESSION_SECRET"}.isdisjoint(names(WebSettings))
    assert {"WEB_KEY", "PSEUDONYM_KEY", "TWILIO_AUTH_TOKEN"}.isdisjoint(names(ConsoleSettings))


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_database_url_is_made_uniform(environ, scheme):
    """Every spelling that hosts give leads to the same driver."""
    settings = read(WebSettings, environ | {"DATABASE_URL": f"{scheme}://u:p@h/d"})
    assert settings.database_url == "postgresql+psycopg://u:p@h/d"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:///x"),
        ("REDIS_URL", "http://redis"),
        ("FALLBACK_NUMBER", "911"),
        ("FALLBACK_NUMBER", "112"),
        ("FALLBACK_NUMBER", "+1911"),
        ("FALLBACK_NUMBER", "811"),
        ("FALLBACK_NUMBER", "+19115550100"),
        ("DISPATCH_NUMBER", "911"),
        ("DISPATCH_NUMBER", "+19115550100"),
        ("DISPATCH_NUMBER", "+33123456789"),
        ("DISPATCH_NUMBER", "+15145550100"),
        ("CALLBACK_NUMBER", "+18005550100"),
        ("CALLBACK_NUMBER", "+15145550100"),
        ("LINE_NUMBER", "5145550100"),
        ("LINE_NUMBER", "12345"),
        ("PUBLIC_URL", "https://line.test/?a=1"),
        ("TIMEZONE", "Montreal"),
        ("HOTLINE_PACE", "21"),
        ("HOTLINE_PACE", "fast"),
        ("FALLBACK_SCREENED", "perhaps"),
        ("OPS_PHONES", "+15145550111,911"),
        ("TWILIO_REGION", "ie1"),
        ("TWILIO_EDGE", "dublin"),
    ],
)
def test_a_wrong_value_is_refused_by_name(environ, name, value):
    """What would fail at night is refused at the start, in one sentence."""
    assert len(of(name, problems(WorkerSettings, environ | {name: value}))) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REDIS_URL", "redis://redis.test/0"),
        ("TWILIO_API_URL", "http://127.0.0.1:8002"),
        ("PUBLIC_URL", "http://line.test"),
        ("HOTLINE_PACE", "2"),
        ("TWILIO_AUTH_TOKEN", "token"),
        ("TWILIO_ACCOUNT_SID", "ACtest"),
    ],
)
def test_production_is_stricter(environ, name, value):
    """What a demonstration may have, production may not."""
    read(WorkerSettings, environ | {name: value})
    assert len(of(name, problems(WorkerSettings, production(environ) | {name: value}))) == 1


def test_tokens_may_rotate(environ):
    """While the token changes both are known, the first one first."""
    settings = read(WebSettings, environ | {"TWILIO_AUTH_TOKEN": f"{GOOD_TOKEN}, {GOOD_TOKEN[::-1]}"})
    assert settings.auth_tokens == (GOOD_TOKEN, GOOD_TOKEN[::-1])


def test_a_command_names_what_it_lacks():
    """A command that needs a setting says which variable would give it."""
    with pytest.raises(BadSettings, match="DATABASE_URL is not set"):
        read(CliSettings, {}).need("database_url")
