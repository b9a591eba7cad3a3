"""
Who orders: the fields of the checkout form, checked.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from shop.errors import InvalidFieldsError

FIELD_CHARS_MAX = {"name": 80, "email": 120, "address": 300}

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_UNPRINTABLE = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """
    Name, e-mail address and where the parcel goes.
    """

    name: str
    email: str
    address: str


def parse_customer(fields: Mapping[str, str]) -> Customer:
    """
    Check the fields of the form; white space around them does not matter.

    Raises:
        InvalidFieldsError: naming every field that cannot be used, not only the first.
    """
    values = {
        name: _UNPRINTABLE.sub(" ", fields.get(name, "").replace("\r\n", "\n")).strip()
        for name in FIELD_CHARS_MAX
    }
    problems = {name: "is needed" for name, value in values.items() if not value}
    problems |= {
        name: f"is longer than {most} characters"
        for name, most in FIELD_CHARS_MAX.items()
        if len(values[name]) > most
    }
    if "email" not in problems and not _EMAIL.fullmatch(values["email"]):
        problems["email"] = "does not look like an e-mail address"
    if problems:
        raise InvalidFieldsError(problems)
    return Customer(**values)
