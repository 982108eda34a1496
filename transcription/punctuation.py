"""Punctuation for Chinese speech that an engine wrote without any: rules, not a model, and few of them.

A mark is set where it is nearly always one: at the end of what was said, at a pause, before words that begin a
clause, and a question mark only after words that ask. What no rule knows stays without: a comma too few is read over,
a wrong one changes what was said. Marks hang on the word before, take no time, and never part a number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from hearing.transcript_events import Word
from transcription.readings import is_han

PAUSE_MS = 450
"""A silence between two words from which on a comma stands there. Half of what ends an utterance (0.8 s), about."""
_SHORT = 4
"""A clause has at least so many characters before the next one begins by a word."""
_MARKS = frozenset("，。？！；：、,.?!;:…")
_OPENERS = re.compile(
    "但是?|所以|因此|如果|而且|并且|然后|否则|其次|此外|于是|从而|即使|尽管|可是|然而|例如|比如|以便|其中"
)
"""Begin a clause: before each stood a mark in 85 % of all places and more (People's Daily, January 1998)."""
_OPEN_ENDS = re.compile("[和与及或在把被对向从于]|以及|或者|因为|由于|但是?|如果|而且|并且|所以|因此|其中|包括|就是")
"""Nobody has finished after these words."""
_NUMERALS = frozenset("零〇一二两三四五六七八九十百千万亿幺第点0123456789%.")
_ASKS_AT_END = re.compile(r"(?:吗|呢|(?<!没)什么|谁|哪里|哪儿|多少|如何|怎样|怎么样|怎么办|对不对|是不是|有没有)$")
_ASKED = "请问|审判长|原告|被告|第三人|证人|双方|各方|你们?|您|[原被]告方|对(?:此|于)?|上述|以上|证据|事实|方|的"
_ASKS_AT_BEGINNING = re.compile(rf"^(?:{_ASKED}){{0,5}}(?:为什么|难道|是否|是不是|有没有|有无|能否|可否)")
_LONGEST_QUESTION = 30
"""是否 in a longer sentence mostly does not ask."""


def punctuated(words: Sequence[Word]) -> tuple[Word, ...]:
    """The words of one utterance with marks. As they are when the engine has set a mark of its own, or when the last
    word is not Chinese. Pure, total, idempotent; without the marks the text is the same."""
    text = "".join(word.text for word in words)
    last = text.rstrip()[-1:]
    if not last or not (is_han(last) or last in _NUMERALS) or not _MARKS.isdisjoint(_without_numbers(text)):
        return tuple(words)
    return tuple(_marked(words))


def _marked(words: Sequence[Word]) -> Iterator[Word]:
    clause = ""
    for place, word in enumerate(words):
        said = word.text.strip()
        following = next((each for each in words[place + 1 :] if each.text.strip()), None)
        mark = ""
        if said:
            clause += said
            mark = _final(clause, said) if following is None else _between(word, following, clause)
        if mark:
            clause = ""
        yield msgspec.structs.replace(word, text=word.text.rstrip() + mark) if mark else word


def _between(word: Word, next_word: Word, clause: str) -> str:
    before, following = word.text.strip(), next_word.text.strip()
    if before[-1] in _NUMERALS and following[0] in _NUMERALS:
        return ""
    if _OPENERS.fullmatch(before) or not (is_han(before[-1]) or before[-1] in _NUMERALS):
        return ""
    paused = next_word.from_ms - word.to_ms >= PAUSE_MS
    opens = _OPENERS.fullmatch(following) is not None and len(clause) >= _SHORT
    return "，" if (paused and not _OPEN_ENDS.fullmatch(before)) or opens else ""


def _final(clause: str, last: str) -> str:
    if _ASKS_AT_END.search(clause) or (len(clause) <= _LONGEST_QUESTION and _ASKS_AT_BEGINNING.search(clause)):
        return "？"
    return "，" if _OPEN_ENDS.fullmatch(last) else "。"


def _without_numbers(text: str) -> str:
    """Points and commas inside numbers are no marks."""
    return re.sub(r"(?<=[0-9])[,.:](?=[0-9])", "", text)
