"""White status icons, drawn in a square of 24 x 24 units (one unit is one pixel)."""

from collections.abc import Callable

from PIL import Image

from draw.canvas import Canvas, Field, both, cut, union

WHITE = "#ffffff"
FAINT = 0.3


def paint(c: Canvas, shape: Field, alpha: float = 1.0) -> None:
    """Fill in white."""
    c.fill(shape, WHITE, alpha)


def wifi(c: Canvas, level: int) -> None:
    """Three arcs over a dot; those above `level` are faint."""
    centre = (12.0, 18.5)
    paint(c, c.circle(centre, 1.7), 1.0 if level else FAINT)
    for index, radius in enumerate((5.2, 9.2, 13.2)):
        paint(c, c.arc(centre, radius, -135, -45, 2.1), 1.0 if index < level else FAINT)


def battery(c: Canvas, charge: float) -> None:
    """A lying battery, its charge 0 to 15 units long."""
    paint(c, cut(c.box(0, 6, 21, 18, 3.2), c.box(2, 8, 19, 16, 1.4)))
    paint(c, c.box(22, 10, 24, 14, 1))
    if charge:
        paint(c, c.box(3, 9, 3 + charge, 15, 0.7))


def charging(c: Canvas) -> None:
    """A battery with a flash."""
    battery(c, 0)
    flash = c.polygon(((12, 3.6), (5.8, 12.9), (9.9, 12.9), (8.8, 20.4), (15.2, 10.9), (11, 10.9)), 0.3)
    c.erase(flash - 1.5)
    paint(c, flash)


def bluetooth(c: Canvas) -> None:
    """The rune made of one line."""
    paint(c, c.path(((6.6, 7.4), (16.8, 16.6), (12, 21), (12, 3), (16.8, 7.4), (6.6, 16.6)), 1.9))


def bell(c: Canvas) -> None:
    """A bell with clapper."""
    body = union(c.circle((12, 9.6), 5.8), c.box(6.2, 9.6, 17.8, 15))
    skirt = c.polygon(((6.4, 13), (17.6, 13), (19.6, 16.3), (4.4, 16.3)), 0.7)
    paint(c, union(body, skirt, c.circle((12, 3.4), 1.5)))
    paint(c, both(c.circle((12, 18), 3), 18 - c.y))


def alarm(c: Canvas) -> None:
    """An alarm clock."""
    paint(c, c.ring((12, 13), 7.3, 2))
    paint(c, c.path(((12, 9), (12, 13.2), (15, 14.9)), 1.9))
    paint(c, union(c.line((2.6, 6.2), (6, 3.3), 2.1), c.line((21.4, 6.2), (18, 3.3), 2.1)))
    paint(c, union(c.line((6.4, 19), (5, 20.8), 2), c.line((17.6, 19), (19, 20.8), 2)))


def padlock(c: Canvas, shut: bool) -> None:
    """A padlock, its bow closed or swung open."""
    keyhole = union(c.circle((12, 14.8), 1.6), c.box(11.2, 14.8, 12.8, 17.8, 0.8))
    paint(c, cut(c.box(4, 10, 20, 22, 2.4), keyhole))
    if shut:
        bow = union(c.arc((12, 6.9), 4.1, 180, 360, 2.1), c.line((7.9, 6.9), (7.9, 11), 2.1))
        paint(c, union(bow, c.line((16.1, 6.9), (16.1, 11), 2.1)))
    else:
        paint(c, union(c.arc((12, 6.2), 4.1, 180, 345, 2.1), c.line((7.9, 6.2), (7.9, 11), 2.1)))


def usb(c: Canvas) -> None:
    """A trident: a trunk with a disc, a branch to a ball and one to a block."""
    trunk = c.line((12, 18), (12, 5), 1.8)
    arrow = c.polygon(((12, 1.6), (14.4, 5.2), (9.6, 5.2)), 0.5)
    left = c.path(((12, 16.6), (6.6, 13.2), (6.6, 9.6)), 1.8)
    right = c.path(((12, 14), (17.4, 10.9), (17.4, 8.2)), 1.8)
    ends = union(c.circle((12, 19.8), 2.6), c.circle((6.6, 9), 2.1), c.box(15.4, 5.4, 19.4, 9.4, 0.5))
    paint(c, union(trunk, arrow, left, right, ends))


def sd_card(c: Canvas) -> None:
    """A memory card with contacts."""
    card = c.polygon(((10, 3.6), (17.4, 3.6), (17.4, 20.4), (6.6, 20.4), (6.6, 7)), 1.6)
    contacts = [c.box(x, 4, x + 2, 8, 0.3) for x in (9, 12, 15)]
    paint(c, cut(card, *contacts))


def signal(c: Canvas, level: int) -> None:
    """Four bars of rising height; those above `level` are faint."""
    for index in range(4):
        left = 1 + 6 * index
        bar = c.box(left, 17 - 5 * index, left + 4, 22, 1.1)
        paint(c, bar, 1.0 if index < level else FAINT)


def location(c: Canvas) -> None:
    """A map pin."""
    tail = c.polygon(((5.6, 12.6), (18.4, 12.6), (12, 21.4)), 0.5)
    paint(c, cut(union(c.circle((12, 9.4), 7.4), tail), c.circle((12, 9.4), 2.9)))


def warning(c: Canvas) -> None:
    """A triangle with an exclamation mark."""
    mark = union(c.line((12, 9.4), (12, 13.8), 2.1), c.circle((12, 17.3), 1.25))
    paint(c, cut(c.polygon(((12, 4.6), (20.4, 19), (3.6, 19)), 2.1), mark))


def speaker(c: Canvas, loud: bool) -> None:
    """A loudspeaker with waves or with a cross."""
    horn = union(c.box(2, 8.6, 7, 15.4, 1.2), c.polygon(((6, 9.4), (11.2, 5), (11.2, 19), (6, 14.6)), 0.8))
    paint(c, horn)
    if loud:
        paint(c, c.arc((11.6, 12), 4.6, -42, 42, 2))
        paint(c, c.arc((11.6, 12), 9, -44, 44, 2))
    else:
        paint(c, union(c.line((15.4, 9.2), (21, 14.8), 2), c.line((21, 9.2), (15.4, 14.8), 2)))


def cloud_sync(c: Canvas) -> None:
    """A cloud with an arrow up."""
    body = union(c.circle((9.4, 10.2), 5.2), c.circle((15.6, 12), 4.4), c.box(2, 11, 22, 19, 4))
    arrow = union(c.line((12, 10.8), (12, 18), 1.9), c.path(((9.2, 13.4), (12, 10.6), (14.8, 13.4)), 1.9))
    paint(c, cut(body, arrow))


STATUS: dict[str, Callable[[Canvas], None]] = {
    "wifi-0": lambda c: wifi(c, 0),
    "wifi-1": lambda c: wifi(c, 1),
    "wifi-2": lambda c: wifi(c, 2),
    "wifi-3": lambda c: wifi(c, 3),
    "battery-empty": lambda c: battery(c, 0),
    "battery-low": lambda c: battery(c, 3),
    "battery-half": lambda c: battery(c, 8),
    "battery-full": lambda c: battery(c, 15),
    "battery-charging": charging,
    "bluetooth": bluetooth,
    "bell": bell,
    "alarm": alarm,
    "lock": lambda c: padlock(c, shut=True),
    "unlock": lambda c: padlock(c, shut=False),
    "usb": usb,
    "sd-card": sd_card,
    "signal": lambda c: signal(c, 4),
    "signal-weak": lambda c: signal(c, 2),
    "location": location,
    "warning": warning,
    "volume": lambda c: speaker(c, loud=True),
    "mute": lambda c: speaker(c, loud=False),
    "cloud-upload": cloud_sync,
}


def status_icon(name: str) -> Image.Image:
    """One icon of 24 x 24 pixels."""
    canvas = Canvas(24, 24, 24)
    STATUS[name](canvas)
    return canvas.image()
