"""Words and sentences that show a font: those whose characters it has stand on its specimen."""
# ruff: noqa: RUF001 - every language in its own letters

from __future__ import annotations

import unicodedata
from collections.abc import Collection

PANGRAMS: tuple[tuple[str, str], ...] = (
    ("plain", "The quick brown fox jumps over the lazy dog 0123456789"),
    ("accents", "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich"),
    ("accents", "Voix ambiguë d'un cœur qui, au zéphyr, préfère les jattes de kiwis"),
    ("accents", "El pingüino Wenceslao hizo kilómetros bajo exhaustiva lluvia y frío, añoraba"),
    ("more accents", "Pchnąć w tę łódź jeża lub ośm skrzyń fig"),
    ("more accents", "Příliš žluťoučký kůň úpěl ďábelské ódy"),
    ("more accents", "Pijamalı hasta yağız şoföre çabucak güvendi"),
    ("greek", "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία"),
    ("cyrillic", "Съешь ещё этих мягких французских булок, да выпей чаю"),
    ("cyrillic", "Жебракують філософи при ґанку церкви в Гадячі, ще й шатро їхнє п'яне знаємо"),
    ("kana", "いろはにほへと ちりぬるを わかよたれそ つねならむ"),
    ("han", "天地玄黄 宇宙洪荒 日月盈昃 辰宿列张"),
    ("hangul", "키스의 고유조건은 입술끼리 만나야 하고 특별한 기술은 필요치 않다"),
)
"""Letters and a sentence, written from left to right without shaping; of each kind the first is used."""
_SAMPLES = ("Hxgp", "Agp", "Нкдр", "Ηλγρ", "国永", "あめ", "한글", "0123", "012")

_FALLBACK_CHARACTERS = 48


def sentences_of(codepoints: Collection[int]) -> list[str]:
    """Sentences of whose characters none is missing in ``codepoints``, one of each kind.

    Without any: of the first one what is there if that is most of it, else the first characters.
    """
    there = set(codepoints)
    chosen: dict[str, str] = {}
    for kind, text in PANGRAMS:
        if {ord(letter) for letter in text} <= there:
            chosen.setdefault(kind, text)
    if chosen:
        return list(chosen.values())
    letters = PANGRAMS[0][1]
    kept = "".join(letter for letter in letters if ord(letter) in there)
    if 2 * len(kept.replace(" ", "")) > len(letters):
        return [kept]
    return ["".join(_letters_first(there)[:_FALLBACK_CHARACTERS])]


def sample_of(codepoints: Collection[int]) -> str:
    """A short word with high and low letters, of ``codepoints`` only."""
    for text in _SAMPLES:
        if all(ord(letter) in codepoints for letter in text):
            return text
    return "".join(_letters_first(codepoints)[:3])


def _letters_first(codepoints: Collection[int]) -> list[str]:
    """What can be seen, letters in front: a mark alone, or a pile of them, cannot be read."""
    visible = [chr(point) for point in sorted(codepoints) if not chr(point).isspace()]
    return sorted(visible, key=lambda letter: unicodedata.category(letter)[0] != "L")
