"""Names of languages (BCP 47) and of scripts (ISO 15924): whether they exist, and what was meant instead."""

from __future__ import annotations

import difflib
import re

NO_SCRIPT = frozenset({"Zinh", "Zyyy", "Zzzz"})
"""Of Unicode's values those that name no script: inherited, common, unknown."""
SCRIPT_VARIANTS = {
    "Aran": "Arab", "Cyrs": "Cyrl", "Geok": "Geor", "Hans": "Hani", "Hant": "Hani", "Jamo": "Hang",
    "Latf": "Latn", "Latg": "Latn", "Syre": "Syrc", "Syrj": "Syrc", "Syrn": "Syrc",
}  # fmt: skip
"""ISO 15924's names of a style or part of a script, and the script as Unicode and OpenType have it."""
_COUNTRY = re.compile(r"(?!aa|q[m-z]|x[a-jl-z]|zz)[a-z]{2}(?![A-Za-z0-9])", re.IGNORECASE)
"""Two letters that ISO 3166 does not leave to private use, at the start of a tag."""
_LANGUAGES = "use a tag of BCP 47, such as en, pt-BR or zh-Hant"
_SCRIPTS = "use four letters of ISO 15924, such as Arab, Deva or Latn"


# --- languages -------------------------------------------------------------------------------------


def language_problem(tag: str) -> tuple[str, str] | None:
    """What is wrong with a tag, and a hint; None where each of its subtags is registered by IANA.

    ``pt_BR`` counts as ``pt-BR``; case does not matter.
    """
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    hint = _usual_tag(tag) or _LANGUAGES
    try:
        language = langcodes.Language.get(tag, normalize=False)
    except LanguageTagError:
        return "is no language tag", hint
    if language.is_valid():
        return None
    if not langcodes.Language.make(language=language.language).is_valid():
        return "is not a language that BCP 47 knows", hint
    return "has a part that is not registered", hint


def _usual_tag(tag: str) -> str | None:
    """A hint at the usual tag: of another code of the language (``deu``), or of a country's (``jp``)."""
    import langcodes
    from langcodes.tag_parser import LanguageTagError

    try:
        meant = langcodes.standardize_tag(tag)
        country = _COUNTRY.match(tag)
        if not langcodes.tag_is_valid(meant) and country:
            meant = str(langcodes.Language.make(territory=country[0].upper()).maximize().language)
    except LanguageTagError:
        return None
    return f'did you mean "{meant}"?' if langcodes.tag_is_valid(meant) else None


# --- scripts ---------------------------------------------------------------------------------------


def script_problem(script: str) -> tuple[str, str] | None:
    """What is wrong with the name of a script, and a hint; None where texts can be shaped as it."""
    names = _script_names()
    if script in names or script in SCRIPT_VARIANTS:
        return None
    written = {code.lower(): code for code in (*names, *SCRIPT_VARIANTS)}
    written |= {name.lower(): code for code, name in names.items()}
    close = difflib.get_close_matches(script.lower().replace(" ", "_"), written, n=1, cutoff=0.7)
    hint = f'did you mean "{written[close[0]]}"?' if close and script not in NO_SCRIPT else _SCRIPTS
    return "is not a script that ISO 15924 and Unicode know", hint


def _script_names() -> dict[str, str]:
    """Codes to Unicode's names, such as ``Arab``: ``Arabic``."""
    from fontTools.unicodedata import Scripts

    return {code: name for code, name in Scripts.NAMES.items() if code not in NO_SCRIPT}
