"""Where an embedded engine keeps what it needs: a private record per data folder, and folders its account can reach.

The record holds passwords: it is written whole, owned by this user and readable by nobody else, or it is not believed.
"""

import json
import os
import pwd
import shutil
import stat
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

RECORD = "engines.json"
# A Unix socket's path may be 107 bytes; the longest name put after the folder is ".s.PGSQL.5432.lock".
LONGEST_SOCKET_FOLDER = 80


class NotPrivate(Exception):
    """A file that may hold secrets belongs to somebody else or can be read by others."""


def read_private(path: Path) -> dict[str, Any]:
    """What a private file holds, {} where there is none; NotPrivate if others own it or may read it."""
    try:
        with path.open() as file:
            about = os.fstat(file.fileno())
            if about.st_uid != os.geteuid() or stat.S_IMODE(about.st_mode) & 0o077:
                raise NotPrivate(f"{path} must be owned by this user and closed to others: chmod 600 it, or remove it")
            found: dict[str, Any] = json.load(file)
            return found
    except FileNotFoundError:
        return {}


def write_private(path: Path, content: dict[str, Any]) -> None:
    """Replaces a private file as a whole; a reader sees the old one or the new one."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w") as file:
        json.dump(content, file, indent=1)
    os.replace(draft, path)


def make_data_folder(data: Path) -> None:
    """The data folder, closed to other users; as root the engine's account may pass through it, and read nothing."""
    mode = 0o711 if os.geteuid() == 0 else 0o700
    with suppress(FileExistsError):
        data.mkdir(mode, parents=True)
        data.chmod(mode)


def engine_account() -> int:
    """Whom the engine runs as: this user, or `nobody` for root, as whom PostgreSQL refuses to run."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()


def reachable(path: Path, account: int) -> bool:
    """May that account pass through every folder down to here?"""
    if account == os.geteuid():
        return os.access(path, os.X_OK)
    # Seen from an account that shares no group with us: only the bits for others count.
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents) if folder.is_dir())


def folder_for(data: Path, name: str, account: int, *, short: bool = False, lasting: bool = False) -> Path:
    """A folder of mode 0700 of that account: in the data folder, or elsewhere (noted) if that is too long or closed."""
    record = read_private(data / RECORD)
    noted = record.get("folders", {}).get(name)
    here = data / name
    if noted and Path(noted).is_dir() and Path(noted).stat().st_uid == account:
        return Path(noted)
    if reachable(data, account) and not (short and len(os.fsencode(here)) > LONGEST_SOCKET_FOLDER):
        here.mkdir(exist_ok=True)
        folder = here
    else:
        folder = Path(tempfile.mkdtemp(prefix="hotline-", dir=_elsewhere(account, lasting)))
    os.chown(folder, account, -1)
    folder.chmod(0o700)
    note(data, folders={**record.get("folders", {}), name: str(folder)})
    return folder


def note(data: Path, **what: Any) -> None:
    """Adds to the record."""
    write_private(data / RECORD, {**read_private(data / RECORD), **what})


def discard(data: Path) -> None:
    """Everything the engines kept, wherever it was."""
    for folder in read_private(data / RECORD).get("folders", {}).values():
        shutil.rmtree(folder, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)


def _elsewhere(account: int, lasting: bool) -> Path:
    """A folder of the system where a private one can be made; one that outlives a restart if it must last."""
    known = [Path("/var/tmp"), Path(tempfile.gettempdir()), Path("/tmp")]
    choices = [folder for folder in (known if lasting else known[1:] + known[:1]) if folder.is_dir()]
    return next((folder for folder in choices if reachable(folder, account)), choices[0])
