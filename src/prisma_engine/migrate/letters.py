"""Letters of other scripts in Latin ones, as the Prisma CLI writes them in names."""

# ruff: noqa: RUF001  -- letters that look like others are what this is about
from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

__all__ = ["in_latin"]

_LATIN: Final = "ß ss ä ae ö oe ü ue æ ae ø o đ d ð d þ th ł l ħ h ı i"
_CYRILLIC: Final = (
    "ъе ye ый iy а a б b в v г g д d е e ё yo ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts"
    " ч ch ш sh щ sch ы y э e ю yu я ya ќ kj љ lj њ nj є ye і i ї yi ґ g"
)
_GREEK: Final = (
    "α a β v γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ ks ο o π p ρ r σ s τ t υ y φ f χ x ψ ps ω o ς s ά a έ e ί i"
    " ό o ύ y ή i ώ o ϊ i ΰ y ϋ y ΐ i"
)
_ARMENIAN: Final = (
    "ա a բ b գ g դ d ե ye զ z է e ը y թ t ժ zh ի i լ l խ kh ծ ts կ k հ h ձ dz ղ gh ճ tch մ m յ y ն n շ sh ո vo չ ch"
    " պ p ջ j ռ r ս s վ v տ t ր r ց c փ p ք q օ o ֆ f և yev"
)
_GEORGIAN: Final = (
    "ა a ბ b გ g დ d ე e ვ v ზ z თ t ი i კ k ლ l მ m ნ n ო o პ p ჟ zh რ r ს s ტ t უ u ფ ph ქ q ღ gh ყ k შ sh ჩ ch ც ts"
    " ძ dz წ ts ჭ tch ხ kh ჯ j ჰ h"
)
_ARABIC: Final = (
    "ء e آ a أ a ؤ w إ i ئ y ا a ب b ة t ت t ث th ج j ح h خ kh د d ذ dh ر r ز z س s ش sh ص s ض d ط t ظ z ع e غ gh ف f"
    " ق q ك k ل l م m ن n ه h و w ى a ي y چ ch ک k گ g پ p ژ zh ی y ٹ t ڈ d ڑ r ں n ہ h ھ h ے e"
    " ٠ 0 ١ 1 ٢ 2 ٣ 3 ٤ 4 ٥ 5 ٦ 6 ٧ 7 ٨ 8 ٩ 9 ۰ 0 ۱ 1 ۲ 2 ۳ 3 ۴ 4 ۵ 5 ۶ 6 ۷ 7 ۸ 8 ۹ 9"
)
_OWN_CAPITALS: Final = "Æ AE Þ TH Β B Θ TH Ξ KS Ψ PS ЪЕ YE ЫЙ IY Ъе Ye Ый Iy"
"""Those that are more than the small letter with a capital."""

_DIACRITICS: Final = "^`¨¯´·¸"  # those that stand alone; Unicode counts them too


def in_latin(text: str) -> str:
    """The text with Latin letters, digits and without accents, as far as that is known."""
    composed = unicodedata.normalize("NFC", text)
    replaced = _known().sub(lambda found: _table()[found[0]], composed)
    taken_apart = unicodedata.normalize("NFKD", replaced)
    bare = "".join(letter for letter in taken_apart if not _is_diacritic(letter))
    return unicodedata.normalize("NFC", bare)


def _is_diacritic(letter: str) -> bool:
    return letter in _DIACRITICS or unicodedata.combining(letter) != 0


def _pairs(table: str) -> dict[str, str]:
    words = table.split()
    return dict(zip(words[::2], words[1::2], strict=True))


@cache
def _table() -> dict[str, str]:
    small = _pairs(" ".join([_LATIN, _CYRILLIC, _GREEK, _ARMENIAN, _GEORGIAN, _ARABIC]))
    capitals = {key.upper(): value.capitalize() for key, value in small.items() if len(key.upper()) == len(key)}
    return {**capitals, **small, **_pairs(_OWN_CAPITALS), "ẞ": "Ss", "Ь": "", "ь": "", "Ъ": "", "ъ": ""}


@cache
def _known() -> re.Pattern[str]:
    return re.compile("|".join(sorted(map(re.escape, _table()), key=len, reverse=True)))
