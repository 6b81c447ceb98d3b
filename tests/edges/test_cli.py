"""The command: exit codes, and errors that say what is wrong and the mend."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hotline import dispatch
from hotline.embedded.children import Child, Program
from hotline.supervise import FIRST_PAUSE, LONGEST_PAUSE, Supervisor, line_programs, simulator_program
from hotline.up import reach


def run(*words, **environ):
    """The command, in an environment that gives nothing else."""
    env = {"PATH": os.environ["PATH"], **environ}
    argv = [sys.executable, "-m", "hotline.cli", *words]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("words", [["nonsense"], ["up", "--port", "many"], ["responder", "add"], ["status"]])
def test_wrong_usage_is_two(words):
    """What cannot be understood ends with 2, said on standard error."""
    code, said, complained = run(*words)
    assert (code, said, "Traceback" in complained) == (2, "", False)


def test_production_starts_nothing_of_its_own(tmp_path):
    """Without HOTLINE_ENV no engine and no carrier is started: their addresses are asked for."""
    code, said, complained = run("up", "--port", "0", "--console-port", "0", "--data", str(tmp_path))
    assert (code, said, "Traceback" in complained) == (2, "", False)
    assert ["DATABASE_URL is not set" in complained, "SEAL_KEYS is not set" in complained] == [True, True]
    assert [path.name for path in tmp_path.iterdir()] == ["up.lock"]


def test_a_database_that_is_not_there_is_said_so(tmp_path):
    """An unreachable database is one sentence, without its password."""
    url = f"postgresql://hotline:canary@/x?host={tmp_path}"
    code, _, complained = run("migrate", DATABASE_URL=url)
    assert (code, "the database refused" in complained, "canary" in complained) == (1, True, False)


def test_new_keys_are_a_pair():
    """What keygen prints is accepted as settings."""
    from base64 import b64decode

    from hotline.vault import public_half

    _, said, _ = run("seal", "keygen")
    pair = dict(line.split("=", 1) for line in said.splitlines())
    assert public_half(b64decode(pair["SEAL_KEYS"])) == b64decode(pair["SEAL_PUBLIC_KEY"])


def test_commands_find_what_up_made(tmp_path):
    """With --data a command is told what the running demonstration made, and what is given wins."""
    kept = tmp_path / "settings.json"
    kept.write_text('{"HOTLINE_ENV": "demo", "WEB_KEY": "made", "OPS_TOKEN": "made"}')
    kept.chmod(0o600)
    found = reach(tmp_path, {"OPS_TOKEN": "given"})
    assert (found["HOTLINE_ENV"], found["WEB_KEY"], found["OPS_TOKEN"]) == ("demo", "made", "given")


def test_production_takes_nothing_from_a_demonstration(tmp_path):
    """A demonstration's folder is no source of secrets for production."""
    (tmp_path / "settings.json").write_text('{"WEB_KEY": "made"}')
    assert "WEB_KEY" not in reach(tmp_path, {"HOTLINE_ENV": "production"})


def test_each_process_is_told_only_its_own(environ):
    """The carrier's door never receives the keys that open, nor the simulator any key at all."""
    programs = {program.name: program.env for program in line_programs(environ, "127.0.0.1", {"web": 1, "console": 2})}
    assert {name for name, env in programs.items() if "SEAL_KEYS" in env} == {"console", "urgent", "worker", "sweep"}
    assert {"WEB_KEY", "SEAL_KEYS", "DATABASE_URL"}.isdisjoint(simulator_program(environ, 3).env)


class Minutes:
    """A clock for the supervisor's pauses."""

    at = 0.0

    def __call__(self):
        return self.at


def finished(child):
    """True once its process has ended."""
    deadline = time.monotonic() + 10
    while child.alive() and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    return not child.alive()


def test_what_ends_is_started_again_after_longer_and_longer_pauses():
    """A process that keeps ending is restarted for ever, at most five seconds apart."""
    said, minutes = [], Minutes()
    supervisor = Supervisor(lambda name, line: said.append(line), minutes)
    supervisor.add([Program("brief", (sys.executable, "-c", ""))])
    for _ in range(7):
        assert finished(supervisor.watched["brief"].child)
        supervisor.tick()
        minutes.at += LONGEST_PAUSE
        supervisor.tick()
    supervisor.end(["brief"], within=5)
    pauses = [float(line.split()[-2]) for line in said if line.startswith("ended")]
    assert (pauses[0], pauses[1], pauses[-1]) == (FIRST_PAUSE, 2 * FIRST_PAUSE, LONGEST_PAUSE)


def test_a_child_that_will_not_end_is_killed_in_time():
    """One stubborn process does not make the stop longer than its share."""
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    heard = threading.Event()
    child = Child(Program("deaf", (sys.executable, "-c", deaf)), lambda name, line: heard.set())
    child.launch()
    assert heard.wait(10)
    started = time.monotonic()
    child.end(within=0.3)
    assert (child.pid, time.monotonic() - started < 20) == (None, True)


def test_what_a_child_says_carries_its_name(capfd):
    """Lines of the processes go to standard error, each with its process's name."""
    from hotline.up import say

    say("web", "hello")
    assert capfd.readouterr() == ("", "      web | hello\n")


@pytest.fixture
def line(tmp_path_factory):
    """A whole demonstration, from its first line on standard output to its end."""
    folder = Path(tmp_path_factory.mktemp("up"))
    argv = [sys.executable, "-m", "hotline.cli", "up", "--port", "0", "--console-port", "0", "--data", str(folder)]
    env = {"PATH": os.environ["PATH"], "HOTLINE_ENV": "test"}
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=said, text=True)
    yield process, folder
    process.kill()
    process.wait()
    process.stdout.close()
    from hotline.embedded.places import discard

    discard(folder)


def test_up_says_one_line_when_everything_answers_and_ends_at_once(line):
    """`ready web=… console=… simulator=…`, nothing else; SIGTERM ends all of it."""
    process, _ = line
    watchdog = threading.Timer(90, process.kill)
    watchdog.start()
    ready = process.stdout.readline().split()
    watchdog.cancel()
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    rest, code = process.stdout.read(), process.wait(30)
    assert [word.partition("=")[0] for word in ready] == ["ready", "web", "console", "simulator"]
    assert (rest, code, time.monotonic() - started < 30) == ("", 0, True)


def test_a_pin_is_drawn_once_and_is_its_owners(environ, database, tmp_path):
    """A code and a PIN are printed once and open as their owner; a name nobody has is wrong usage."""
    from config.settings import CliSettings, read
    from hotline.at_hand import sealer_of
    from hotline.store import pins, roster
    from hotline.store.engine import for_work
    from tests.build import NOW

    told = {**environ, "DATABASE_URL": database, "HOTLINE_DATA": str(tmp_path)}
    sealer, store = sealer_of(read(CliSettings, told)), for_work(database)
    with store.turn(60) as conn:
        owner = roster.add_responder(conn, sealer, "Camille", "+15145550142", "on-duty", ["fr"], True, NOW)
    code, said, _ = run("responder", "pin", "camille", "--draw", **told)
    _, staff_code, _, pin = said.split()
    with store.turn(60) as conn:
        assert (code, pins.who(conn, sealer, staff_code, pin, "CA1", NOW)) == (0, owner)
    assert run("responder", "pin", "Personne", "--draw", **told)[0] == 2
    store.close()


def test_a_roster_is_imported_shown_and_looked_at(environ, database, tmp_path):
    """Twice is once; a hole ends `gaps` with 1; a calendar's address is printed, then revoked."""
    told = {**environ, "DATABASE_URL": database, "HOTLINE_DATA": str(tmp_path)}
    example = str(Path(__file__).parents[2] / "config" / "roster.example.toml")
    said = [run("roster", "import", example, **told) for _ in range(2)]
    assert [(code, words.split(":")[0]) for code, words, _ in said] == [(0, "imported"), (0, "unchanged")]
    assert "no case is for the team" not in said[0][1]
    renamed = tmp_path / "renamed.toml"
    renamed.write_text(Path(example).read_text().replace("regional_advisor", "conseil"))
    assert "no case is for the team conseil" in run("roster", "import", str(renamed), **told)[1]
    assert run("roster", "import", example, **told)[0] == 0
    _, shown, _ = run("roster", "show", "--at", "2026-12-24T23:30", **told)
    assert [line.split(":")[0].strip() for line in shown.splitlines()[1:4]] == ["1. Bao", "2. Chloé", "3. Diego"]
    code, gaps, _ = run("roster", "gaps", **told)
    assert (code, "not proved: no test ring to Bao" in gaps) == (int("gap: " in gaps), True)
    _, address, _ = run("roster", "feed", "chloé", **told)
    assert address.startswith("http://console.test/feed/") and address.endswith(".ics\n")
    assert [run("roster", "feed", "Chloé", "--revoke", **told)[0] for _ in range(2)] == [0, 2]


def test_a_roster_that_is_wrong_is_not_imported(environ, database, tmp_path):
    """Every problem on standard error, nothing taken in, nothing traced."""
    told = {**environ, "DATABASE_URL": database, "HOTLINE_DATA": str(tmp_path)}
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[[person]]\nname = "Zoé"\nphone = "911"\nrank = "chef"\n')
    code, said, complained = run("roster", "import", str(wrong), **told)
    assert (code, said, complained.count("person 1 (Zoé)"), "Traceback" in complained) == (2, "", 2, False)
    calendar = tmp_path / "wrong.ics"
    calendar.write_text("nonsense")
    assert run("roster", "import", str(calendar), **told)[0] == run("roster", "show", "--at", "hier", **told)[0] == 2
    assert "Zoé" not in run("roster", "show", **told)[1]


def test_people_are_tested_and_leave(environ, database, tmp_path):
    """A test ring is a row of work, for one who is named or for all; who left has no place; what was done is kept."""
    from sqlalchemy import create_engine, text

    told = {**environ, "DATABASE_URL": database, "HOTLINE_DATA": str(tmp_path)}
    about = ("--phone", "+15145550142", "--rank", "deputy", "--roles", "advisor", "--regions", "nord")
    assert run("responder", "add", "Inès", *about, **told)[0] == 0
    assert run("responder", "add", "Zoé", *about, "--roles", "chef", **told)[0] == 2
    assert [run("responder", "test", *words, **told)[0] for words in (["inès"], ["--all"], [])] == [0, 0, 2]
    assert "Inès: deputy, fr+en, advisor, nord, •••42, not proved" in run("roster", "show", **told)[1]
    assert [run("responder", "remove", "Inès", **told)[0] for _ in range(2)] == [0, 2]
    engine = create_engine(database)
    with engine.connect() as conn:
        works = conn.execute(text("select kind from work order by id")).scalars().all()
        verbs = conn.execute(text("select verb from audit order by id")).scalars().all()
    engine.dispose()
    assert (works, verbs) == (["test_ring"] * 2, ["test_ring", "test_ring", "roster_remove"])


def test_dispatch_is_to_be_proved_until_a_test_ring_was_answered(carrier):
    """`line check` says since when; the test ring is asked for by a human who says that somebody is there."""
    told = {**carrier.environ, "DISPATCH_NUMBER": "+15145550180"}
    assert "police dispatch: never proved" in run("line", "check", **told)[1]
    assert run("line", "dispatch-test", **carrier.environ)[0] == 2
    assert run("line", "dispatch-test", **told)[0] == 130
    assert run("line", "dispatch-test", "--yes", **told)[0] == 0
    assert carrier.rows("select kind, subject_id, state from work") == [("test_ring", 0, "due")]
    with carrier.line.store.turn() as conn:
        dispatch.note_proof(conn, carrier.line.sealer, "+15145550180", carrier.line.clock.now())
    assert "dispatch" not in run("line", "check", **told)[1]
