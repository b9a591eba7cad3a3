"""
Ways on which a setting gets into an environment; a policy that looks at files misses some of them.

Texts are JSON, which is YAML, one value a line.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

FOLDER = "environments/staging"
FILE = f"{FOLDER}/compose.yaml"
BASE = "environments/base/compose.yaml"
EXTRA = "environments/base/extra.yaml"
IMAGE = "debian:trixie-slim"
PLAIN = {"image": IMAGE, "command": ["sleep", "1d"]}

Services = Mapping[str, Mapping[str, Any]]
Top = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """
    Attributes:
        files: Content by path.
        written_in: The file that the settings are written in.
    """

    files: Mapping[str, str]
    written_in: str


def in_the_file(services: Services, top: Top) -> Committed:
    return Committed(files={FILE: _text(_environment(_whole(services), top))}, written_in=FILE)


def by_extends(services: Services, top: Top) -> Committed:
    heirs = {name: {"extends": {"file": f"../../{BASE}", "service": name}} for name in services}
    return Committed(
        files={
            FILE: _text(_environment(heirs, top)),
            BASE: _text({"services": _whole(services)}),
        },
        written_in=BASE,
    )


def by_include(services: Services, top: Top) -> Committed:
    including = {"x-sandbox": {}, "include": [f"../../{BASE}"]}
    return Committed(
        files={FILE: _text(including), BASE: _text({"services": _whole(services), **top})},
        written_in=BASE,
    )


def by_override(services: Services, top: Top) -> Committed:
    paths = [f"../../{BASE}", f"../../{EXTRA}"]
    harmless = {name: {**PLAIN, "labels": {"a": "b"}} for name in services}
    return Committed(
        files={
            FILE: _text({"x-sandbox": {}, "include": [{"path": paths}]}),
            BASE: _text({"services": harmless}),
            EXTRA: _overriding(_text({"services": services, **top}), services),
        },
        written_in=EXTRA,
    )


def by_variables(services: Services, top: Top) -> Committed:
    values: list[str] = []
    written = {"services": services, **top}
    interpolated = _with_variables(written, values)
    services = {name: {**PLAIN, **each} for name, each in interpolated.pop("services").items()}
    env = "".join(f"P{number}='{value}'\n" for number, value in enumerate(values))
    return Committed(
        files={
            FILE: _text(_environment(services, interpolated)),
            f"{FOLDER}/.env": env,
        },
        written_in=FILE,
    )


ROUTES: Mapping[str, Callable[[Services, Top], Committed]] = {
    "file": in_the_file,
    "extends": by_extends,
    "include": by_include,
    "override": by_override,
    "variables": by_variables,
}


def _whole(services: Services) -> Services:
    return {name: {**PLAIN, **service} for name, service in services.items()}


def _environment(services: Services, top: Top) -> dict[str, Any]:
    return {"x-sandbox": {}, "services": services, **top}


def _text(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"


def _overriding(text: str, services: Services) -> str:
    """Tag every attribute with ``!override``."""
    names = {name for service in services.values() for name in service}
    pattern = "|".join(re.escape(name) for name in sorted(names))
    return re.sub(rf'^( {{6}}"(?:{pattern})":)', r"\1 !override", text, flags=re.MULTILINE)


def _with_variables(value: Any, values: list[str]) -> Any:
    """Replace every value by a variable, and collect what each stands for."""
    if isinstance(value, Mapping):
        return {key: _with_variables(each, values) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_variables(each, values) for each in value]
    values.append(json.dumps(value) if isinstance(value, bool) else str(value))
    return f"${{P{len(values) - 1}}}"
