"""What holds for the whole house, enumerated rather than remembered."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from config.settings import PROCESSES, SETTINGS_TABLE
from hotline import console
from hotline.supervise import COMMANDS

ROOT = Path(__file__).parents[2]
# Open to anyone: says "ok". With the operators' token: how the process is. Everything else is signed or logged in.
CARRIER_OPEN, CARRIER_OPS = {"/healthz"}, {"/readyz", "/metrics"}
# The address of a calendar is its own key; one that opens nothing is not there.
CONSOLE_OPEN, CONSOLE_OPS = {"/healthz", "/feed/x.ics"}, {"/readyz", "/metrics"}


def procfile():
    """Its processes and their commands."""
    return dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


def rules(app):
    """Every address of an app, with a value in place of each variable, and its methods."""
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"OPTIONS", "HEAD"}):
            yield method, re.sub(r"<[^>]+>", "x", rule.rule)


def closed(app, open_doors):
    """The answer of every address that is not an open door to somebody who brings nothing."""
    client = app.test_client()
    tried = [(method, path) for method, path in rules(app) if path not in open_doors]
    return {(method, path): client.open(path, method=method).status_code for method, path in tried}


def sources(*folders):
    """Every Python file under these folders."""
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def test_imports_go_one_way():
    """The directions of the architecture hold for every module."""
    linted = subprocess.run([Path(sys.executable).parent / "lint-imports"], cwd=ROOT, capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_every_setting_is_in_the_readme():
    """An operator finds each variable in the README's table."""
    rows = re.findall(r"^\| *`([A-Z_]+)`", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert {row.name for row in SETTINGS_TABLE} - set(rows) == set()


def test_every_bell_has_a_job_and_a_worker():
    """What is rung resolves to a function, on a queue that a process listens to."""
    from hotline.doorbell import BELLS

    listened = {command.split()[-1] for command in procfile().values() if "-m workers " in command}
    for queue, name in BELLS.values():
        module, function = name.rsplit(".", 1)
        assert callable(getattr(importlib.import_module(module), function))
        assert queue in listened


def test_the_procfile_and_up_run_the_same():
    """`hotline up` runs the Procfile's processes with the Procfile's words."""
    processes = {name: command for name, command in procfile().items() if name != "release"}
    ours = {name: f"python {command.format(host='0.0.0.0', port='$PORT')}" for name, command in COMMANDS.items()}
    assert processes == ours


def test_every_process_has_its_settings():
    """Each process that runs is told something of its own, and nothing is told to a process that is not run."""
    assert set(PROCESSES) == set(COMMANDS) | {"cli"}


def test_every_address_of_the_carrier_s_door_is_closed(web_settings):
    """Without a signature or the operators' token nothing but /healthz answers."""
    from hotline.webhooks import create_app

    answers = closed(create_app(web_settings), CARRIER_OPEN)
    assert {status for (_, path), status in answers.items() if path in CARRIER_OPS} <= {401, 403}
    assert {status for (_, path), status in answers.items() if path not in CARRIER_OPS} == {403}


def test_every_address_of_the_console_is_closed(console_settings):
    """Without a login, the operators' token or a calendar's own nothing but /healthz answers."""
    app = console.create_app(console_settings)
    assert app.test_client().get("/feed/x.ics").status_code == 404
    assert set(closed(app, CONSOLE_OPEN)) == {("GET", path) for path in CONSOLE_OPS}
    assert set(closed(app, CONSOLE_OPEN).values()) == {401}


@pytest.mark.parametrize("path", ["/", "/login", "/healthz/x", "/static/app.css"])
def test_what_the_console_does_not_know_says_nothing(console_settings, path):
    """An unknown address is an empty 404 with strict headers."""
    answer = console.create_app(console_settings).test_client().get(path)
    assert (answer.status_code, answer.data, answer.headers["Cache-Control"]) == (404, b"", "no-store")


def test_the_console_opens_to_the_operators_token(console_settings):
    """With the token, the measures of the process are there."""
    client = console.create_app(console_settings).test_client()
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {console_settings.ops_token}"})
    assert answer.status_code == 200


def test_nothing_is_patched():
    """A fake is a class or an argument, never a hole made in a module; what a program is typed is no fake."""
    patches = re.compile(r"\bmock\.patch|\bmonkeypatch\.setattr(?!\(\"sys\.stdin\")|unittest\.mock|@patch\b")
    others = [path for path in sources("tests") if path != Path(__file__)]
    assert [path.name for path in others if patches.search(path.read_text())] == []


def test_tests_wait_for_conditions_only():
    """No test sleeps for a time it hopes is long enough: a sleep stands in a loop that looks."""
    bare = re.compile(r"^ {4}time\.sleep\(", re.MULTILINE)
    assert [path.name for path in sources("tests") if bare.search(path.read_text())] == []


SLOW = {"hypothesis", "spellchecker", "sqlalchemy", "redis", "rq", "flask", "twilio", "cryptography", "nacl"}


def test_the_pure_tests_import_nothing_slow():
    """Under two seconds, or nobody runs them at each save: what is random or reads a dictionary is in tests/exams."""
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in sources("tests/flows", "tests/rules")]
    code = (
        f"import sys, importlib\nfor name in {names}: importlib.import_module(name)\nprint({SLOW} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("set()\n", "")


MODULES = {str(path.relative_to(ROOT)): path for path in sources("hotline", "ivr_flows", "workers", "config")}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_can_be_held_in_the_head(name):
    """At most 350 lines that are neither blank nor a comment, and a first sentence that says what the room is for."""
    text = MODULES[name].read_text()
    lines = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(lines) <= 350
    assert not text or text.startswith('"""')
