"""
Who a repository is: its id and its key, kept in the common Git directory and once more at home.

The id belongs to the repository and not to its place: a repository that was moved keeps it, a clone
does not have it, and a copy gets its own as long as the other one is there. Either of the two files
may be lost. Looking writes nothing.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Final

from sandbox.errors import ConflictError, NotFoundError, SetupError
from sandbox.model.ownership import Keyring, Known
from sandbox.planning.ownership import derived_instance

FILE: Final = "identity.json"
KEY_BYTES: Final = 32
SIZE_MAX_BYTES: Final = 64 * 1024
_INSTANCE: Final = re.compile(r"[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """
    What is written down of one repository.

    Attributes:
        place: Its common Git directory, with no symlink in it.
        inode: Of that directory.
        key: Hex digits; empty before anything was created.
        legacy_before: As in `Keyring`.
    """

    instance: str
    place: str
    inode: int = 0
    key: str = field(default="", repr=False)
    legacy_before: float = 0.0


class IdentityFiles:
    """
    Implements `sandbox.ports.Identity`.

    Args:
        common_dir: Git's folder that all linked work trees share.
        machine_folder: Where this user's programs keep state on this machine; ``None`` without one.
    """

    def __init__(self, common_dir: str, machine_folder: Path | None) -> None:
        self._place = Path(common_dir).resolve()
        self._machine = machine_folder
        self._claimed = False
        self._lock = threading.Lock()
        self._record = self._look()

    @property
    def instance(self) -> str:
        """Id that all objects of this repository carry."""
        return self._record.instance

    @property
    def claimed(self) -> bool:
        """This process has claimed it, and may write down what it learns."""
        return self._claimed

    def keyring(self) -> Keyring:
        """Give the keys, that of the other file too when the two differ."""
        if not self._record.key:
            # Another process may have made one meanwhile.
            fresh = self._look()
            if fresh.key and fresh.instance == self.instance:
                self._record = fresh
        records = (self._record, self._registered(self.instance))
        keys = dict.fromkeys(each.key for each in records if each and each.key)
        return Keyring(
            keys=tuple(bytes.fromhex(key) for key in keys),
            legacy_before=self._record.legacy_before,
        )

    def claim(self) -> None:
        """
        Write both files; done once in a process.

        Raises:
            SetupError: The state folder of the repository cannot be written.
        """
        with self._lock:
            if not self._claimed:
                self._write_down()
                self._claimed = True

    def _write_down(self) -> None:
        key = self._record.key or secrets.token_hex(KEY_BYTES)
        self._record = replace(self._record, key=key)
        file = _file(self._place)
        present = read_record(file)
        try:
            if present is not None and present.instance != self.instance:
                _set_history_aside(file.parent, present.instance)
            if present != self._record:
                _write(file, self._record)
        except OSError as error:
            if present is not None and present.key == key:
                return  # Only its place is out of date, which the next claim mends.
            raise SetupError(
                f"{file} cannot be written: {error.strerror}",
                remedy=f"make {file.parent} writable for this user",
            ) from error
        if self._machine is not None and self._registered(self.instance) != self._record:
            # Only a second copy: where there is no home, the first one is enough.
            with suppress(OSError):
                _write(_registration(self._machine, self.instance), self._record)

    def become(self, instance: str) -> None:
        """
        Be the repository *instance* from now on, which is there no more.

        Raises:
            NotFoundError: No such repository was ever used here.
            ConflictError: It is still there.
        """
        record = self._registered(instance)
        if record is None:
            raise NotFoundError(
                f"no repository {instance} was used on this machine by this user",
                remedy="see which there are: sandbox doctor",
            )
        if self._lives_at(record.place, instance):
            raise ConflictError(
                f"the repository {instance} is still there: {record.place}",
                remedy=f"use it there: sandbox --repo {Path(record.place).parent} status",
            )
        self._record = replace(record, place=str(self._place), inode=_inode(self._place))
        self._claimed = False
        self.claim()

    def _look(self) -> Record:
        record = read_record(_file(self._place))
        if record is None:
            return self._found_at_home() or self._new()
        if self._is_elsewhere(record):
            return self._new(instead_of=record.instance)
        return replace(record, place=str(self._place), inode=_inode(self._place))

    def _is_elsewhere(self, record: Record) -> bool:
        """Tell whether another living repository has the id of *record*: then this is a copy."""
        registered = self._registered(record.instance)
        places = {record.place, registered.place if registered else record.place}
        return any(self._lives_at(place, record.instance) for place in places)

    def _lives_at(self, place: str, instance: str) -> bool:
        """Tell whether a repository that is not this one has the id *instance* at *place*."""
        return lives(place, instance) and not _is_same(Path(place), self._place)

    def _found_at_home(self) -> Record | None:
        """The file in the repository is lost, and this is still the same folder."""
        for number in count():
            record = self._registered(derived_instance(os.fsencode(self._place), number))
            if record is None:
                return self._registered_here()
            if (record.place, record.inode) == (str(self._place), _inode(self._place)):
                return record
        return None

    def _registered_here(self) -> Record | None:
        """One that was moved here has an id of its old place."""
        here = (str(self._place), _inode(self._place))
        found = registrations(self._machine)
        return next((each for each in found if (each.place, each.inode) == here), None)

    def _new(self, *, instead_of: str = "") -> Record:
        possible = (derived_instance(os.fsencode(self._place), number) for number in count())
        instance = next(
            each for each in possible if each != instead_of and self._registered(each) is None
        )
        used = not instead_of and _file(self._place).with_name("journal.sqlite").exists()
        return Record(
            instance=instance,
            place=str(self._place),
            inode=_inode(self._place),
            legacy_before=time.time() if used else 0.0,
        )

    def _registered(self, instance: str) -> Record | None:
        return read_record(_registration(self._machine, instance)) if self._machine else None


class Registrations:
    """Implements `sandbox.ports.Registry` on the files in the machine's folder."""

    def __init__(self, machine_folder: Path | None) -> None:
        self._machine = machine_folder

    def known(self) -> tuple[Known, ...]:
        """Every repository of this user that ever created something here, sorted by id."""
        return tuple(
            Known(
                instance=each.instance,
                place=each.place,
                living=lives(each.place, each.instance),
                keyring=Keyring(
                    keys=(bytes.fromhex(each.key),) if each.key else (),
                    legacy_before=each.legacy_before,
                ),
            )
            for each in registrations(self._machine)
        )

    def forget(self, instance: str) -> None:
        """Remove the file of *instance*; one that is gone already is fine."""
        if self._machine is not None:
            with suppress(FileNotFoundError):
                _registration(self._machine, instance).unlink()


def machine_folder(environment: Mapping[str, str]) -> Path | None:
    """
    Give the folder for state of this user on this machine; ``None`` when there is no home.

    Source:
        XDG Base Directory Specification, ``XDG_STATE_HOME``: a relative path is ignored.
    """
    state = Path(environment.get("XDG_STATE_HOME", ""))
    if state.is_absolute():
        return state / "sandbox"
    home = Path(environment.get("HOME", ""))
    return home / ".local" / "state" / "sandbox" if home.is_absolute() else None


def registrations(folder: Path | None) -> tuple[Record, ...]:
    """Every repository that was ever claimed on this machine, sorted by id."""
    if folder is None:
        return ()
    found = (read_record(file) for file in sorted((folder / "instances").glob("*.json")))
    return tuple(record for record in found if record is not None)


def lives(place: str, instance: str) -> bool:
    """Tell whether the repository at *place* says that it is *instance*."""
    record = read_record(_file(Path(place)))
    return record is not None and record.instance == instance


def read_record(file: Path) -> Record | None:
    """Read one file; one that is damaged is as good as lost."""
    try:
        with file.open("rb") as opened:
            loaded: dict[str, Any] = json.loads(opened.read(SIZE_MAX_BYTES))
        record = Record(
            instance=str(loaded["instance"]),
            place=str(loaded["place"]),
            inode=int(loaded["inode"]),
            key=str(loaded["key"]),
            legacy_before=float(loaded["legacy_before"]),
        )
        bytes.fromhex(record.key)
        if not _INSTANCE.fullmatch(record.instance):
            return None
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return None
    return record


def _write(file: Path, record: Record) -> None:
    """Write a file that only this user can read; whoever reads sees the old or the new one."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as opened:
        json.dump({"schema": 1, **asdict(record)}, opened)
        opened.flush()
        os.fsync(opened.fileno())
    fresh.replace(file)


def _set_history_aside(folder: Path, instance: str) -> None:
    """What another repository did is not what this copy of it did: no job of it ran here."""
    for suffix in ("", "-wal", "-shm"):
        history = folder / f"journal.sqlite{suffix}"
        with suppress(FileNotFoundError):
            history.rename(folder / f"journal.sqlite.of-{instance}{suffix}")


def _file(place: Path) -> Path:
    return place / "sandbox" / FILE


def _registration(machine: Path, instance: str) -> Path:
    return machine / "instances" / f"{instance}.json"


def _inode(place: Path) -> int:
    try:
        return place.stat().st_ino
    except OSError:
        return 0


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:
        return False
