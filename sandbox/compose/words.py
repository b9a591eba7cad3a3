"""A command line in one string, split as Compose splits it."""

from __future__ import annotations

from dataclasses import dataclass, field

_ENDS = frozenset(";&|<>")
_KEPT = frozenset("`)")
_ESCAPED = {"t": "\t", "n": "\n"}


@dataclass(slots=True, kw_only=True)
class CommandLine:
    """
    What became of a string.

    Attributes:
        words: The words.
        ignored: The rest from an unquoted ``;``, ``&``, ``|``, ``<`` or ``>`` on; Compose drops it.
        fault: What is wrong; empty when nothing is.
    """

    words: list[str] = field(default_factory=list)
    ignored: str = ""
    fault: str = ""


def split_words(line: str) -> CommandLine:
    """
    Split *line* at blanks; quotes and backslashes protect, nothing is expanded.

    Source:
        `shellwords.go` of mattn/go-shellwords, with which Compose splits.
    """
    return _Splitter(line).split()


@dataclass(slots=True)
class _Splitter:
    line: str
    quote: str = ""
    word: list[str] = field(default_factory=list)
    begun: bool = False
    escaped: bool = False
    result: CommandLine = field(default_factory=CommandLine)

    def split(self) -> CommandLine:
        for position, sign in enumerate(self.line):
            if not self.quote and not self.escaped and sign in _ENDS:
                self._cut(sign, position)
                break
            if not self.quote and not self.escaped and sign in "()" and not self._substitutes(sign):
                self.result.fault = "a parenthesis must be in quotes"
                return self.result
            self._take(sign)
        if self.quote or self.escaped:
            what = f"the {self.quote} is never closed" if self.quote else "it ends with a backslash"
            self.result.fault = what
        self._end_word()
        return self.result

    def _cut(self, sign: str, position: int) -> None:
        """End before *sign*; a word such as the 2 of ``2>`` belongs to what is ignored."""
        if sign == ">" and self.word[:1] and self.word[0] in "0123456789":
            position -= len(self.word)
            self.word, self.begun = [], False
        self.result.ignored = self.line[position:]

    def _take(self, sign: str) -> None:
        if self.escaped:
            self.escaped = False
            self._add(_ESCAPED.get(sign, sign))
        elif sign == "\\" and self.quote != "'":
            self.escaped = True
        elif not self.quote and sign in " \t\r\n":
            self._end_word()
        elif sign == self.quote:
            self.quote = ""
            if sign in _KEPT:
                self._add(sign)
        elif not self.quote and sign in "'\"":
            self.quote = sign
            self.begun = True
        else:
            if not self.quote and sign in "`(":
                self.quote = ")" if sign == "(" else sign
            self._add(sign)

    def _substitutes(self, sign: str) -> bool:
        """Does *sign* open a ``$(...)``, which is one word and stays as it is?"""
        return sign == "(" and self.word[-1:] == ["$"]

    def _add(self, sign: str) -> None:
        self.word.append(sign)
        self.begun = True

    def _end_word(self) -> None:
        if self.begun:
            self.result.words.append("".join(self.word))
        self.word = []
        self.begun = False
