"""Keys of assets, presets and defaults: pictures, fonts, texts, files (``schema.py`` has the whole)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from imgbuild.manifest.font_values import Axes, CodepointMap, Dpi, Face, FontSizeKey, ShiftPx, Weight
from imgbuild.manifest.values import (
    AlphaThreshold,
    BitsPerPixel,
    Colour,
    Gamma,
    InsetPx,
    Palette,
    PaletteSize,
    PlacePx,
    PowerOfTwo,
    Rect,
    Rotation,
    SidePx,
    StripBytes,
    Text,
    TextList,
    VariantName,
    parse_invert,
    parse_resize,
    parse_sprites,
)

PixelFormat = Literal[
    "gray1", "gray2", "gray4", "gray8", "a1", "a2", "a4", "a8", "i1", "i2", "i4", "i8",
    "al88", "rgb332", "rgb444", "rgb565", "rgb565a8", "rgb666", "rgb888", "bgr888", "xrgb8888",
    "argb1555", "argb2222", "argb4444", "argb8565", "argb8888", "mono_page",
    "epd_bwr", "epd_bwy", "epd_gray4", "epd_bwry", "epd_6color", "epd_7color",
]  # fmt: skip
ByteOrder = Literal["little", "big"]
BitOrder = Literal["msb", "lsb"]
Invert = Annotated[bool | Literal["colour", "black"], BeforeValidator(parse_invert)]
AnyFormat = Literal[PixelFormat, "auto"]
Fit = Literal["contain", "cover", "stretch", "none"]
Filter = Literal["lanczos", "box", "nearest"]
Mirror = Literal["x", "y", "xy"]
Icc = Literal["convert", "ignore"]
Hinting = Literal["none", "light", "normal", "mono", "auto"]
ImageCodec = Literal["raw", "rle", "lz4", "range", "auto"]
Prefer = Literal["size", "balanced", "speed"]
FontCodec = Literal["raw", "range", "rle", "auto"]
FontFlavour = Literal["imgb", "lvgl9"]
Dither = Literal["none", "bayer2", "bayer4", "bayer8", "floyd-steinberg", "atkinson", "sierra-lite"]
Flavour = Literal["imgb", "lvgl9", "jpeg", "png", "qoi"]
Direction = Literal["auto", "ltr", "rtl"]


# --- building blocks -----------------------------------------------------------------------------


class Spec(BaseModel):
    """Base of every part of the manifest."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)

    def given(self) -> dict[str, Any]:
        """The keys that a person wrote, with their values; in the order of the model."""
        fields = type(self).model_fields
        return {name: getattr(self, name) for name in fields if name in self.model_fields_set}


class ResizeSpec(Spec):
    """Target box of a picture, in pixels."""

    width: SidePx | None = None
    height: SidePx | None = None
    fit: Fit = "contain"
    filter: Filter = "lanczos"
    linear: bool = False


class CropSpec(Spec):
    """The part of a picture that is used, in pixels of the upright source."""

    x: PlacePx = 0
    y: PlacePx = 0
    width: SidePx
    height: SidePx


class SpritesSpec(Spec):
    """How a sheet is cut into assets: a grid by count, a grid by size in px, or named rectangles."""

    columns: SidePx | None = None
    rows: SidePx | None = None
    width: SidePx | None = None
    height: SidePx | None = None
    rects: Annotated[dict[Text, Rect], Field(min_length=1)] | None = None


class NinePatchSpec(Spec):
    """What a 9-patch keeps when it is stretched: px from each edge. The rest of it is stretched."""

    left: InsetPx = 0
    top: InsetPx = 0
    right: InsetPx = 0
    bottom: InsetPx = 0


class CharactersSpec(Spec):
    """Which characters a font gets: the union of named or numbered ranges, a text, and texts of files."""

    ranges: TextList = ()
    text: str = ""
    files: TextList = ()
    strings: TextList = ()


class _Aligned(Spec):
    align: PowerOfTwo | None = None


class _ImageKeys(_Aligned):
    pixel_format: AnyFormat | None = None
    byte_order: ByteOrder | None = None
    bit_order: BitOrder | None = None
    invert: Invert | None = None
    premultiplied: bool | None = None
    strip_bytes: StripBytes | None = None
    row_align: PowerOfTwo | None = None
    icc: Icc | None = None
    crop: CropSpec | None = None
    rotate: Rotation | None = None
    mirror: Mirror | None = None
    gamma: Gamma | None = None
    tint: Colour | None = None
    alpha_threshold: AlphaThreshold | None = None
    trim: bool | None = None
    lossless: bool | None = None
    animate: bool | None = None
    resize: Annotated[ResizeSpec, BeforeValidator(parse_resize)] | None = None
    background: Colour | None = None
    dither: Dither | None = None
    palette: Palette | None = None
    palette_group: Text | None = None
    colours: PaletteSize | None = None
    flavour: Flavour | None = None
    lvgl_header: bool | None = None
    quality: Annotated[int, Field(ge=1, le=100)] | None = None
    nine_patch: NinePatchSpec | None = None
    prefer: Prefer | None = None


class _FontSourceKeys(Spec):
    size: FontSizeKey | None = None
    dpi: Dpi | None = None
    hinting: Hinting | None = None
    face: Face | None = None
    axes: Axes | None = None
    strike: bool | None = None
    weight: Weight | None = None
    characters: CharactersSpec | None = None


class MergeSpec(_FontSourceKeys):
    """A further source of a font: which of its characters, what they become, and how they are drawn."""

    font: Text
    map: CodepointMap | None = None
    shift: ShiftPx | None = None


class _FontKeys(_Aligned, _FontSourceKeys):
    bpp: BitsPerPixel | None = None
    gamma: Gamma | None = None
    kerning: bool | None = None


class ImageOptionsSpec(_ImageKeys):
    """Options of a picture (``defaults: image``, and in every image entry)."""

    codec: ImageCodec | None = None


class FontOptionsSpec(_FontKeys):
    """Options of a font (``defaults: font``, and in every font entry)."""

    codec: FontCodec | None = None
    flavour: FontFlavour | None = None


class FileOptionsSpec(_Aligned):
    """Options of a plain file (``defaults: file``, and in every file entry)."""


class StringsOptionsSpec(_Aligned):
    """Options of translated texts."""

    language: Text | None = None
    shape: Text | None = None
    script: Text | None = None


class TextOptionsSpec(_Aligned):
    """Options of a text that is shaped when the image is built, for the font asset ``shape``."""

    shape: Text | None = None
    language: Text | None = None
    script: Text | None = None
    direction: Direction | None = None


class PresetSpec(_ImageKeys, _FontKeys):
    """A preset: options of pictures or of fonts. What does not suit the asset that uses it is an error."""

    codec: ImageCodec | None = None


class DefaultsSpec(Spec):
    """Defaults per kind of asset."""

    image: ImageOptionsSpec = ImageOptionsSpec()
    font: FontOptionsSpec = FontOptionsSpec()
    strings: StringsOptionsSpec = StringsOptionsSpec()
    text: TextOptionsSpec = TextOptionsSpec()
    file: FileOptionsSpec = FileOptionsSpec()


# --- assets --------------------------------------------------------------------------------------


class AssetSpec(Spec):
    """What every entry of ``assets`` has. ``source`` is the pattern under the key ``kind``."""

    kind: ClassVar[str]
    name: Text | None = None
    use: Text | None = None
    variant: VariantName | None = None

    @property
    def source(self) -> str:
        """The path or pattern of the entry."""
        return str(getattr(self, self.kind))

    def options(self) -> dict[str, Any]:
        """The options that the entry itself gives (not ``name``, ``use``, ``variant`` or the source)."""
        others = {"name", "use", "variant", self.kind}
        return {key: value for key, value in self.given().items() if key not in others}


class ImageAsset(AssetSpec, ImageOptionsSpec):
    """An entry ``- image: icons/*.png``."""

    kind: ClassVar[str] = "image"
    image: Text
    sprites: Annotated[SpritesSpec, BeforeValidator(parse_sprites)] | None = None


class FontAsset(AssetSpec, FontOptionsSpec):
    """An entry ``- font: fonts/Inter-Regular.ttf``."""

    kind: ClassVar[str] = "font"
    font: Text
    merge: Annotated[tuple[MergeSpec, ...], Field(strict=False)] | None = None
    fallback: Text | None = None


class StringsAsset(AssetSpec, StringsOptionsSpec):
    """An entry ``- strings: strings/*.yaml``: the texts of all its files and languages in one table."""

    kind: ClassVar[str] = "strings"
    strings: Text


class TextAsset(AssetSpec, TextOptionsSpec):
    """An entry ``- text: "…"``: a text that is shaped when the image is built."""

    kind: ClassVar[str] = "text"
    text: Annotated[str, Field(min_length=1)]


class FileAsset(AssetSpec, FileOptionsSpec):
    """An entry ``- file: certs/root.pem``."""

    kind: ClassVar[str] = "file"
    file: Text


ASSET_CLASSES: dict[str, type[AssetSpec]] = {
    c.kind: c for c in (ImageAsset, FontAsset, StringsAsset, TextAsset, FileAsset)
}


def _asset_tag(entry: Any) -> str | None:
    """The union's tag: an entry is of the kind whose key stands in it, if exactly one does."""
    if not isinstance(entry, dict):
        return None
    kinds = [kind for kind in ASSET_CLASSES if kind in entry]
    return f"<{kinds[0]}>" if len(kinds) == 1 else None


AnyAsset = Annotated[
    Annotated[ImageAsset, Tag("<image>")]
    | Annotated[FontAsset, Tag("<font>")]
    | Annotated[StringsAsset, Tag("<strings>")]
    | Annotated[TextAsset, Tag("<text>")]
    | Annotated[FileAsset, Tag("<file>")],
    Discriminator(_asset_tag, custom_error_type="asset_kind", custom_error_message="asset kind"),
]
AssetList = Annotated[tuple[AnyAsset, ...], Field(strict=False)]
