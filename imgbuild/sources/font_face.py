"""FreeType's faces: opened for one use, never shared, and closed again.

Every call has a FreeType library of its own: nothing is shared between threads, and nothing is
left open.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imgbuild.errors import Place
from imgbuild.model import FontRemark
from imgbuild.sources.font_file import FontFile, choose_face, make_static, read_font
from imgbuild.sources.font_names import check_face, find_face

# freetype.h, enumerations FT_FACE_FLAG and FT_ENCODING
_FACE_FLAG_SCALABLE = 1 << 0
_ENCODINGS = {
    b"symb": "of symbols",
    b"armn": "for Apple Roman",
    b"sjis": "for Shift JIS",
    b"gb  ": "for PRC",
    b"big5": "for Big 5",
    b"wans": "for Wansung",
    b"joha": "for Johab",
}
_ENCODING_UNICODE = int.from_bytes(b"unic", "big")

# Properties that the environment variable FREETYPE_PROPERTIES could change: FreeType's defaults.
_PROPERTIES = (
    (b"truetype", b"interpreter-version", ctypes.c_uint(40)),
    (b"cff", b"no-stem-darkening", ctypes.c_ubyte(1)),
    (b"autofitter", b"no-stem-darkening", ctypes.c_ubyte(1)),
)


@dataclass(frozen=True, slots=True)
class Face:
    """A font with its face in FreeType, ``record``: what its FT_Face points to."""

    font: FontFile
    handle: Any

    @property
    def record(self) -> Any:
        """FT_FaceRec."""
        return self.handle.contents

    @property
    def is_scalable(self) -> bool:
        """Whether the font has outlines."""
        return bool(self.record.face_flags & _FACE_FLAG_SCALABLE)

    def require(self, error: int, message: str) -> None:
        """Raise BuildError IB301 where FreeType returned an error."""
        _require(self.font, error, message)

    def char_index(self, codepoint: int) -> int:
        """The glyph of a code point, 0 if there is none."""
        from freetype.raw import FT_Get_Char_Index

        return int(FT_Get_Char_Index(self.handle, ctypes.c_ulong(codepoint)))


def load_font(
    path: Path,
    place: Place | None,
    asset: str | None,
    face: int | str = 0,
    axes: tuple[tuple[str, float], ...] = (),
) -> FontFile:
    """The font file with its face chosen and static: what FreeType and HarfBuzz may be given.

    Raises BuildError: IB110 file not found, IB301 not a usable font, IB310 no such face, IB311 axes,
    IB317 a decompression bomb.
    """
    font = read_font(path, place, asset)
    index = face if isinstance(face, int) else find_face(font, face)
    check_face(font, index)
    return make_static(choose_face(font, index), axes)


@contextmanager
def open_face(font: FontFile) -> Iterator[Face]:
    """FreeType's face of the font, its character map chosen. Raises BuildError IB301."""
    from freetype import raw

    library = raw.FT_Library()
    _require(font, raw.FT_Init_FreeType(ctypes.byref(library)), "FreeType cannot start")
    try:
        for module, name, value in _PROPERTIES:
            raw.FT_Property_Set(library, module, name, ctypes.byref(value))
        handle = raw.FT_Face()
        size, index = len(font.data), font.face_index
        error = raw.FT_New_Memory_Face(library, font.data, size, index, ctypes.byref(handle))
        _require(font, error, f'font "{font.path.name}" cannot be read')
        record = handle.contents
        if not record.charmap and record.num_charmaps > 0:
            raw.FT_Set_Charmap(handle, record.charmaps[0])
        if not record.charmap:
            font.fail("IB301", f'font "{font.path.name}" has no character map: no character can be found')
        yield Face(font, handle)
    finally:
        raw.FT_Done_FreeType(library)  # closes the face too


def _require(font: FontFile, error: int, message: str) -> None:
    if error:
        font.fail("IB301", f"{message}: {_reason(error)}")


def _reason(error: int) -> str:
    from freetype import FT_Exception

    return str(FT_Exception._errors.get(error, f"FreeType error 0x{error:02X}"))  # noqa: SLF001 - no other way


# --- character maps --------------------------------------------------------------------------------


def charmap_remarks(face: Face) -> tuple[tuple[FontRemark, ...], tuple[str, ...]]:
    """Remarks (IB318) and notes on a font whose codes are not said to be Unicode."""
    encoding = int(face.record.charmap.contents.encoding)
    if encoding == _ENCODING_UNICODE:
        return (), ()
    if not face.font.is_sfnt:
        return (), ("the font does not say that its codes are Unicode: they are taken as they stand",)
    kind = _ENCODINGS.get(encoding.to_bytes(4, "big"), "of its own")
    message = f'font "{face.font.path.name}" has no Unicode character map, only one {kind}'
    hint = "its codes are taken as they stand; choose a font with a Unicode map if characters come out wrong"
    return (FontRemark("IB318", message, hint),), ()


def list_codepoints(face: Face) -> Iterator[int]:
    """Every code point that the face maps to a glyph, in order."""
    from freetype.raw import FT_Get_First_Char, FT_Get_Next_Char

    index = ctypes.c_uint()
    point = int(FT_Get_First_Char(face.handle, ctypes.byref(index)))
    while index.value:
        yield point
        following = int(FT_Get_Next_Char(face.handle, ctypes.c_ulong(point), ctypes.byref(index)))
        if following <= point:
            return
        point = following
