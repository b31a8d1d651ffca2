"""An SVG is drawn at the size it will be shown with, from itself alone, the same on every machine."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from imgbuild.errors import BuildError, Diagnostic, Place
from imgbuild.model import DecodedImage, ImageOptions, Resize
from imgbuild.pixels.resize import resize_image
from imgbuild.sources.image import decode_image
from imgbuild.sources.vector import decode_svg

PLACE = Place("demo.yaml", 7, 3)
OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '


def draw(tmp_path: Path, text: str, resize: Resize | None = None) -> DecodedImage:
    path = tmp_path / "icon.svg"
    path.write_text(text, encoding="utf-8")
    return decode_svg(path, PLACE, "icon", resize)


def refused(tmp_path: Path, text: str | bytes) -> Diagnostic:
    path = tmp_path / "icon.svg"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(BuildError) as caught:
        decode_image(path, ImageOptions("a8"), PLACE, "icon")
    (diagnostic,) = caught.value.diagnostics
    assert (diagnostic.place, diagnostic.asset) == (PLACE, "icon")
    assert '"icon.svg" of image "icon"' in diagnostic.message
    return diagnostic


def inside(body: str) -> str:
    return f'{OPEN}viewBox="0 0 9 9">{body}</svg>'


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="24" height="12"', (24, 12)),
        ('width="24px" height="0.5in"', (24, 48)),  # CSS: 1 in = 96 px
        ('width="25.4mm" height="2.54cm"', (96, 96)),
        ('width="72pt" height="6pc"', (96, 96)),
        ('viewBox="0 0 30 20"', (30, 20)),
        ('viewBox="0,0,30,20"', (30, 20)),
        ('width="60" viewBox="0 0 30 20"', (60, 40)),
        ('height="40" viewBox="0 0 30 20"', (60, 40)),
        ('width="100%" height="100%" viewBox="0 0 30 20"', (30, 20)),
        ('width="10.4" height="10.6"', (10, 11)),
    ],
)
def test_natural_size(tmp_path, attributes, size):
    height, width = draw(tmp_path, f"{OPEN}{attributes}/>").frames[0].shape[:2]
    assert (width, height) == size


def test_a_drawing_that_leaves_part_of_its_size_free_is_not_stretched(tmp_path):
    text = f'{OPEN}width="30" height="10" viewBox="0 0 10 10"><rect width="10" height="10"/></svg>'
    alpha = draw(tmp_path, text, Resize(60, 60)).frames[0][..., 3]
    assert alpha.shape == (20, 60)
    assert alpha[10].tolist() == [0] * 20 + [255] * 20 + [0] * 20


def test_the_prolog_and_the_quoting_of_the_root_do_not_matter(tmp_path):
    text = (
        "<?xml version='1.0' encoding='iso-8859-1'?><!-- é <svg> --><svg\n xmlns = 'http://www.w3.org/2000/svg'"
        " aria-label='a > b \"c\"'\twidth='4' viewBox = \"0 0 2 1\" height='2'\n>"
        "<rect width='2' height='1'/></svg >"
    )
    assert draw(tmp_path, text).frames[0][..., 3].tolist() == [[255] * 4] * 2


def test_colours_and_alpha_are_straight(tmp_path):
    body = '<rect width="9" height="9" fill="#ff8000" fill-opacity="0.5"/>'
    red, green, blue, alpha = (int(v) for v in draw(tmp_path, inside(body)).frames[0][4, 4])
    assert (red, blue, alpha) == (255, 0, 128)
    assert abs(green - 128) <= 1


def test_an_icon_is_drawn_sharp_at_the_size_asked_for(tmp_path):
    # A 1/9 of the picture wide black bar: drawn at 90 px its edges are whole pixels, no grey between.
    body = '<rect x="4" width="1" height="9"/>'
    frame = draw(tmp_path, inside(body), Resize(90, 90)).frames[0]
    assert frame.shape == (90, 90, 4)
    assert np.unique(frame[..., 3]).tolist() == [0, 255]
    assert (frame[45, :, 3] == 255).sum() == 10


@pytest.mark.parametrize("fit", ["contain", "cover", "stretch"])
@pytest.mark.parametrize("size", [(24, 24), (30, 7), (7, 30), (1, 100), (333, 100), (10.5, 3.25)])
@pytest.mark.parametrize("box", [(32, 32), (17, 5), (5, 17), (100, 99)])
def test_what_is_drawn_needs_no_second_scaling(tmp_path, fit, size, box):
    resize = Resize(*box, fit)
    text = f'{OPEN}width="{size[0]}" height="{size[1]}"><rect width="100%" height="100%"/></svg>'
    frame = draw(tmp_path, text, resize).frames[0]
    height, width = frame.shape[:2]
    exact = {"contain": (width <= box[0], height <= box[1]), "cover": (width >= box[0], height >= box[1])}
    assert all(exact.get(fit, (width == box[0], height == box[1])))
    assert width == box[0] or height == box[1]
    # to the edges, whatever fractions of a pixel the natural size has
    assert (frame[..., 3] == 255).all()
    assert resize_image(frame, resize).shape == (box[1], box[0], 4)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("<text>Hi</text>", "<text>, and fonts differ"),
        ('<image href="http://example.com/a.png"/>', '"http://example.com/a.png", outside of the drawing'),
        ('<image xlink:href="a.png"/>', '"a.png", outside of the drawing'),
        ('<image href="file:///etc/passwd"/>', '"file:///etc/passwd", outside'),
        ('<image href="data:image/png;base64,AAAA"/>', "<image> embeds a file"),
        ('<use href="other.svg#a"/>', '"other.svg#a", outside'),
        ('<rect fill="url(other.svg#a)"/>', '"other.svg#a", outside'),
        ("<rect style=\"fill: url( 'x#a' )\"/>", '"x#a", outside'),
        ("<style>@import 'a.css';</style>", "imports another style sheet"),
        ("<style>.a { fill: url(b.svg#c) }</style>", '"b.svg#c", outside'),
        ('<g id="a"><use href="#a"/></g>', "refers to itself"),
        ('<style>.a{fill:url(#p)}</style><pattern id="p"><rect class="a"/></pattern>', "refers to itself"),
        ("<g>" * 500 + "</g>" * 500, "nested more than 48 deep"),
        ("<g>", "mismatched tag"),
    ],
)
def test_what_cannot_be_drawn_from_the_file_alone_is_refused(tmp_path, body, words):
    diagnostic = refused(tmp_path, inside(body))
    assert diagnostic.code == "IB204"
    assert words in diagnostic.message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f'<!DOCTYPE svg [<!ENTITY a "b">]>{OPEN}width="1" height="1"/>', "it has a <!DOCTYPE>"),
        (f"{OPEN}/>", "it has no size"),
        (f'{OPEN}width="50%" height="50%"/>', "it has no size"),
        (f'{OPEN}width="0" height="4"/>', "its width is 0 px"),
        (f'{OPEN}width="-4" height="4"/>', 'its width is "-4"'),
        (f'{OPEN}width="4" height="nan"/>', 'its height is "nan"'),
        (f'{OPEN}viewBox="0 0 0 4"/>', "without an area"),
        (f'{OPEN}viewBox="0 0 nan 4"/>', "without an area"),
        (f'{OPEN}viewBox="4 4"/>', "not four numbers"),
        ("<html/>", "outermost element is <html>"),
        ('<svg xmlns="urn:other" width="1" height="1"/>', "outermost element is <svg>"),
        (b'<svg width="1" height="1" id="\xff"/>', "is not UTF-8"),
        (b"\xff\xfe<\0s\0v\0g\0", "is not UTF-8"),
    ],
)
def test_broken_drawings_are_refused(tmp_path, text, words):
    diagnostic = refused(tmp_path, text)
    assert diagnostic.code == "IB204"
    assert words in diagnostic.message


def test_a_drawing_too_large_is_refused_before_it_is_drawn(tmp_path):
    diagnostic = refused(tmp_path, f'{OPEN}width="100000" height="1000"/>')
    assert diagnostic.code == "IB202"
    assert "100000x1000 px" in diagnostic.message


def chain(first: str, link: str, count: int) -> str:
    """References upon references: ``link`` with {this} and {before}."""
    return inside(first + "".join(link.format(this=n, before=n - 1) for n in range(1, count)))


@pytest.mark.parametrize(
    ("link", "first", "count", "words"),
    [
        # each of these few lines hung or crashed a renderer that took them as they are
        (
            '<g id="a{this}">' + '<use href="#a{before}"/>' * 10 + "</g>",
            '<rect id="a0"/>',
            10,
            "draws more than",
        ),
        ('<g id="a{this}"><use href="#a{before}"/></g>', '<rect id="a0"/>', 5000, "nested more than"),
        (
            '<pattern id="a{this}"><rect fill="url(#a{before})"/></pattern>',
            '<linearGradient id="a0"/>',
            5000,
            "nested more than",
        ),
        (
            '<marker id="a{this}"><path d="M0 0L5 5 5 0 5 3" marker-mid="url(#a{before})"/></marker>',
            '<marker id="a0"/>',
            20,
            "draws more than",
        ),
        (
            '<style>.c{this}{{fill:url(#a{before})}}</style><mask id="a{this}"><g class="c{this}"/></mask>',
            '<linearGradient id="a0"/>',
            300,
            "nested more than",
        ),
    ],
)
def test_bombs_of_references_are_refused(tmp_path, link, first, count, words):
    diagnostic = refused(tmp_path, chain(first, link, count))
    assert diagnostic.code == "IB204"
    assert words in diagnostic.message


def test_what_real_icons_use_is_drawn(tmp_path):
    body = (
        '<defs><linearGradient id="g"><stop stop-color="#f00"/></linearGradient>'
        '<linearGradient id="h" xlink:href="#g"/>'
        '<clipPath id="c"><circle cx="4.5" cy="4.5" r="4.5"/></clipPath>'
        '<symbol id="s" viewBox="0 0 9 9"><rect width="9" height="9"/></symbol></defs>'
        "<style>/* url(outside) */ .a{fill:url(#h)}</style><title>t</title>"
        '<a href="http://example.com"><rect class="a" width="9" height="9" clip-path="url(#c)"/></a>'
    )
    frame = draw(tmp_path, "\ufeff" + inside(body), Resize(18, 18)).frames[0]
    assert frame[9, 9].tolist() == [255, 0, 0, 255]
    assert frame[0, 0, 3] == 0


def test_what_is_left_out_is_noted(tmp_path):
    assert draw(tmp_path, inside("<script/><foreignObject/>")).notes == (
        "<foreignObject> is not drawn",
        "<script> is not drawn",
    )


def test_hostile_bytes_never_escape_as_another_exception(tmp_path):
    body = '<linearGradient id="g"><stop offset="1"/></linearGradient><path d="M1 2L3 4z" fill="url(#g)"/>'
    whole = inside(body).encode()
    chance = random.Random(5)
    path = tmp_path / "x.svg"
    found = set()
    for _ in range(300):
        data = bytearray(whole)
        for _ in range(chance.randrange(1, 4)):
            data[chance.randrange(len(data))] = chance.choice(b"<>\"'#=/&;0123456789.-eL \x00\xff")
        path.write_bytes(bytes(data[: chance.choice((len(data), chance.randrange(len(data))))]))
        try:
            decode_svg(path, PLACE, "icon", Resize(16, 16))
        except BuildError as error:
            found |= {diagnostic.code for diagnostic in error.diagnostics}
    assert found <= {"IB202", "IB204"}
    assert "IB204" in found
