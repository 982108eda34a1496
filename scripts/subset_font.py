"""Make the font that the composite's text is drawn with from Debian's `fonts-noto-cjk` (developers only).

Characters: ASCII, Latin-1, punctuation, GB 2312 (levels 1 and 2), Big5 level 1 (traditional forms in names) and a
list of characters that names use and neither set has. Usage: `python scripts/subset_font.py [SOURCE.ttc]`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

SOURCE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
SIMPLIFIED_CHINESE_FACE = 2
TARGET = Path(__file__).parent.parent / "records" / "assets" / "fonts" / "YuntingSans-Regular.otf"
FAMILY = "Yunting Sans"

NAME_CHARACTERS = (
    "喆堃玥珺祎昇晟赟镕彧昱翀淏煊晞玮琰瑀璟珩珈琬琇瑄璇璐婕嫣妤姝婳玹翊翎羿骁骞骐晗昀旻昉昕曦暐煜烨焜燚垚淼鑫森犇骉晶磊焱沄沅沣洺浠涵湉滢漪澍濛"
    "瀚灏芃芮苡茜茗荀荇莼菡萱葳蒨蓁蕙薇蘅邡郇郜鄢郗佟亓仝仉乜冼闫闵阚隗璩逄逯缪麴谌厍晁褚殳祐祺禛禔穟竑笪筠粲昃杲枟柊栩桢梓梣棫榕樾橦檠"
    "堉塱墉壵夆孖孞岚岄峣峤嵘嵩巃巘帧幸廑弢彣彤徕恺惇愔愫慜懋扆抃抟挹撝攸敉旸昙晔晙暄暠曈朓桉桤浥浬淯渼溦潆潞澂濬炅炘烝焯煚熙爔牁猷玘玙玚玠"
    "玢珂珅珏珖珣珧琎琤琥瑆瑭瑾璆璘璠璨瓘畯皓皞砺硚碶祾禩稷窈竣笙筱箬篁纮绂绡绮缃缊缦羲翙聿胤芊芾苒茏荃荟菀菁菲葆蓓蔚薷藜蘧虢蛰衎衍訚詝"
)


def characters() -> str:
    """Every character the font must have, sorted."""
    wanted = {chr(code) for block in ((0x20, 0x7E), (0xA0, 0xFF), (0x2010, 0x2027)) for code in range(*block)}
    wanted |= {chr(code) for block in ((0x3000, 0x301F), (0xFF01, 0xFF5E)) for code in range(block[0], block[1] + 1)}
    wanted |= _table("gb2312", range(0xA1, 0xF8), range(0xA1, 0xFF))
    wanted |= _table("big5", range(0xA4, 0xC7), [*range(0x40, 0x7F), *range(0xA1, 0xFF)])
    return "".join(sorted(wanted | set(NAME_CHARACTERS) | {"~", "～", "−", "〓"}))


def _table(encoding: str, leads: range, trails: range | list[int]) -> set[str]:
    pairs = (bytes([lead, trail]).decode(encoding, "ignore") for lead in leads for trail in trails)
    return {text for text in pairs if len(text) == 1}


def main() -> None:
    """Write the subset to `records/assets/fonts/`."""
    source = Path(sys.argv[1]) if len(sys.argv) > 1 else SOURCE
    font = TTFont(source, fontNumber=SIMPLIFIED_CHINESE_FACE, lazy=True)
    options = subset.Options(layout_features=[], name_IDs=[0, 13, 14], notdef_outline=True)
    options.drop_tables += ["GSUB", "GPOS", "vhea", "vmtx", "BASE", "VORG", "DSIG"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=characters())
    subsetter.subset(font)
    for name_id, text in ((1, FAMILY), (2, "Regular"), (4, f"{FAMILY} Regular"), (6, "YuntingSans-Regular")):
        font["name"].setName(text, name_id, 3, 1, 0x409)
    font["CFF "].cff.fontNames = ["YuntingSans-Regular"]
    font["head"].modified = font["head"].created
    font.recalcTimestamp = False
    font.save(TARGET)
    sys.stdout.write(f"{TARGET.name}: {TARGET.stat().st_size} bytes, {len(font.getBestCmap())} characters\n")


if __name__ == "__main__":
    main()
