"""White SVG icons for buttons and readings, 24 x 24 units, strokes two units wide."""

from draw.canvas import turned

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24" fill="none" '
    'stroke="#ffffff" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">\n'
)
SOLID = ' fill="#ffffff"'


def path(data: str, extra: str = "") -> str:
    """One path element."""
    return f'  <path d="{data}"{extra}/>\n'


def circle(x: float, y: float, radius: float, extra: str = "") -> str:
    """One circle element."""
    return f'  <circle cx="{x:g}" cy="{y:g}" r="{radius:g}"{extra}/>\n'


def gear() -> str:
    """A solid cog wheel with eight teeth around a hole."""
    points = []
    for tooth in range(8):
        for radius, angle in ((7.6, -15.0), (10.1, -9.5), (10.1, 9.5), (7.6, 15.0)):
            x, y = turned((12, 12), radius, 45 * tooth + angle)
            points.append(f"{x:.2f} {y:.2f}")
    hole = "M15.6 12A3.6 3.6 0 1 0 8.4 12A3.6 3.6 0 1 0 15.6 12Z"
    style = ' fill="#ffffff" fill-rule="evenodd" stroke-width="1"'
    return path("M" + "L".join(points) + "Z" + hole, style)


VECTORS: dict[str, str] = {
    "arrow-left": path("M20 12H4M11 5L4 12L11 19"),
    "arrow-right": path("M4 12H20M13 5L20 12L13 19"),
    "arrow-up": path("M12 20V4M5 11L12 4L19 11"),
    "arrow-down": path("M12 4V20M5 13L12 20L19 13"),
    "settings": gear(),
    "home": path("M3 11.5L12 3.5L21 11.5") + path("M6 10V20H18V10") + path("M10 20V14H14V20"),
    "play": path("M8 5L19 12L8 19Z", SOLID),
    "pause": path("M8 5V19M16 5V19", ' stroke-width="4"'),
    "stop": path("M6 6H18V18H6Z", SOLID),
    "check": path("M4 12.5L9.5 18L20 6.5", ' stroke-width="2.4"'),
    "close": path("M6 6L18 18M18 6L6 18", ' stroke-width="2.4"'),
    "plus": path("M12 4V20M4 12H20"),
    "minus": path("M4 12H20"),
    "menu": path("M4 6H20M4 12H20M4 18H20"),
    "refresh": path("M20 12A8 8 0 1 1 17.2 5.9L20 8.5") + path("M20 3.5V8.5H15"),
    "thermometer": path("M9 14V5A3 3 0 0 1 15 5V14A4.5 4.5 0 1 1 9 14Z")
    + circle(12, 17.3, 2, ' fill="#ffffff" stroke="none"')
    + path("M12 16V9"),
    "humidity": path("M12 3C12 3 5.5 10 5.5 14.7A6.5 6.5 0 0 0 18.5 14.7C18.5 10 12 3 12 3Z")
    + path("M12 17.6A3 3 0 0 1 9 14.6"),
    "pressure": path("M5.6 18.4A9 9 0 1 1 18.4 18.4") + path("M12 12L16 8") + circle(12, 12, 1.6, SOLID)
    + path("M8 20H16"),
}  # fmt: skip


def vector_icon(name: str) -> bytes:
    """One icon as an SVG file."""
    return (HEAD + VECTORS[name] + "</svg>\n").encode("ascii")
