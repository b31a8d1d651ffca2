"""Planning of fonts: every option spelled out, further sources found, fallback fonts settled."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imgbuild.errors import BuildError, Diagnostics, Place
from imgbuild.flavours.font_options import refusing, settle_font_flavour
from imgbuild.limits import FALLBACK_FONTS_MAX
from imgbuild.model import FontOptions, FontSize, FontSource, FontWeight, Kind, PlannedAsset, StringsOptions
from imgbuild.partitions import tell_elsewhere
from imgbuild.strings_plan import characters_of, texts_of_file

if TYPE_CHECKING:
    from imgbuild.manifest.asset_spec import AssetSpec, MergeSpec
    from imgbuild.manifest.font_values import FontSizeValue
    from imgbuild.manifest.schema import Manifest
    from imgbuild.manifest.yamlpos import YamlPath
    from imgbuild.options import Merged

_DPI_DEFAULT = 96
_POINTS_PER_INCH = 72
_BITMAP_SUFFIXES = (".bdf", ".pcf")
_OUTLINE_KEYS = ("hinting", "face", "axes", "strike", "weight", "kerning")
"""Keys that mean nothing for a font of bitmaps."""
_MEASURE = {"px": "em", "pt": "em", "cap_height": "cap_height", "line_height": "line_height"}


@dataclass(slots=True)
class FontPlanner:
    """Plans font entries. ``find``: the files of a pattern, ``find_one``: of a path; both note errors.

    ``tables``: the strings of the manifest by name, whose characters a font may take; ``elsewhere``: names of
    strings that other partitions have, and the partition of each.
    """

    manifest: Manifest
    find: Callable[[str, YamlPath], list[Path]]
    find_one: Callable[[str, Place], Path | None]
    found: Diagnostics
    tables: Mapping[str, StringsOptions]
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    fallback_places: dict[str, Place] = field(default_factory=dict)
    askers: dict[str, dict[str, set[int]]] = field(default_factory=dict)

    def options(
        self, entry: AssetSpec, path: YamlPath, merged: Merged, file: Path, name: str
    ) -> FontOptions | None:
        """Every option of a font; None, with errors noted, where one is missing or wrong."""
        values, place = merged.values, self.manifest.value_place((*path, entry.kind))
        is_bitmap = file.suffix.lower() in _BITMAP_SUFFIXES
        size = _size_of(values) or _own_size(file)
        if size is None:
            self._tell_no_size(merged, name, place)
            return None
        bpp = values.get("bpp", 1 if is_bitmap else 4)
        self._refuse_useless(merged, name, bpp, is_bitmap=is_bitmap)
        refuse = refusing(name, merged.explicit, self.manifest.key_place, self.found)
        flavour, codec = settle_font_flavour(values, merged.explicit, bpp, refuse)
        characters = self._characters(merged, (*path, entry.kind), file, name)
        if characters is None:
            return None
        options = FontOptions(
            size_px=_size_px(size),
            bpp=bpp,
            characters=characters,
            hinting=values.get("hinting", "mono" if bpp == 1 else "light"),
            codec=codec,
            flavour=flavour,
            align_bytes=values.get("align", 4),
            size=None if _is_whole_em(size) else size,
            face=values.get("face", 0),
            axes=values.get("axes", ()),
            is_strike=values.get("strike", False),
            kerning=values.get("kerning", True) and not is_bitmap,
            gamma=values.get("gamma", 1.0) if bpp > 1 else 1.0,
            weight=_weight_of(values),
            fallback=values.get("fallback") or "",
        )
        if options.fallback:
            self.fallback_places[name] = self.manifest.value_place((*path, "fallback"))
        complete = self._with_sources(options, values, path, name)
        asked = self.askers.get(name, {})
        askers = tuple((label, tuple(sorted(points))) for label, points in asked.items() if points)
        return complete and replace(complete, askers=askers)

    def _tell_no_size(self, merged: Merged, name: str, place: Place) -> None:
        if merged.is_complete:  # otherwise the preset that is not there may have had it
            self.found.error("IB106", f"font \"{name}\" has no 'size' (px)", place, "for example size: 18")

    def _refuse_useless(self, merged: Merged, name: str, bpp: int, *, is_bitmap: bool) -> None:
        reasons = dict.fromkeys(_OUTLINE_KEYS, "it is made of bitmaps") if is_bitmap else {}
        if bpp == 1:
            reasons["gamma"] = "a pixel of 1 bit has no coverage"
        if merged.values.get("size", ("px",))[0] != "pt":
            reasons["dpi"] = "its 'size' is not in points"
        for key, reason in reasons.items():
            if key in merged.explicit:
                message = f"'{key}' has no effect on font \"{name}\": {reason}"
                at = self.manifest.key_place(merged.explicit[key])
                self.found.error("IB118", message, at, f"take '{key}' out")

    # --- further sources

    def _with_sources(
        self, options: FontOptions, values: Mapping[str, Any], path: YamlPath, name: str
    ) -> FontOptions | None:
        merge: tuple[MergeSpec, ...] = values.get("merge") or ()
        places = [(*path, "merge", number) for number in range(len(merge))]
        sources = [self._source(spec, at, options, name) for spec, at in zip(merge, places, strict=True)]
        known = tuple(source for source in sources if source is not None)
        return replace(options, merge=known) if len(known) == len(sources) else None

    def _source(self, spec: MergeSpec, path: YamlPath, options: FontOptions, name: str) -> FontSource | None:
        values = spec.given()
        place = self.manifest.value_place((*path, "font"))
        file = self.find_one(spec.font, place)
        if file is None:
            return None
        characters = None
        if spec.characters is not None:
            at = (*path, "characters")
            characters = self._collect(spec.characters, at, _Font(file, spec.face or 0, place), name)
            if characters is None:
                return None
        points = self._map(spec, path, characters, name)
        if points is None:
            return None
        back = {source: point for point, source in points}
        if characters is not None:
            characters = tuple(sorted({back.get(point, point) for point in characters}))
        elif points:
            characters = tuple(point for point, _ in points)
        return FontSource(
            source=file,
            place=place,
            characters=characters,
            map=points,
            size=_size_of(values) or _own_size(file),
            hinting=values.get("hinting", options.hinting),
            face=values.get("face", 0),
            axes=values.get("axes", ()),
            is_strike=values.get("strike", False),
            weight=_weight_of(values),
            shift_px=values.get("shift", 0),
        )

    def _map(
        self, spec: MergeSpec, path: YamlPath, characters: tuple[int, ...] | None, name: str
    ) -> tuple[tuple[int, int], ...] | None:
        """(code point of the asset, code point of the source), sorted; only what is asked for."""
        wanted = None if characters is None else set(characters)
        pairs: dict[int, int] = {}
        for first, last, target in spec.map or ():
            span = [point for point in range(first, last + 1) if wanted is None or point in wanted]
            place = self.manifest.value_place((*path, "map"))
            if not span and first == last:
                message = f'font "{name}": map: U+{first:04X} is not among the characters of {spec.font}'
                self.found.error("IB315", message, place, "name it under 'characters', too", name)
                return None
            for point in span:
                to = target + point - first
                if pairs.setdefault(to, point) != point:
                    message = f'font "{name}": map: U+{pairs[to]:04X} and U+{point:04X} of {spec.font} both'
                    self.found.error("IB315", f"{message} become U+{to:04X}", place, None, name)
                    return None
        return tuple(sorted(pairs.items()))

    # --- characters

    def _characters(
        self, merged: Merged, source_path: YamlPath, file: Path, name: str
    ) -> tuple[int, ...] | None:
        from imgbuild.glyphs.charset import collect_characters

        wanted = merged.values.get("characters")
        if wanted is None:
            return collect_characters(["ascii"], "", [])
        at = merged.explicit.get("characters", source_path)
        place = self.manifest.value_place(source_path)
        return self._collect(wanted, at, _Font(file, merged.values.get("face", 0), place), name)

    def _collect(self, wanted: Any, at: YamlPath, font: _Font, name: str) -> tuple[int, ...] | None:
        """The code points that ``characters``, which stands at ``at``, asks of a font file."""
        from imgbuild.glyphs.charset import collect_characters

        place_of = self.manifest.value_place
        files: list[Path] = []
        file_places: list[Place] = []
        for number, pattern in enumerate(wanted.files):
            more = self.find(pattern, (*at, "files", number))
            files += more
            file_places += [place_of((*at, "files", number))] * len(more)
        texts, plain = self._texts(wanted, at, files)
        file_places = [place for file, place in zip(files, file_places, strict=True) if file in plain]
        self._note_askers(name, wanted, texts, plain)
        try:
            return collect_characters(
                wanted.ranges,
                wanted.text + "".join(texts.values()),
                plain,
                place=place_of(at),
                asset=name,
                range_places=[place_of((*at, "ranges", number)) for number in range(len(wanted.ranges))],
                file_places=file_places,
                available=lambda: _codepoints_of(font, name),
            )
        except BuildError as error:
            self.found.extend(error.diagnostics)
            return None

    def _texts(self, wanted: Any, at: YamlPath, files: list[Path]) -> tuple[dict[str, str], list[Path]]:
        """Texts by where they come from (strings of the manifest, files of strings), and the other files."""
        texts = {file.name: found for file in files if (found := texts_of_file(file)) is not None}
        for number, name in enumerate(wanted.strings):
            table = self.tables.get(name)
            if table is None:
                known = ", ".join(f'"{one}"' for one in self.tables) or "none"
                place = self.manifest.value_place((*at, "strings", number))
                if name in self.elsewhere:
                    tell_elsewhere(f'the strings "{name}"', self.elsewhere[name], place, self.found)
                    continue
                self.found.error(
                    "IB337", f'there are no strings "{name}"; strings of the manifest: {known}', place
                )
                continue
            texts |= {f'"{name}" {language}': text for language, text in characters_of(table).items()}
        return texts, [file for file in files if file.name not in texts]

    def _note_askers(self, name: str, wanted: Any, texts: Mapping[str, str], plain: Sequence[Path]) -> None:
        """Remember who asks for which characters, for the report."""
        from imgbuild.glyphs.charset import drawable_characters

        asked = self.askers.setdefault(name, {})
        named = {"text": wanted.text, **texts}
        for label, text in named.items():
            asked.setdefault(label, set()).update(drawable_characters(text))
        for file in plain:
            if file.is_file():
                text = file.read_bytes().decode("utf-8", "ignore")
                asked.setdefault(file.name, set()).update(drawable_characters(text))


@dataclass(frozen=True, slots=True)
class _Font:
    """Where the characters of ``ranges: [all]`` are looked up."""

    file: Path
    face: int | str
    place: Place


def _codepoints_of(font: _Font, name: str) -> tuple[int, ...]:
    from imgbuild.sources.font import font_codepoints  # loads FreeType, which few manifests need here

    return font_codepoints(font.file, font.place, name, font.face)


# --- sizes ---------------------------------------------------------------------------------------


def _size_of(values: Mapping[str, Any]) -> FontSize | None:
    asked: FontSizeValue | None = values.get("size")
    if asked is None:
        return None
    unit, amount = asked
    scale = Fraction(values.get("dpi", _DPI_DEFAULT), _POINTS_PER_INCH) if unit == "pt" else Fraction(1)
    return FontSize(_MEASURE[unit], _round(amount * scale * 64))


def _own_size(file: Path) -> FontSize | None:
    from imgbuild.sources.bdf import bdf_size

    own = bdf_size(file) if file.suffix.lower() == ".bdf" else None
    return None if own is None else FontSize("em", own * 64)


def _round(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


def _size_px(size: FontSize) -> int:
    """The em in whole px; 0 where the font must tell it."""
    return (size.px_64 + 32) // 64 if size.measure == "em" else 0


def _is_whole_em(size: FontSize) -> bool:
    return size.measure == "em" and size.px_64 % 64 == 0


def _weight_of(values: Mapping[str, Any]) -> FontWeight | None:
    weight: FontWeight | None = values.get("weight")
    return weight if weight is not None and weight.amount else None


# --- fallback fonts ------------------------------------------------------------------------------


def settle_fallbacks(
    assets: Sequence[PlannedAsset], places: Mapping[str, Place], found: Diagnostics
) -> list[PlannedAsset]:
    """The assets with the key of each font's fallback.

    Notes IB316: no such asset, no font, fonts that lead back to themselves, or too many in a row.
    """
    by_name = {asset.name: asset for asset in assets if not asset.variant}
    settled: list[PlannedAsset] = []
    circles: set[frozenset[str]] = set()
    for asset in assets:
        options = asset.options
        if not isinstance(options, FontOptions) or not options.fallback:
            settled.append(asset)
            continue
        place = places.get(asset.base or asset.name, asset.place)
        problem = _fallback_problem(options, by_name) or _chain_problem(asset, by_name)
        if problem:
            circle = frozenset(one.name for one in chain_of(asset, by_name))
            if circle in circles:
                continue  # told at the first of its fonts
            circles.add(circle)
            found.error("IB316", f'font "{asset.name}": {problem[0]}', place, problem[1], asset.name)
            continue
        key = by_name[options.fallback].key
        settled.append(replace(asset, options=replace(options, fallback_key=key)))
    return settled


def _fallback_problem(
    options: FontOptions, by_name: Mapping[str, PlannedAsset]
) -> tuple[str, str | None] | None:
    target = by_name.get(options.fallback)
    if target is not None and target.kind == Kind.FONT:
        return None
    fonts = ", ".join(f'"{name}"' for name, one in by_name.items() if one.kind == Kind.FONT)
    what = "there is no such asset" if target is None else "that is no font"
    return f'its fallback is "{options.fallback}": {what}', f"fonts of this manifest: {fonts}"


def _chain_problem(asset: PlannedAsset, by_name: Mapping[str, PlannedAsset]) -> tuple[str, str | None] | None:
    chain = chain_of(asset, by_name)
    names = " -> ".join(f'"{one.name}"' for one in chain)
    last = chain[-1].options
    if isinstance(last, FontOptions) and last.fallback in {one.name for one in chain}:
        return f'its fallbacks lead back: {names} -> "{last.fallback}"', "take one 'fallback' out"
    if len(chain) > FALLBACK_FONTS_MAX:
        message = f"{len(chain)} fonts follow each other as fallbacks, at most {FALLBACK_FONTS_MAX} are asked"
        return message, "merge some of them"
    return None


def chain_of(asset: PlannedAsset, by_name: Mapping[str, PlannedAsset]) -> list[PlannedAsset]:
    """The font and its fallbacks, in the order in which they are asked; each once."""
    chain = [asset]
    while True:
        options = chain[-1].options
        following = by_name.get(options.fallback) if isinstance(options, FontOptions) else None
        if following is None or any(following is one for one in chain):
            return chain
        chain.append(following)
