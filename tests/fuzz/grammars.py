"""
Texts of each kind, made by chance from a grammar: most are right, some nearly.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

from tests.fuzz.attributes import SERVICE, TOP
from tests.fuzz.files import joined

NAMES: Final = ("A", "B", "_x", "LONG_NAME", "E", "UNSET", "N", "X", "a")
WORDS: Final = (
    "",
    "a",
    "b c",
    "1",
    "-",
    "é",
    "$$",
    "}",
    "{",
    "x:y",
    "'",
    '"',
    "\\",
    "#",
    " #c",
    "%",
)
UNITS: Final = ("ns", "us", "µs", "μs", "ms", "s", "m", "h", "d", "w")
SIZES: Final = ("", "b", "k", "kb", "kib", "K", "m", "MB", "MiB", "g", "GiB", "t", "p", "PiB", "e")


def _one(random: Random, choices: Sequence[str]) -> str:
    return choices[int(random.random() * len(choices))]


def _some(random: Random, most: int, make: Callable[[Random], str]) -> list[str]:
    return [make(random) for _ in range(int(random.random() * (most + 1)))]


def expression(random: Random, depth: int = 0) -> str:
    """Write a text with variables."""
    return "".join(_some(random, 4 - min(depth, 3), lambda r: _part(r, depth)))


def _part(random: Random, depth: int) -> str:
    chance = random.random()
    if chance < 0.35:
        return _one(random, WORDS)
    name = _one(random, NAMES)
    if chance < 0.5 or depth > 6:
        return f"${name}"
    operator = _one(random, ("", ":-", "-", ":?", "?", ":+", "+", ":=", "/", ":"))
    word = expression(random, depth + 1) if operator else ""
    return f"${{{name}{operator}{word}}}"


def dotenv(random: Random) -> str:
    """Write a file of variables."""
    return "".join(_some(random, 6, _dotenv_line))


def _dotenv_line(random: Random) -> str:
    chance = random.random()
    if chance < 0.1:
        return _one(random, ("\n", "# note\n", "  \n", "\r\n", "\ufeff", "export\n"))
    before = _one(random, ("", "", "", "export ", "  ", "\t"))
    sign = _one(random, ("=", "=", "=", ":", " = ", "=\t", ""))
    value = expression(random)
    quote = _one(random, ("", "", "'", '"'))
    if quote == '"' and chance < 0.5:
        value += _one(random, ("\\n", '\\"', "\\$X", "\\0101", "\\x", "\n", "\\\\"))
    after = _one(random, ("\n", "\n", " # note\n", "\r\n", ""))
    return f"{before}{_one(random, NAMES)}{sign}{quote}{value}{quote}{after}"


def number(random: Random) -> str:
    """Write a number of any size, whole or not."""
    digits = str(int(10 ** (random.random() * (4 if random.random() < 0.8 else 25))))
    chance = random.random()
    if chance < 0.6:
        return digits
    return _one(random, (f"{digits}.5", f".{digits}", f"{digits}.", f"{digits}e3", f"0{digits}"))


def duration(random: Random) -> str:
    """Write a duration."""
    sign = _one(random, ("", "", "", "", "-", "+"))
    parts = [number(random) + _one(random, UNITS) for _ in range(1 + int(random.random() * 4))]
    return sign + "".join(parts)


def size(random: Random) -> str:
    """Write a size in bytes."""
    between = _one(random, ("", "", "", " ", "  "))
    return _one(random, ("", "", "", "-", "+")) + number(random) + between + _one(random, SIZES)


def port(random: Random) -> str:
    """Write the short form of a port, or of several."""
    address = _one(random, ("", "", "", "127.0.0.1:", "[::1]:", "::1:", "0.0.0.0:", "host:", ":"))
    published = f"{_ports(random)}:" if random.random() < 0.7 else ""
    return address + published + _ports(random) + _one(random, ("", "/udp", "/tcp", "/SCTP", "/x"))


def _ports(random: Random) -> str:
    first = int(random.random() ** 2 * 70_000)
    if random.random() < 0.6:
        return str(first)
    return f"{first}-{first + int(random.random() ** 4 * 30) - 1}"


def yaml(random: Random) -> str:
    """Write a document of YAML with a mapping at its top."""
    keys = _some(random, 4, lambda r: f"{_key(r)}:{_block(r, 1)}\n")
    return _one(random, ("", "", "", "---\n", "%YAML 1.2\n---\n", "# note\n")) + "".join(keys)


def _key(random: Random) -> str:
    if random.random() < 0.1:
        return _one(random, ("1", "<<", "&k f", "? g\n", "~", "[a]", "", "a"))
    return f"k{int(random.random() * 1000)}" if random.random() < 0.9 else "'quoted key'"


def _block(random: Random, depth: int) -> str:
    chance = random.random()
    if chance < 0.4 or depth > 5:
        return f" {_flow(random, depth)}"
    indent = "\n" + "  " * depth
    tag = _one(random, ("",) * 8 + (" &x", " &y", " !reset", " !override", " !!map", " !t"))
    if chance < 0.7:
        lines = [f"{_key(random)}:{_block(random, depth + 1)}" for _ in range(1 + depth % 2)]
    elif chance < 0.9:
        lines = [f"-{_block(random, depth + 1)}" for _ in range(1 + depth % 3)]
    else:
        return f" {_one(random, ('|', '>', '|-', '>+', '|2'))}{indent}text{indent} more{indent}end"
    return tag + "".join(indent + line for line in lines)


SCALARS: Final = (
    "a b", "1", "0x1f", "0o17", "010", "-1.5e3", ".inf", ".nan", "~", "null", "yes", "TRUE", "''",
    "'it''s'", '"\\n\\x41\\u00e9"', "2020-01-01", "1_000", "1:30", "!!str 1", "!!binary YQ==",
    "*x", "*y", "!!int x", "!!binary x", "!!float 1", "!!null ''", "!!merge <<", "!!set {}", "@",
)  # fmt: skip
SCALARS_RIGHT: Final = 19


def _flow(random: Random, depth: int) -> str:
    chance = random.random()
    if chance < 0.7 or depth > 6:
        return _one(random, SCALARS if chance < 0.1 else SCALARS[:SCALARS_RIGHT])
    anchor = _one(random, ("", "", "&x ", "&y ", "!reset ", "!override "))
    items = _some(random, 3, lambda r: _flow(r, depth + 1))
    if chance < 0.85:
        return f"{anchor}[{', '.join(items)}]"
    return f"{anchor}{{{', '.join(f'k{i}: {item}' for i, item in enumerate(items))}}}"


def tree(random: Random) -> str:
    """Write one Compose file."""
    careful = random.random() < 0.7
    services = "".join(
        f"  {name}:\n{_attributes(random, careful=careful)}"
        for name in ("web", "db", "base")
        if name != "base" or random.random() < 0.5
    )
    keys = ["networks", "volumes", "secrets", "configs", "models"] if careful else []
    keys += [_one(random, tuple(TOP)) for _ in range(int(random.random() * 3))]
    top = "".join(
        f"{key}: {_value(random, TOP[key], careful=careful)}\n" for key in dict.fromkeys(keys)
    )
    return f"services:\n{services}{top}"


def _attributes(random: Random, *, careful: bool) -> str:
    keys = [_one(random, tuple(SERVICE)) for _ in range(int(random.random() * 4))]
    lines = {"image": "x"} if careful or random.random() < 0.9 else {}
    lines |= {key: _value(random, SERVICE[key], careful=careful) for key in keys}
    if not lines:
        return "    {}\n"
    return "".join(f"    {key}: {value}\n" for key, value in lines.items())


def _value(random: Random, choices: Sequence[str], *, careful: bool) -> str:
    """Take the right value more often than each of the others, sometimes with a tag."""
    value = choices[0] if random.random() < 0.2 + 0.7 * careful else _one(random, choices)
    if random.random() < 0.05:
        return _one(random, ("!reset ", "!override ", "!reset null #")) + value
    return value


def two_files(random: Random) -> str:
    """Write a Compose file and one that is laid over it."""
    return joined({"compose.yaml": tree(random), "compose.override.yaml": tree(random)})


def project(random: Random) -> str:
    """Write the files of a project that its files name."""
    files = {"compose.yaml": tree(random)}
    others: Mapping[str, Callable[[Random], str]] = {
        ".env": dotenv,
        "a.env": dotenv,
        "b.env": dotenv,
        "base.yaml": tree,
        "other.yaml": tree,
        "more.yaml": tree,
    }
    for name, make in others.items():
        if name in files["compose.yaml"] or random.random() < 0.2:
            files[name] = make(random)
    return joined(files)
