"""
Secrets found in a text by what stands around them, or by their own shape.

Private keys, tokens of known services, passwords in URLs, headers, ``NAME=value``, arguments of
programs, and long random texts.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from sandbox.secrecy.names import (
    STAND_IN,
    is_ordinary,
    is_secret,
    is_strong_name,
    is_weak_name,
    looks_random,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_ROUNDS: Final = 8
_SHORT: Final = 200
_NAME: Final = r"(?P<name>[A-Za-z_][\w.-]{1,63})"
_VALUE: Final = r"(?P<value>[^\s\"',;&|<>()\[\]{}]+)"
_QUOTED: Final = r"\"(?P<double>[^\"\n]+)\"|'(?P<single>[^'\n]+)'"
_GAP: Final = r"(?:=|\s+|[\"']\s*,\s*[\"'])"
"""Between an option and its value: in a command line, or in a list of words."""


class _Rule(NamedTuple):
    """
    One kind of secret.

    Attributes:
        signs: Unless the text has one of them, in lower case, there is nothing to find.
        expression: Its last group is what is hidden, its group ``name`` what that is called.
        judge: Tells by name and value whether it is a secret.
    """

    signs: tuple[str, ...]
    expression: str
    judge: Callable[[str, str], bool]

    @property
    def pattern(self) -> re.Pattern[str]:
        """Its expression, compiled when a text has one of its signs: most never do."""
        return _compiled(self.expression)


_compiled: Final = cache(re.compile)


def hide_kinds(text: str) -> str:
    """Write ``***`` in place of everything in *text* that looks like a secret."""
    return _hide_in_short(text) if len(text) <= _SHORT else _hide(text)


def _hide(text: str) -> str:
    for _ in range(_ROUNDS):
        hidden = text
        for rule in _rules_for(text):
            hidden = rule.pattern.sub(lambda match, rule=rule: _hidden(match, rule), hidden)  # type: ignore[misc] # bound early on purpose
        if hidden == text:
            break
        text = hidden
    return text


def secrets_in(text: str) -> frozenset[str]:
    """Find everything in *text* that looks like a secret."""
    return _in_short(text) if len(text) <= _SHORT else _in(text)


def _in(text: str) -> frozenset[str]:
    return frozenset(
        match[_group(match)]
        for rule in _rules_for(text)
        for match in rule.pattern.finditer(text)
        if _is_found(match, rule)
    )


# Environments of one application say the same, most of it, and each look says it again.
_in_short = lru_cache(1024)(_in)
_hide_in_short = lru_cache(1024)(_hide)


def _rules_for(text: str) -> Iterator[_Rule]:
    lowered = text.lower()
    return (rule for rule in _RULES if any(sign in lowered for sign in rule.signs))


def _hidden(match: re.Match[str], rule: _Rule) -> str:
    if not _is_found(match, rule):
        return match[0]
    first, last = (place - match.start() for place in match.span(_group(match)))
    return f"{match[0][:first]}{STAND_IN}{match[0][last:]}"


def _is_found(match: re.Match[str], rule: _Rule) -> bool:
    value = match[_group(match)]
    if STAND_IN in value:
        return False
    groups = match.groupdict()
    if groups.get("prose") and not _stands_out(value):
        return False
    return rule.judge(groups.get("name") or "", value)


def _group(match: re.Match[str]) -> str:
    return match.lastgroup or ""


def _always(_name: str, _value: str) -> bool:
    return True


def _literal(_name: str, value: str) -> bool:
    """``$NAME`` is a variable."""
    return not value.startswith("$")


def _no_number(name: str, value: str) -> bool:
    """``--user 1000:1000`` is a user and a group."""
    return _literal(name, value) and not value.isdecimal()


def _unusual(_name: str, value: str) -> bool:
    return not value.isalpha()


def _random(_name: str, value: str) -> bool:
    return looks_random(value)


def _assigned(name: str, value: str) -> bool:
    return (is_strong_name(name) or is_weak_name(name)) and is_secret(name, value)


def _stands_out(value: str) -> bool:
    """``name: value`` and ``--name value`` also stand in sentences, where a word is no secret."""
    return not is_ordinary(value) and not value.rstrip(".,:;!?").isalpha()


_STEMS: Final = (
    *("pass", "pwd", "secret", "token", "key", "cred", "auth", "dsn", "private", "salt", "sign"),
    *("session", "cookie", "sid", "otp", "jwt", "bearer", "pin", "pat", "psk", "hmac", "pepper"),
    *("seed", "sas", "webhook", "connection", "pw"),
)
_RULES: Final = (
    _Rule(
        ("private key",),
        (
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:\\[nr]|\s)*"
            r"(?P<value>[A-Za-z0-9+/=][^-\"']*?)(?=(?:\\[nr]|\s)*(?:-----END|[-\"']|\Z))"
        ),
        _always,
    ),
    _Rule(
        (
            *(
                "ghp_",
                "gho_",
                "ghu_",
                "ghs_",
                "ghr_",
                "github_pat_",
                "glpat-",
                "xox",
                "xapp-",
                "akia",
            ),
            *("asia", "eyj", "sk-", "k_live_", "k_test_", "aiza", "npm_", "pypi-", "dckr_pat_"),
            *("hvs.", "sg.", "dop_v1_", "ya29.", "age-secret-key-1", "whsec_"),
        ),
        (
            r"(?<![A-Za-z0-9])(?P<value>gh[pousr]_[A-Za-z0-9]{16,}|github_pat_\w{16,}"
            r"|glpat-[\w-]{16,}|xox[abeoprs]-[\w-]{10,}|xapp-[\w-]{10,}|A(?:KI|SI)A[A-Z0-9]{12,}"
            r"|eyJ[\w-]{6,}\.[\w-]{6,}(?:\.[\w-]*)?|sk-[\w-]{20,}|[srp]k_(?:live|test)_\w{10,}"
            r"|AIza[\w-]{30,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{30,}|dckr_pat_[\w-]{16,}"
            r"|hvs\.[\w-]{16,}|SG\.[\w-]{16,}\.[\w-]{16,}|dop_v1_[0-9a-f]{40,}|ya29\.[\w-]{20,}"
            r"|AGE-SECRET-KEY-1[A-Z0-9]{40,}|whsec_\w{16,})"
        ),
        _always,
    ),
    _Rule(
        ("/services/", "/webhooks/"),
        r"://[^\s\"'<>]*?/(?:services|webhooks)/(?P<value>[\w/-]{16,})",
        _always,
    ),
    _Rule(
        ("://",),
        r"://[^\s/@:\"'<>]*:(?P<value>[^\s/\"'<>]+)@",
        _literal,
    ),
    _Rule(("://",), r"://(?P<value>[^\s/@:\"'<>]{16,})@", _random),
    _Rule(
        ("authorization", "bearer", "basic"),
        (
            r"(?:(?i:authorization)[\"']?\s{0,2}[:=]\s{0,2}[\"']?(?:[A-Za-z]+\s+)?"
            r"|\b(?i:bearer|basic)\s+)(?P<value>[\w.~+/-]{8,}={0,2})"
        ),
        _unusual,
    ),
    _Rule(
        ("cookie",),
        r"(?i:cookie)[\"']?\s{0,2}:\s{0,2}[\"']?[\w.-]+=(?P<value>[^\s;\"']+)",
        _unusual,
    ),
    _Rule(  # NAME=value, "name": "value", name = 'value', and in prose name: value
        _STEMS,
        (
            rf"\b{_NAME}"
            r"(?:\s?=\s?|[\"']\s{0,2}[:=]\s{0,2}|:\s{1,2}(?=[\"'])|(?P<prose>:\s{1,2}))"
            rf"(?:{_QUOTED}|{_VALUE})"
        ),
        _assigned,
    ),
    _Rule(  # "--name", "value"
        _STEMS,
        rf"(?<!\w)--?{_NAME}[\"']\s{{0,2}},\s{{0,2}}(?:{_QUOTED})",
        _assigned,
    ),
    _Rule(  # --name value
        _STEMS,
        rf"(?<!\w)--?{_NAME}(?P<prose>\s+){_VALUE}",
        _assigned,
    ),
    _Rule(
        ("-u", "user"),
        rf"(?<![\w-])(?:-u|--user|--proxy-user){_GAP}?[\"']?[^\s:\"',=/]+:(?P<value>[^\s\"',]+)",
        _no_number,
    ),
    _Rule(
        ("mysql", "mariadb"),
        r"(?:mysql|mariadb)[^\n|;&]{0,200}?[\s\"']-p(?P<value>[^\s\"',]+)",
        _literal,
    ),
    _Rule(
        ("-cli", "sshpass", "docker login", "ldap"),
        (
            rf"(?:(?:redis|valkey)-cli[^\n|;&]{{0,200}}?[\s\"']-a|sshpass[\s\"',]+-p"
            rf"|docker login[^\n|;&]{{0,200}}?\s-p|ldap\w+[^\n|;&]{{0,200}}?[\s\"']-w)"
            rf"{_GAP}?[\"']?(?P<value>[^\s\"',]+)"
        ),
        _literal,
    ),
    _Rule(
        ("requirepass", "masterauth", "password", "identified"),
        (
            r"(?:\b(?i:requirepass|masterauth|insecure-password)\s+[\"']?(?P<value>[^\s\"',]+)"
            r"|\b(?i:identified\s+by|password)\s+'(?P<single>[^'\n]+)')"
        ),
        _unusual,
    ),
    _Rule(
        ("",),
        r"(?<![\w/+.:-])(?<!sha\d{3}-)(?P<value>[A-Za-z0-9_+-]{20,}={0,2})(?![\w/+-])",
        _random,
    ),
)
