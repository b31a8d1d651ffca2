"""The entries of one list of ``assets``: every file found, every option spelled out, every name decided."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from imgbuild.asset_names import FIELD, FILE_FIELDS, fields_of_file, fill_name, stem_of
from imgbuild.emit.c_names import c_identifier, check_c_names
from imgbuild.errors import BuildError, Diagnostics, Place
from imgbuild.flavours import kind_of, name_of
from imgbuild.flavours.options import settle_flavour
from imgbuild.font_plan import FontPlanner
from imgbuild.limits import ASSETS_MAX, NAME_BYTES_MAX
from imgbuild.manifest.roots import find_inputs
from imgbuild.model import AssetOptions, FontOptions, ImageOptions, Kind, PlannedAsset, StringsOptions
from imgbuild.nine_patch import settle_nine_patch
from imgbuild.options import Merged, file_options, image_options, merge_options
from imgbuild.palettes import PaletteReader, can_palette, needs_of
from imgbuild.sprites import Sheet, Sprite, cut_sheet, fields_of, sprites_of
from imgbuild.strings_plan import TextPlanner, is_text_entry
from imgbuild.variants import name_variant, names_of, variant_of

if TYPE_CHECKING:
    from imgbuild.manifest.asset_spec import AssetSpec, SpritesSpec
    from imgbuild.manifest.flash_spec import ContainerSpec
    from imgbuild.manifest.schema import Manifest
    from imgbuild.manifest.yamlpos import YamlPath

_KINDS = {"image": Kind.BITMAP, "font": Kind.FONT, "file": Kind.FILE}


@dataclass(slots=True)
class AssetPlanner:
    """Walks the entries of ``assets``, a list at ``path``; ``inputs`` gathers every file and folder seen.

    ``elsewhere``: names of strings that other partitions have, and the partition of each.
    """

    manifest: Manifest
    roots: tuple[Path, ...]
    found: Diagnostics
    path: YamlPath = ("assets",)
    entries: tuple[AssetSpec, ...] = ()
    elsewhere: Mapping[str, str] = field(default_factory=dict)

    inputs: set[Path] = field(default_factory=set)
    palettes: PaletteReader = field(init=False)
    fonts: FontPlanner = field(init=False)
    tables: dict[str, StringsOptions] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.palettes = PaletteReader(self.found, self._file)
        self.fonts = FontPlanner(
            self.manifest, self._files, self._file, self.found, self.tables, self.elsewhere
        )

    def plan_assets(self) -> list[PlannedAsset]:
        """All assets in the manifest's order, files of a pattern sorted."""
        planned: list[PlannedAsset] = []
        entries = list(enumerate(self.entries))
        # fonts may take the characters of strings that come later in the manifest
        texts = {number: self._plan_text(entry, number) for number, entry in entries if is_text_entry(entry)}
        for number, entry in entries:
            path: YamlPath = (*self.path, number)
            if number in texts:
                planned += texts[number]
                continue
            merged = merge_options(self.manifest, entry, path, self.found)
            files = self._files(entry.source, (*path, entry.kind))
            for file, name in zip(files, self._names(entry, path, files), strict=True):
                if sprites_of(entry) is not None and name:
                    planned += self._plan_sprites(entry, path, merged, file, name)
                    continue
                asset = self._plan_one(entry, path, merged, file, name)
                if asset is not None:
                    planned.append(asset)
        return planned

    def _plan_text(self, entry: AssetSpec, number: int) -> list[PlannedAsset]:
        """The asset of an entry ``strings`` or ``text``; none, with errors noted, where it is not usable."""
        path: YamlPath = (*self.path, number)
        merged = merge_options(self.manifest, entry, path, self.found)
        asset = TextPlanner(self.manifest, self._files, self.found).plan(entry, path, merged)
        named = asset and self._name(asset, (*path, "name" if entry.name else entry.kind))
        if named and isinstance(named.options, StringsOptions):
            self.tables[named.name] = named.options
        return [named] if named else []

    def _files(self, pattern: str, path: YamlPath) -> list[Path]:
        folder, place = self.manifest.folder, self.manifest.value_place(path)
        try:
            inputs = find_inputs(folder, self.roots, pattern, place)
        except BuildError as error:
            self.found.extend(error.diagnostics)
            return []
        self.inputs.update(inputs.files)
        self.inputs.update(inputs.folders)
        return list(inputs.files)

    def _file(self, pattern: str, place: Place) -> Path | None:
        """The one file that a path means, with its errors noted."""
        try:
            inputs = find_inputs(self.manifest.folder, self.roots, pattern, place)
        except BuildError as error:
            self.found.extend(error.diagnostics)
            return None
        self.inputs.update(inputs.files)
        self.inputs.update(inputs.folders)
        return inputs.files[0]

    # --- names

    def _names(self, entry: AssetSpec, path: YamlPath, files: Sequence[Path]) -> list[str]:
        sprites = sprites_of(entry)
        if entry.name is None:
            suffix = "" if sprites is None else "/{sprite}"
            return [self._default_name(entry, file) + suffix for file in files]
        place = self.manifest.value_place((*path, "name"))
        fields = FILE_FIELDS if sprites is None else FILE_FIELDS + fields_of(sprites)
        unknown = [field for field in FIELD.findall(entry.name) if field not in fields]
        if unknown:
            known = ", ".join(f"{{{field}}}" for field in fields)
            self.found.error("IB105", f"found {{{unknown[0]}}} in a name, expected one of {known}", place)
        elif len(files) > 1 and not FIELD.search(entry.name):
            message = f'{entry.source} matches {len(files)} files, and "{entry.name}" names only one'
            self.found.error("IB112", message, place, f'write for example "{entry.name}/{{stem}}"')
            return [entry.name] + [""] * (len(files) - 1)
        return [fill_name(entry.name, fields_of_file(file)) for file in files]

    def _default_name(self, entry: AssetSpec, file: Path) -> str:
        """The path without its suffix (a ``file`` keeps it), from the manifest's folder or the root."""
        for root in (self.manifest.folder, *self.roots):
            if file.is_relative_to(root.resolve()):
                relative = file.relative_to(root.resolve())
                break
        else:
            relative = Path(file.name)
        return (relative if entry.kind == "file" else relative.with_name(stem_of(relative))).as_posix()

    # --- one asset

    def _plan_one(
        self, entry: AssetSpec, path: YamlPath, merged: Merged, file: Path, name: str
    ) -> PlannedAsset | None:
        place = self.manifest.value_place((*path, entry.kind))
        if not name:
            return None
        label = f'"{name}"'
        options: AssetOptions | None
        if entry.kind == "image":
            merged = settle_nine_patch(merged, file, self.manifest.key_place, place, self.found)
            options = self._image_options(merged, label, place)
        elif entry.kind == "font":
            options = self.fonts.options(entry, path, merged, file, name)
        else:
            options = file_options(merged)
        if options is None:
            return None
        variant = variant_of(entry.variant, file if entry.kind == "image" else None)
        asset = PlannedAsset(name, 0, _KINDS[entry.kind], "", file, options, place, variant=variant)
        return self._name(asset, (*path, "name" if entry.name else entry.kind))

    def _image_options(self, merged: Merged, label: str, place: Place) -> ImageOptions | None:
        merged = settle_flavour(merged, label, self.manifest.key_place, self.found)
        options = image_options(merged, label, self.manifest.key_place, place, self.found)
        if options is None or not can_palette(merged.values):
            return options
        at = merged.explicit.get("palette", ("defaults", "image", "palette"))
        palette = merged.values.get("palette")
        return self.palettes.complete(options, palette, self.manifest.value_place(at), label.strip('"'))

    def _name(self, asset: PlannedAsset, path: YamlPath) -> PlannedAsset | None:
        """``asset`` with key, C name and what its flavour decides; ``path`` is where it is named."""
        name, base, kind = asset.name, "", asset.kind
        if isinstance(asset.options, ImageOptions):
            flavour = asset.options.flavour
            name, kind = name_of(flavour, name), kind_of(flavour, kind)
            kind = Kind.ANIMATION if asset.options.is_animated else kind
        elif isinstance(asset.options, FontOptions):
            name, kind = name_of(asset.options.flavour, name), kind_of(asset.options.flavour, kind)
        if asset.variant:
            name, base = name_variant(name, asset.variant), name
        if not self._check_asset_name(name, path):
            return None
        key, needs = zlib.crc32(name.encode()), (*asset.needs, *needs_of(asset.options))
        asset = replace(asset, name=name, base=base, kind=kind, key=key, c_name=c_identifier(name))
        return replace(asset, needs=needs)

    def _plan_sprites(
        self, entry: AssetSpec, path: YamlPath, merged: Merged, file: Path, template: str
    ) -> list[PlannedAsset]:
        """One asset per sprite of the sheet in ``file``; ``template`` has the file's fields filled."""
        spec, variant = sprites_of(entry), variant_of(entry.variant, file)
        place, label = self.manifest.value_place((*path, "image")), f'"{template}"'
        options = self._image_options(self._still(merged, label), label, place)
        if options is None or spec is None:
            return []
        sprites = self._cut(spec, (*path, "sprites"), options, file, place)
        if len(sprites) > 1 and not any(f"{{{name}}}" in template for name in fields_of(spec)):
            message = f'{file.name} is cut into {len(sprites)} sprites, and "{template}" names only one'
            at = self.manifest.value_place((*path, "name"))
            self.found.error("IB112", message, at, f'write for example "{template}/{{sprite}}"')
            return []
        planned = []
        for sprite in sprites:
            name, cut = fill_name(template, sprite.fields), replace(options, cut=sprite.rect)
            sprite_asset = PlannedAsset(name, 0, Kind.BITMAP, "", file, cut, sprite.place, variant=variant)
            asset = self._name(sprite_asset, (*path, "sprites"))
            if asset is not None:
                planned.append(asset)
        return planned

    def _still(self, merged: Merged, label: str) -> Merged:
        """``merged`` without ``animate``, which means nothing for sprites."""
        if "animate" in merged.explicit and merged.values["animate"]:
            message = f"'animate' has no effect on image {label}: sprites are cut from the first frame"
            at = self.manifest.key_place(merged.explicit["animate"])
            self.found.error("IB118", message, at, "take 'animate' out")
        return replace(merged, values={k: v for k, v in merged.values.items() if k != "animate"})

    def _cut(
        self, spec: SpritesSpec, path: YamlPath, options: ImageOptions, file: Path, place: Place
    ) -> list[Sprite]:
        from imgbuild.sources.sheet import decode_sheet  # the sheet's size is known once it is decoded

        try:
            decoded = decode_sheet(file, options, place, file.name)
        except BuildError as error:
            self.found.extend(error.diagnostics)
            return []
        height_px, width_px = decoded.frames[0].shape[:2]
        sheet = Sheet(file.name, width_px, height_px, path, self.manifest.value_place)
        return cut_sheet(spec, sheet, self.found)

    def _check_asset_name(self, name: str, path: YamlPath) -> bool:
        place = self.manifest.value_place(path)
        size = len(name.encode())
        if size > NAME_BYTES_MAX:
            message = f'the name "{name}" has {size} bytes, expected at most {NAME_BYTES_MAX}'
            self.found.error("IB119", message, place, "give a shorter 'name'")
            return False
        parts = name.split("/")
        if not name.isprintable() or any(part in {"", ".", ".."} for part in parts):
            message = f"the name {name!r} is not accepted: "
            message += "expected printable characters in parts joined by single '/'"
            self.found.error("IB119", message, place)
            return False
        return True


def check_count(
    assets: Sequence[PlannedAsset], container: ContainerSpec, place: Place, found: Diagnostics
) -> None:
    """Told before anything is decoded; littlefs with ``layout: files`` has no such limit."""
    is_pack = container.kind == "flat" or container.littlefs_layout == "pack"
    if is_pack and len(assets) > ASSETS_MAX:
        message = f"{len(assets)} assets; a pack holds at most {ASSETS_MAX}"
        found.error("IB408", message, place)


# --- names against each other --------------------------------------------------------------------


def check_names(assets: Sequence[PlannedAsset], prefix: str, found: Diagnostics) -> None:
    """Names, keys and C names of the assets of one container keep apart: IB113, IB114, IB115."""
    by_name: dict[str, PlannedAsset] = {}
    by_key: dict[int, PlannedAsset] = {}
    for asset in assets:
        first = by_name.setdefault(asset.name, asset)
        if first is not asset:
            message = f'"{asset.name}" names two assets: {first.source.name} (line {first.place.line}) and '
            found.error(
                "IB113", f"{message}{asset.source.name}", asset.place, "give one of them another 'name'"
            )
            continue
        same = by_key.setdefault(asset.key, asset)
        if same is not asset:
            other = f'"{same.name}" (line {same.place.line})'
            message = f'"{asset.name}" and {other} have the same key 0x{asset.key:08X}'
            found.error("IB114", message, asset.place, "rename one of them: a key is the CRC-32 of the name")
    named = {name: asset for name, asset in by_name.items() if not asset.variant}
    for collision in _c_collisions(named, prefix, names_of(assets)):
        found.error("IB115", *collision)


def _c_collisions(
    by_name: dict[str, PlannedAsset], prefix: str, variants: Sequence[str]
) -> Iterator[tuple[str, Place, str]]:
    kinds = {name: asset.kind for name, asset in sorted(by_name.items())}
    for collision in check_c_names(kinds, prefix, variants):
        place = max((by_name[name].place for name in collision.names), key=lambda p: p.line)
        yield collision.message, place, "rename one of them"
