"""What an SVG asks for, looked at before it is drawn: size, references, outside resources."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from imgbuild import limits

_SVG = "http://www.w3.org/2000/svg"
_XLINK_HREF = "http://www.w3.org/1999/xlink href"
_UNIT_PX = {
    "": 1.0,
    "px": 1.0,
    "pt": 96 / 72,
    "pc": 16.0,
    "mm": 96 / 25.4,
    "cm": 96 / 2.54,
    "in": 96.0,
    "em": 16.0,
    "ex": 8.0,
}
"""Pixels of each unit: CSS Values and Units 3, section 5.2; em and ex at the default font size, 16 px."""
_LENGTH = re.compile(r"([+]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(px|pt|pc|mm|cm|in|em|ex|%)?")
_URL = re.compile(r"url\(\s*['\"]?\s*([^)'\"]*)")
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]*)\{([^{}]*)\}")
_WORD = re.compile(r"[.#]?[-\w]+|\*")
_NUMBERS = re.compile(r"\d+")
_TEXT_ELEMENTS = {"text", "tspan", "textPath", "tref"}
_LINKS = {"a"}
_NOT_DRAWN = {"foreignObject", "script", "animate", "animateTransform", "animateMotion", "set"}
_ATTRIBUTE = re.compile(rb"([^\s=]+)\s*=\s*(?:\"[^\"]*\"|'[^']*')")
_ROOT_TAG = re.compile(rb"<([^\s/>]+)((?:\s+[^\s=]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(/?)>")
_SIZE_ATTRIBUTES = {"width", "height", "viewBox", "preserveAspectRatio"}
_SIZE_MARK = "\0"
"""Stands for the size in a tag: no XML document can hold it."""
_PARSE_STEP = 1 << 16


class SvgRefusedError(ValueError):
    """The SVG is broken or asks for something that is not drawn."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG that may be drawn. Width and height are its natural size in px, above 0."""

    data: bytes = field(repr=False)  # UTF-8
    width_px: float
    height_px: float
    notes: tuple[str, ...]
    root_span: tuple[int, int]  # where the root's start tag lies in ``data``
    root_tag: str  # that tag with _SIZE_MARK where width and height belong

    def text_at(self, width_px: int, height_px: int) -> str:
        """The SVG with ``width_px`` x ``height_px`` as its own size.

        The renderer rounds a natural size to whole px *before* it scales, and so cuts 10.4 px off at 10
        or draws an empty edge at 11; given whole px as its own size, it draws to the edge.
        """
        start, end = self.root_span
        tag = self.root_tag.replace(_SIZE_MARK, f'width="{width_px}" height="{height_px}"')
        return (self.data[:start] + tag.encode() + self.data[end:]).decode()


@dataclass(slots=True)
class _Node:
    """An element: the sizes of what it draws come from its children and from what it refers to."""

    words: frozenset[str] = frozenset()  # what a selector of a style sheet may match: tag, .class, #id
    repeats: int = 1  # how often its references may be drawn
    children: list[_Node] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    depth: int = 0  # 0: not known yet, -1: being worked out
    drawn: int = 0


def inspect_svg(data: bytes) -> Drawing:
    """Check an SVG file's bytes. Raises SvgRefusedError for what must not reach the renderer."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise SvgRefusedError(
            f"it is not UTF-8: byte 0x{data[problem.start]:02X} at offset 0x{problem.start:X}",
            "save it as UTF-8",
        ) from None
    walk = _Walk()
    walk.run(text)
    walk.apply_styles()
    for node in walk.nodes:
        _measure(node, walk.ids, 1)
    width_px, height_px = _natural_size(walk.root_attributes)
    notes = tuple(f"<{name}> is not drawn" for name in sorted(walk.not_drawn))
    data = text.encode()
    match = _ROOT_TAG.match(data, walk.root_at)
    if match is None:  # cannot be: expat has read this very tag
        raise SvgRefusedError("its outermost element is not understood")
    tag = _root_tag(match, walk.root_attributes, width_px, height_px)
    return Drawing(data, width_px, height_px, notes, match.span(), tag)


def _root_tag(match: re.Match[bytes], attributes: dict[str, str], width_px: float, height_px: float) -> str:
    """The root's start tag with a viewBox of its own and _SIZE_MARK in place of its size."""
    kept = [
        item[0].decode() for item in _ATTRIBUTE.finditer(match[2]) if item[1].decode() not in _SIZE_ATTRIBUTES
    ]
    box = _view_box(attributes.get("viewBox"))
    view_box = attributes["viewBox"] if box else f"0 0 {width_px!r} {height_px!r}"
    # Rounding to whole px bends the proportions by less than a pixel: the drawing follows, edge to edge.
    # A drawing that was meant to leave part of its size free keeps its own rule.
    is_filled = box is None or abs(box[0] * height_px - box[1] * width_px) <= 0.01 * box[0] * height_px
    fit = "none" if is_filled else attributes.get("preserveAspectRatio", "xMidYMid")
    own = [_SIZE_MARK, f"viewBox={quoteattr(view_box)}", f"preserveAspectRatio={quoteattr(fit)}"]
    return " ".join(["<" + match[1].decode(), *kept, *own]) + match[3].decode() + ">"


class _Walk:
    """Goes through the elements with expat, which loads nothing from outside by itself."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(encoding="utf-8", namespace_separator=" ")
        self.root_attributes: dict[str, str] = {}
        self.root_at = 0
        self.nodes: list[_Node] = []
        self.ids: dict[str, list[_Node]] = {}
        self.not_drawn: set[str] = set()
        self._open: list[_Node] = []
        self._styles: list[str] = []
        self._is_style = False

    def run(self, text: str) -> None:
        parser = self._parser
        parser.StartDoctypeDeclHandler = self._doctype
        parser.SkippedEntityHandler = self._skipped_entity
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        # The text was decoded already: a declaration of another encoding no longer holds.
        data = text.encode("utf-8")
        try:
            for start in range(0, len(data), _PARSE_STEP):
                parser.Parse(data[start : start + _PARSE_STEP], False)
            parser.Parse(b"", True)
        except expat.ExpatError as problem:
            reason = expat.errors.messages[problem.code]
            raise SvgRefusedError(f"line {problem.lineno}, column {problem.offset + 1}: {reason}") from None

    def _doctype(self, _name: str, _system: str | None, _public: str | None, has_subset: int) -> None:
        """A plain <!DOCTYPE svg PUBLIC ...> names a DTD that nobody loads; only a subset has entities."""
        if has_subset:
            raise SvgRefusedError(
                "it has a <!DOCTYPE>, whose entities are not read", "remove the <!DOCTYPE ...>"
            )

    def _skipped_entity(self, name: str, _is_parameter: bool) -> None:
        # With a DTD that was not loaded, expat takes an entity that it does not know for one of the DTD's. In
        # the value of an attribute it says nothing at all: there the renderer refuses it.
        raise SvgRefusedError(f"it uses the entity &{name};, which only its <!DOCTYPE> may define")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        namespace, _, name = tag.rpartition(" ")
        node = _Node()
        if self._open:
            self._open[-1].children.append(node)
        else:
            if name != "svg" or namespace not in ("", _SVG):
                raise SvgRefusedError(f"its outermost element is <{name}>, not <svg>")
            self.root_attributes = attributes
            self.root_at = self._parser.CurrentByteIndex
        self._open.append(node)
        self.nodes.append(node)
        if len(self._open) > limits.SVG_DEPTH_MAX:
            raise SvgRefusedError(f"elements are nested more than {limits.SVG_DEPTH_MAX} deep")
        if namespace in ("", _SVG):
            self._look_at(name, attributes, node)

    def _look_at(self, name: str, attributes: dict[str, str], node: _Node) -> None:
        if name in _TEXT_ELEMENTS:
            raise SvgRefusedError(
                f"it has <{name}>, and fonts differ from machine to machine", "convert the text to paths"
            )
        if name in _NOT_DRAWN:
            self.not_drawn.add(name)
        self._is_style = name == "style"
        href = attributes.get("href", attributes.get(_XLINK_HREF))
        if href is not None and name not in _LINKS:
            node.references.append(_local_id(href, f"<{name}>"))
        for key, value in attributes.items():
            node.references += [_local_id(url, key) for url in _URL.findall(value)]
        vertices = len(_NUMBERS.findall(attributes.get("d", attributes.get("points", ""))))
        # Only a marker is drawn at every vertex; a style sheet may give one to any path.
        has_marker = any("marker" in key + value for key, value in attributes.items() if key != "d")
        node.repeats = 1 + vertices if has_marker or self._styles else 1
        words = {name, "*", *("." + word for word in attributes.get("class", "").split())}
        if "id" in attributes:
            words.add("#" + attributes["id"])
            self.ids.setdefault(attributes["id"], []).append(node)
        node.words = frozenset(words)

    def _end(self, _tag: str) -> None:
        self._open.pop()
        self._is_style = False

    def _characters(self, text: str) -> None:
        if self._is_style:
            self._styles.append(text)

    def apply_styles(self) -> None:
        """Give each element the references of every rule of a style sheet that may match it."""
        sheet = _COMMENT.sub("", "".join(self._styles))
        if "@import" in sheet:
            raise SvgRefusedError("<style> imports another style sheet", "put its rules into the drawing")
        for selectors, body in _RULE.findall(sheet):
            references = [_local_id(url, "<style>") for url in _URL.findall(body)]
            words = set(_WORD.findall(selectors))
            for node in self.nodes if references else ():
                if not words.isdisjoint(node.words):
                    node.references += references


def _local_id(url: str, where: str) -> str:
    """The id that a reference names. Raises SvgRefusedError if it leads out of the file."""
    url = url.strip()
    if url.startswith("data:"):
        raise SvgRefusedError(
            f"{where} embeds a file, and only shapes are drawn",
            "trace it, or make the embedded picture the image",
        )
    if not url.startswith("#"):
        shown = url if len(url) <= 40 else url[:37] + "..."
        raise SvgRefusedError(
            f'{where} refers to "{shown}", outside of the drawing',
            "draw the resource with shapes, or remove it",
        )
    return url[1:]


def _measure(node: _Node, ids: dict[str, list[_Node]], level: int) -> None:
    """Work out depth and elements drawn of ``node``, references followed. Raises SvgRefusedError."""
    if node.depth > 0:
        return
    if node.depth < 0:
        raise SvgRefusedError("an element refers to itself, or to one that it lies in")
    node.depth = -1
    depth, drawn = 0, 1
    inside = [(child, 1) for child in node.children]
    inside += [(target, node.repeats) for name in node.references for target in ids.get(name, ())]
    for part, repeats in inside:
        if level < limits.SVG_DEPTH_MAX:
            _measure(part, ids, level + 1)
        depth, drawn = max(depth, part.depth), drawn + part.drawn * repeats
    node.depth, node.drawn = depth + 1, drawn
    if max(level, node.depth) > limits.SVG_DEPTH_MAX or (inside and level == limits.SVG_DEPTH_MAX):
        raise SvgRefusedError(
            f"elements are nested more than {limits.SVG_DEPTH_MAX} deep, references followed"
        )
    if node.drawn > limits.SVG_DRAWN_MAX:
        raise SvgRefusedError(f"it draws more than {limits.SVG_DRAWN_MAX} elements, references followed")


def _natural_size(attributes: dict[str, str]) -> tuple[float, float]:
    """Width and height in px from the root's width, height and viewBox (SVG 1.1, section 7)."""
    box = _view_box(attributes.get("viewBox"))
    width = _length(attributes.get("width"), box[0] if box else None, "width")
    height = _length(attributes.get("height"), box[1] if box else None, "height")
    if box and width is None and height is None:
        return box
    if box and width is None and height is not None:
        return height * box[0] / box[1], height
    if box and height is None and width is not None:
        return width, width * box[1] / box[0]
    if width is None or height is None:
        raise SvgRefusedError("it has no size", "give <svg> a viewBox, or width and height")
    return width, height


def _view_box(value: str | None) -> tuple[float, float] | None:
    """Width and height of a viewBox, None if it is missing."""
    if value is None:
        return None
    try:
        _, _, width, height = (float(part) for part in value.replace(",", " ").split())
    except ValueError:
        raise SvgRefusedError(f'its viewBox is "{value}", not four numbers') from None
    if not (0 < width < float("inf") and 0 < height < float("inf")):
        raise SvgRefusedError(f'its viewBox is "{value}", without an area')
    return width, height


def _length(value: str | None, whole: float | None, name: str) -> float | None:
    """A length in px; a percentage is of ``whole``. None if it is missing."""
    if value is None or value.strip() == "auto":
        return None
    match = _LENGTH.fullmatch(value.strip())
    if not match:
        raise SvgRefusedError(f'its {name} is "{value}", not a length such as 24 or 24px')
    number, unit = float(match[1]), match[2] or ""
    if unit == "%":
        if whole is None:
            return None
        return _in_range(number / 100 * whole, name)
    return _in_range(number * _UNIT_PX[unit], name)


def _in_range(length: float, name: str) -> float:
    if not 0 < length <= 1e9:
        raise SvgRefusedError(f"its {name} is {length:g} px")
    return length
