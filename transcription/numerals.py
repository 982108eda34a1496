"""Numbers as a court writes them, from numbers as people say them (inverse text normalisation), for Chinese.

Rules, not a model: what no rule knows stays as it was said. Written with digits are case numbers, dates, times of
day, money, percentages, long numbers read digit by digit, and counts from ten before a measure word.

Not touched are idioms (一般, 万一, 三七开), ordinals (第三人, 第二十三页), a number that can be read in two ways
(三万五), ranges (三到五万元 is not from three to 50,000), what may be no time of day (以上三点十分清楚), and the
articles of statutes: 第五百七十七条 stays, because statutes number themselves so and are quoted to the letter.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from transcription.edits import Edit, Edited, edited

_DIGIT = {letter: value for value, letter in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "幺": 1}
_UNIT = {"十": 10, "百": 100, "千": 1000}

_D = "[零〇一二三四五六七八九]"
_READ = "[零〇一二三四五六七八九幺]"
_N = "[零〇一二两三四五六七八九十百千万亿]"
_ALONE = rf"(?<![第几数多好零〇一二两三四五六七八九幺十百千万亿点])(?<!{_N}[到至])(?<!百分之)"
_COURTS = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼兵"
_CASES = (
    "民初|民终|民申|民再|民特|民辖|刑初|刑终|刑再|行初|行终|行申|执异|执复|执保|执恢|执|破申|破终|破|清申"
    "|财保|知民初|知民终|商初|商终"
)
_DAY_PARTS = "凌晨|清晨|早上|早晨|上午|中午|下午|傍晚|晚上|夜里"
_MEASURES = (
    "名|位|份|页|件|笔|张|套|次|户|家|台|辆|吨|米|公里|千米|平方米|亩|公斤|小时|分钟"
    "|个工作日|个月|个|天|日内|人次|人|票|周岁|岁"
)


def number(said: str) -> int | None:
    """The value of a number said with its units: 三万零五十 is 30050. None for what is not said exactly so."""
    if said in ("零", "〇"):
        return 0
    total, rest, next_size = 0, said, 0
    for letter, size in (("亿", 10**8), ("万", 10**4), ("", 1)):
        head, found, tail = rest.partition(letter) if letter else (rest, rest, "")
        if not found:
            continue
        value = _below_myriad(head.lstrip("零〇") if total else head)
        if not value:
            return None
        # 三万五 says 35,000 to some and 30,005 to others.
        if total and (value < 1000 or size != next_size) and head[0] not in "零〇":
            return None
        total, rest, next_size = total + value * size, tail, size // 10**4
    return total or None


def written(text: str) -> Edited:
    """`text` with its numbers as a court writes them. Pure, total, and idempotent."""
    edits: list[Edit] = []
    for rule, write in _RULES:
        for found in rule.finditer(text):
            if any(found.start() < edit.end and edit.start < found.end() for edit in edits):
                continue
            as_written = write(found)
            if as_written is not None:
                edits.append(Edit(found.start(), found.end(), as_written))
    edits.sort(key=lambda edit: edit.start)
    return edited(text, [edit for edit in edits if text[edit.start : edit.end] != edit.text])


def _below_myriad(said: str) -> int | None:
    """0 to 9999, with units falling and each gap said as 零: 一千零五, 十二; None for anything else."""
    if not said:
        return None
    total, last, at, gap = 0, 10_000, 0, False
    while at < len(said):
        if said[at] in "零〇":
            if gap or not at:
                return 0 if said in "零〇" else None
            gap, at = True, at + 1
            continue
        digit = _DIGIT.get(said[at])
        if digit is None and not (said[at] == "十" and (at == 0 or gap)):
            return None
        at += digit is not None
        unit = _UNIT.get(said[at], 0) if at < len(said) else 1
        if not unit or unit >= last or (last != 10_000 and (unit * 10 != last) != gap):
            return None
        total += (1 if digit is None else digit) * unit
        last, gap, at = unit, False, at + 1
    return None if gap else total


def _digits(said: str) -> str:
    return "".join(str(_DIGIT[letter]) for letter in said)


def _small(said: str, most: int, least: int = 1) -> str | None:
    value = number(said)
    return str(value) if value is not None and least <= value <= most else None


def _case(found: re.Match[str]) -> str | None:
    serial = found["serial"]
    value = number(serial)
    shown = _digits(serial) if all(letter in _DIGIT for letter in serial) else None if value is None else str(value)
    if shown is None:
        return None
    court = (found["court"] or "") + _digits(found["code"] or "")
    return f"（{_digits(found['year'])}）{court}{found['kind']}{found['old'] or ''}{shown}号"


def _date(found: re.Match[str]) -> str | None:
    year, month, day = found["year"], found["month"], found["day"]
    parts = [] if year is None else [_digits(year), "年"]
    for said, most, after in ((month, 12, "月"), (day, 31, found["dayword"])):
        if said is None:
            continue
        value = _small(said, most)
        if value is None:
            return None
        parts += [value, after]
    return "".join(parts)


def _time(found: re.Match[str]) -> str | None:
    hour = _small(found["hour"], 24, 0)
    minute = found["minute"]
    if hour is None or not (found["part"] or (minute and minute != "十") or found["rest"]):
        return None  # 有一点问题, 以上三点十分清楚
    if minute is None:
        return f"{found['part'] or ''}{hour}点{found['rest'] or ''}"
    shown = _small(minute.lstrip("零〇") or "零", 59, 0)
    return None if shown is None else f"{found['part'] or ''}{hour}点{int(shown):02d}分"


def _percent(found: re.Match[str]) -> str | None:
    whole = number(found["whole"])
    return None if whole is None else f"{whole}{_fraction(found['fraction'])}%"


def _money(found: re.Match[str]) -> str | None:
    said, scale = found["whole"], ""
    if found["fraction"]:
        scale = found["scale"] or ""
    elif found["scale"]:
        said += found["scale"]
    value = number(said)
    if value is None:
        return None
    return f"{value:,}{_fraction(found['fraction'])}{scale}{found['unit']}{_coins(found['coins'] or '')}"


def _coins(said: str) -> str:
    return "".join(str(_DIGIT.get(letter, letter)) for letter in said)


def _count(found: re.Match[str]) -> str | None:
    value = number(found["value"])
    return f"{value}{found['measure']}" if value is not None and value >= 10 else None


def _fraction(said: str | None) -> str:
    return f".{_digits(said)}" if said else ""


_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = (
    (re.compile(rf"第{_N}+(?:条|款|项|编|章|节)(?:之{_D})?"), lambda found: found[0]),
    (
        re.compile(
            rf"[（(]?(?P<year>{_D}{{4}})[）)]?(?:(?P<court>最高法|[{_COURTS}])(?P<code>{_READ}{{2,4}})?)?"
            rf"(?P<kind>{_CASES})(?P<old>字第)?(?P<serial>[{_N[1:-1]}幺]+)号"
        ),
        _case,
    ),
    (
        re.compile(
            rf"{_ALONE}(?P<year>{_D}{{4}})年(?:(?P<month>{_N}{{1,2}})月(?:(?P<day>{_N}{{1,3}})(?P<dayword>[日号]))?)?"
        ),
        _date,
    ),
    (
        re.compile(rf"{_ALONE}(?P<year>(?!))?(?P<month>{_N}{{1,2}})月(?P<day>{_N}{{1,3}})(?P<dayword>[日号])"),
        _date,
    ),
    (
        re.compile(
            rf"(?P<part>{_DAY_PARTS})?{_ALONE}(?P<hour>{_N}{{1,3}})点(?:(?P<minute>{_N}{{1,3}})分(?!之)|(?P<rest>半|钟|整(?![理改个体合齐顿])))?"
        ),
        _time,
    ),
    (
        re.compile(
            rf"百分之(?P<whole>{_N}+)(?:点(?P<fraction>{_D}+))?(?!{_N}|点|[到至](?!百分之){_N})",
        ),
        _percent,
    ),
    (
        re.compile(
            rf"{_ALONE}(?P<whole>{_N}+?)(?:点(?P<fraction>{_D}+))?(?P<scale>[万亿]{{1,2}})?(?P<unit>元(?![化论次素区桥村旦])|块钱)"
            rf"(?P<coins>(?:{_D}角)?(?:{_D}分(?!之))?)"
        ),
        _money,
    ),
    (re.compile(rf"{_ALONE}{_READ}{{5,}}(?![十百千万亿点])"), lambda found: _digits(found[0])),
    (re.compile(rf"{_ALONE}(?P<value>{_N}*[十百千万亿]{_N}*)(?P<measure>{_MEASURES})"), _count),
)
