"""What interpolation knows: the caller's own variables, then those of env files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sandbox.compose.dotenv import DotenvFile, parse_dotenv, parse_raw
from sandbox.compose.files import Files
from sandbox.compose.findings import Findings
from sandbox.compose.node import Mark
from sandbox.compose.template import Origin, Variables, unset_text

SIZE_BYTES_MAX = 2**20


def read_env_files(
    paths: Sequence[str], files: Files, findings: Findings, outside: Variables
) -> Variables:
    """
    Add the files at the absolute *paths* to what is known; a later one wins, and sees earlier ones.

    Args:
        outside: Stronger than every file, also inside of their values.
    """
    values: dict[str, str] = {}
    origins: dict[str, Origin] = {}
    for path in paths:
        found = read_env_file(path, files, findings, outside, earlier=values)
        if found is not None:
            values = {**values, **found.values}
            origins |= _origins(found, files.shown(path))
    return Variables(values, outside, origins=origins) if values else outside


def _origins(found: DotenvFile, file: str) -> dict[str, Origin]:
    unset: dict[int, tuple[str, ...]] = {}
    for line, name in found.unset:
        unset[line] = (*unset.get(line, ()), name)
    return {
        name: Origin(place=Mark(file=file, line=line).text, unset=unset.get(line, ()))
        for name, line in found.lines.items()
    }


def read_env_file(
    path: str,
    files: Files,
    findings: Findings,
    outside: Variables,
    *,
    earlier: Mapping[str, str],
    raw: bool = False,
    sees_variables: bool = True,
) -> DotenvFile | None:
    """
    Read one file, what cannot be read in it is a problem; ``None`` when there is none.

    Args:
        outside: Stronger than the file, inside of its values.
        earlier: Weaker than the file; what was read before it.
        raw: It has neither quotes nor variables nor comments.
        sees_variables: What is set in the env file of the project counts in it.
    """
    content = files.content(path)
    if content is None:
        return None
    file = files.shown(path)
    if len(content) > SIZE_BYTES_MAX:
        findings.problem(Mark(file=file), (), "the file is larger than 1 MiB")
        return DotenvFile()
    try:
        decoded = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        findings.problem(Mark(file=file), (), "the file is not UTF-8 text")
        return DotenvFile()
    parsed = parse_raw(decoded, outside) if raw else parse_dotenv(decoded, outside, earlier)
    for line, message in parsed.faults:
        findings.problem(Mark(file=file, line=line), (), message)
    env_file = findings.env_file if sees_variables else ""
    for line, name in parsed.unset:
        findings.warn(Mark(file=file, line=line), unset_text(name, env_file))
    return parsed


def words(value: str | None, separator: str = ",") -> tuple[str, ...]:
    """Split a variable that is a list."""
    return tuple(filter(None, (each.strip() for each in (value or "").split(separator))))
