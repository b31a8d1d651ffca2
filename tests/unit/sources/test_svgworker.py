"""A drawing that kills the renderer or runs away fails by itself; the next one is drawn."""

from __future__ import annotations

import threading
import time

import pytest

from imgbuild.errors import BuildError, Place
from imgbuild.sources.svgworker import NotDrawnError, SvgWorker
from imgbuild.sources.vector import decode_svg

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">'
GOOD = f'{OPEN}<path d="M4 4h16v16z"/></svg>'
HUGE_TILE = (
    f'{OPEN}<pattern id="p" width="1e6" height="1e6" patternUnits="userSpaceOnUse">'
    '<rect width="1" height="1"/></pattern><rect width="24" height="24" fill="url(#p)"/></svg>'
)


@pytest.fixture
def worker():
    made = SvgWorker()
    yield made
    made.close()


def test_a_drawing_comes_back_as_a_png(worker):
    assert worker.draw(GOOD).startswith(b"\x89PNG")


def test_a_drawing_that_asks_for_terabytes_ends_only_its_renderer(worker):
    for _ in range(2):
        with pytest.raises(NotDrawnError, match=r"the renderer crashed, .* more than 4096 MiB of memory"):
            worker.draw(HUGE_TILE)
        assert worker.draw(GOOD).startswith(b"\x89PNG")


def test_the_memory_is_limited():
    worker = SvgWorker(memory_bytes=256 << 20)
    wide = OPEN.replace('width="24" height="24" ', 'width="9000" height="9000" ')
    with pytest.raises(NotDrawnError, match="256 MiB"):
        worker.draw(f"{wide}<rect width='5' height='5'/></svg>")
    worker.close()


def test_a_drawing_that_takes_too_long_is_given_up():
    worker = SvgWorker(seconds=0.3)
    blurs = "".join('<feGaussianBlur stdDeviation="90"/>' for _ in range(300))
    slow = OPEN.replace('width="24" height="24" ', 'width="3000" height="3000" ')
    text = (
        f'{slow}<filter id="f">{blurs}</filter><g filter="url(#f)"><rect width="20" height="20"/></g></svg>'
    )
    start = time.monotonic()
    with pytest.raises(NotDrawnError, match=r"did not finish within 0\.3 s"):
        worker.draw(text)
    assert time.monotonic() - start < 5
    worker.close()


def test_what_the_renderer_refuses_is_told(worker):
    with pytest.raises(NotDrawnError, match="root node"):
        worker.draw("<svg")


def test_several_threads_share_one_worker(worker):
    sizes: dict[int, bytes] = {}

    def draw(side):
        sizes[side] = worker.draw(GOOD.replace('"24" height', f'"{side}" height'))[16:20]

    threads = [threading.Thread(target=draw, args=(side,)) for side in range(10, 40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == {side: side.to_bytes(4, "big") for side in range(10, 40)}


def test_the_message_names_the_file(tmp_path):
    path = tmp_path / "evil.svg"
    path.write_text(HUGE_TILE)
    with pytest.raises(BuildError) as caught:
        decode_svg(path, Place("demo.yaml", 3, 1), "icon", None)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "IB204"
    assert diagnostic.message.startswith('"evil.svg" of image "icon" cannot be drawn: the renderer crashed')


def test_a_doctype_without_entities_is_accepted(tmp_path):
    path = tmp_path / "icon.svg"
    path.write_text(
        '<?xml version="1.0" standalone="no"?>\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN"'
        f' "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n{GOOD}'
    )
    assert decode_svg(path, Place("demo.yaml"), "icon", None).frames[0].shape == (24, 24, 4)


@pytest.mark.parametrize("body", ["<g>&logo;</g>", '<g id="&logo;"/>'])
def test_an_entity_that_only_a_dtd_could_define_is_refused(tmp_path, body):
    path = tmp_path / "icon.svg"
    path.write_text(f'<!DOCTYPE svg SYSTEM "svg11.dtd">{OPEN}{body}</svg>')
    with pytest.raises(BuildError) as caught:
        decode_svg(path, Place("demo.yaml"), "icon", None)
    assert caught.value.diagnostics[0].code == "IB204"
    assert "logo" in caught.value.diagnostics[0].message
