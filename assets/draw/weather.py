"""Full-colour weather icons, drawn in a square of 64 x 64 units."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from draw.canvas import Canvas, Field, Point, both, cut, turned, union

GAP = 2.0
FAIR = ("#f7fbff", "#d3e2f2", "#9db7d6")
GREY = ("#cddaea", "#9fb3cc", "#6c85a6")
STORM = ("#9fb0c8", "#74879f", "#4a5c78")
WATER = ("#7fd4ff", "#2f8df5")


def cloud_shape(c: Canvas, centre: Point, scale: float) -> Field:
    """A cloud whose base is 40 and whose height is 26 units at scale 1, around a centre."""
    x, y = centre

    def puff(dx: float, dy: float, radius: float) -> Field:
        return c.circle((x + dx * scale, y + dy * scale), radius * scale)

    base = c.box(x - 21 * scale, y - 4 * scale, x + 21 * scale, y + 13 * scale, 8.4 * scale)
    return union(base, puff(-9.5, -2, 9.2), puff(3.2, -5, 12.2), puff(12.3, 3.6, 8.7))


def cloud(c: Canvas, centre: Point, scale: float, tones: tuple[str, ...] = FAIR) -> None:
    """Paint a cloud: a vertical ramp, a darker seam along the edge and light on the upper puffs."""
    shape = cloud_shape(c, centre, scale)
    top, bottom = centre[1] - 17 * scale, centre[1] + 13 * scale
    c.fill(shape, tones[2])
    c.fill(shape + 0.9, c.vertical(top, bottom, *tones))
    x, y = centre
    for dx, dy, radius in ((-10.2, -2.4, 7.0), (2.2, -6.0, 9.8)):
        foot = y + (dy + radius * 0.9) * scale
        fade = np.clip((foot - c.y) / (radius * 1.7 * scale), 0, 1)
        c.fill(
            both(shape + 2 * scale, c.circle((x + dx * scale, y + dy * scale), radius * scale)),
            tones[0],
            fade,
        )


def clear_around(c: Canvas, centre: Point, scale: float) -> None:
    """Leave a transparent seam where a cloud will stand before something else."""
    c.erase(cloud_shape(c, centre, scale) - GAP)


def sun_disc(c: Canvas, centre: Point, radius: float) -> None:
    """The warm disc of the sun."""
    x, y = centre
    c.fill(c.circle(centre, radius), "#f59a1b")
    paint = c.diagonal((x - radius * 0.7, y - radius * 0.7), (x + radius * 0.7, y + radius * 0.7),
                       "#ffe784", "#ffc93c", "#ffa726")  # fmt: skip
    c.fill(c.circle(centre, radius - 0.8), paint)


def sun_rays(c: Canvas, centre: Point, inner: float, outer: float, width: float, *, hidden: int = 8) -> None:
    """Eight rays, clockwise from the top, every second one a little shorter; `hidden` is left out."""
    for index in range(8):
        if index == hidden:
            continue
        angle = 45 * index - 90
        end = outer if index % 2 == 0 else outer - (outer - inner) * 0.22
        ray = c.line(turned(centre, inner, angle), turned(centre, end, angle), width)
        c.fill(ray, c.radial(centre, outer, "#ffc02e", "#ffb52b", "#ff9a1f"))


def moon_disc(c: Canvas, centre: Point, radius: float, side: int = 1) -> None:
    """A crescent open to the upper right (side 1) or the upper left (side -1)."""
    x, y = centre
    bite = c.circle((x + side * radius * 0.48, y - radius * 0.34), radius * 0.80)
    shape = cut(c.circle(centre, radius), bite)
    c.fill(shape, "#e0a93b")
    paint = c.diagonal((x - radius * 0.7, y - radius * 0.6), (x + radius * 0.5, y + radius * 0.9),
                       "#fff0b0", "#ffdd7a", "#f3bd4f")  # fmt: skip
    c.fill(shape + 0.8, paint)


def star(c: Canvas, centre: Point, size: float) -> None:
    """A four-pointed star with hollow sides."""
    corners = []
    for index in range(8):
        radius = size if index % 2 == 0 else size * 0.36
        corners.append(turned(centre, radius, 45 * index - 90))
    c.fill(c.polygon(corners, 0.3), "#ffd66b")


def rain_line(c: Canvas, top: Point, length: float, width: float) -> None:
    """A slanted streak of rain."""
    x, y = top
    end = (x - length * 0.42, y + length)
    c.fill(c.line(top, end, width), c.vertical(y, y + length, *WATER))


def flake(c: Canvas, centre: Point, radius: float, width: float) -> None:
    """A six-armed snow crystal with small side branches."""
    arms = []
    for index in range(6):
        angle = 60 * index - 90
        arms.append(c.line(centre, turned(centre, radius, angle), width))
        knot = turned(centre, radius * 0.56, angle)
        arms.extend(
            c.line(knot, turned(knot, radius * 0.36, angle + turn), width * 0.8) for turn in (-55, 55)
        )
    y = centre[1]
    c.fill(union(*arms), c.vertical(y - radius, y + radius, "#96dcff", "#3f9fea"))


def bolt(c: Canvas, top: Point, scale: float) -> None:
    """A flash of lightning."""
    shape = [(2, 0), (10, 0), (6.4, 7.6), (12, 7.6), (0.5, 23), (3.4, 12), (-2.4, 12)]
    points = [(top[0] + px * scale, top[1] + py * scale) for px, py in shape]
    outline = c.polygon(points, 0.7)
    c.erase(outline - GAP)
    c.fill(outline, "#f08c12")
    c.fill(outline + 0.8, c.vertical(top[1], top[1] + 23 * scale, "#fff08a", "#ffd02e", "#ffab1a"))


def draw_sun(c: Canvas) -> None:
    """A clear day."""
    c.glow((32, 32), 12, 31, "#ffcf55", 0.22)
    sun_rays(c, (32, 32), 19.4, 28.4, 4.2)
    sun_disc(c, (32, 32), 14.2)


def draw_moon(c: Canvas) -> None:
    """A clear night."""
    moon_disc(c, (29.5, 34), 23)
    star(c, (46, 14.5), 6.6)
    star(c, (56, 29.5), 4.2)
    star(c, (42, 31), 3.2)


def draw_cloud(c: Canvas) -> None:
    """An overcast sky: a far cloud behind a near one."""
    cloud(c, (42.5, 24), 0.88, GREY)
    clear_around(c, (27.5, 40), 1.12)
    cloud(c, (27.5, 40), 1.12)


def draw_partly_cloudy_day(c: Canvas) -> None:
    """The sun behind a cloud."""
    centre = (40.5, 23.5)
    sun_rays(c, centre, 14.6, 21.2, 3.6, hidden=6)
    sun_disc(c, centre, 10.8)
    clear_around(c, (29, 42), 1.12)
    cloud(c, (29, 42), 1.12)


def draw_partly_cloudy_night(c: Canvas) -> None:
    """The moon behind a cloud."""
    moon_disc(c, (41, 25), 18.5, -1)
    star(c, (33, 13), 4.6)
    star(c, (20.5, 17), 3.4)
    clear_around(c, (28, 42), 1.12)
    cloud(c, (28, 42), 1.12)


def draw_drizzle(c: Canvas) -> None:
    """A light cloud and small drops."""
    cloud(c, (32, 25), 1.2)
    for x, y in ((18.5, 45), (32, 45), (45.5, 45), (25.2, 53), (38.8, 53)):
        c.fill(c.drop((x, y), 2.7, 5), c.vertical(y, y + 8, *WATER))


def draw_rain(c: Canvas) -> None:
    """A grey cloud and three streaks."""
    cloud(c, (32, 24), 1.2, GREY)
    for x, y in ((22.5, 45), (34.5, 45), (46.5, 45)):
        rain_line(c, (x, y), 12, 4)


def draw_heavy_rain(c: Canvas) -> None:
    """A dark cloud and dense long streaks."""
    cloud(c, (32, 23), 1.2, STORM)
    for x, length in ((18.5, 10), (28.5, 16), (38.5, 10), (48.5, 16)):
        rain_line(c, (x, 43.8), length, 3.8)


def draw_thunder(c: Canvas) -> None:
    """A dark cloud, a flash and rain on both sides."""
    cloud(c, (32, 24), 1.2, STORM)
    rain_line(c, (20, 45), 9.5, 3.8)
    rain_line(c, (50, 45), 9.5, 3.8)
    bolt(c, (27.5, 34), 1.12)


def draw_snow(c: Canvas) -> None:
    """A cloud and three crystals."""
    cloud(c, (32, 23), 1.2)
    flake(c, (17, 49), 6.6, 1.9)
    flake(c, (32, 54.5), 6.6, 1.9)
    flake(c, (47, 49), 6.6, 1.9)


def draw_sleet(c: Canvas) -> None:
    """Rain and snow together."""
    cloud(c, (32, 23.5), 1.2, GREY)
    rain_line(c, (22, 44.5), 12, 4)
    flake(c, (33, 52), 6.4, 2)
    rain_line(c, (49, 44.5), 12, 4)


def draw_hail(c: Canvas) -> None:
    """A dark cloud and balls of ice."""
    cloud(c, (32, 23.5), 1.2, STORM)
    radius = 3.4
    for x, y in ((19, 47.5), (32, 47.5), (45, 47.5), (25.5, 56), (38.5, 56)):
        c.fill(c.circle((x, y), radius), "#62aee6")
        c.fill(
            c.circle((x, y), radius - 0.8), c.diagonal((x - 2, y - 2), (x + 2, y + 2), "#f4fbff", "#9fd6fa")
        )


def draw_fog(c: Canvas) -> None:
    """A cloud over bars of mist."""
    cloud(c, (32, 22.5), 1.16, GREY)
    bars = ((10, 42, 44.5), (48, 53, 44.5), (14, 19, 51.5), (25, 54, 51.5), (12, 38, 58.5), (44, 48, 58.5))
    for left, right, y in bars:
        c.fill(c.line((left, y), (right, y), 3.6), c.diagonal((10, y), (54, y), "#b9cbe0", "#8aa3c2"))


def draw_wind(c: Canvas) -> None:
    """Three streams of air that curl at the end."""
    paint = c.diagonal((6, 32), (58, 32), "#8fd0f5", "#4f9fe0")
    upper = union(c.line((11, 25.6), (29.5, 25.6), 4.4), c.arc((29.5, 18.6), 7, -150, 90, 4.4))
    middle = union(c.line((6, 35), (49, 35), 4.4), c.arc((49, 27), 8, -140, 90, 4.4))
    lower = union(c.line((14, 44), (38, 44), 4.4), c.arc((38, 50.6), 6.6, -90, 140, 4.4))
    for stream in (upper, middle, lower):
        c.fill(stream, paint)


def horizon(c: Canvas, tip: float, tail: float) -> None:
    """A half sun on the horizon with an arrow above it that points from `tail` to `tip`."""
    centre = (32.0, 44.0)
    for angle in (-160, -126, -54, -20):
        ray = c.line(turned(centre, 18.4, angle), turned(centre, 25, angle), 4)
        c.fill(ray, c.radial(centre, 28, "#ffc02e", "#ffb52b", "#ff9a1f"))
    sun_disc(c, centre, 13.2)
    c.erase(c.box(0, 44.6, 64, 64))
    c.fill(c.line((7, 49.4), (57, 49.4), 4), c.diagonal((7, 49), (57, 49), "#ff9d5c", "#f2665e"))
    c.fill(c.line((18, 57), (46, 57), 4), c.diagonal((7, 57), (57, 57), "#ff9d5c", "#f2665e"))
    wing = 5.6 if tip < tail else -5.6
    arrow = union(
        c.line((32, tip), (32, tail), 4), c.path(((26.4, tip + wing), (32, tip), (37.6, tip + wing)), 4)
    )
    c.fill(arrow, "#ff8f4a")


def draw_sunrise(c: Canvas) -> None:
    """The sun comes up."""
    horizon(c, 9, 22.5)


def draw_sunset(c: Canvas) -> None:
    """The sun goes down."""
    horizon(c, 22.5, 9)


def draw_tornado(c: Canvas) -> None:
    """A funnel of whirling bars."""
    bars = ((7, 57, 10.5), (11, 52, 19), (18, 50, 27.5), (25, 48, 36), (28, 43, 44.5), (26, 34, 53))
    for left, right, y in bars:
        c.fill(c.line((left, y), (right, y), 5), c.diagonal((left, y), (right, y), "#b7c7dc", "#7388a8"))


def draw_rainbow(c: Canvas) -> None:
    """A rainbow that ends in two clouds."""
    for index, colour in enumerate(("#f2545b", "#ff9f43", "#ffd84d", "#4cc38a", "#3fa0f0", "#8a6df0")):
        c.fill(both(c.ring((32, 44), 25.6 - 3 * index, 3.15), c.y - 42), colour)
    for x in (15.6, 48.4):
        clear_around(c, (x, 45.5), 0.64)
        cloud(c, (x, 45.5), 0.64)


WEATHER: dict[str, Callable[[Canvas], None]] = {
    "sun": draw_sun,
    "moon": draw_moon,
    "cloud": draw_cloud,
    "partly-cloudy-day": draw_partly_cloudy_day,
    "partly-cloudy-night": draw_partly_cloudy_night,
    "drizzle": draw_drizzle,
    "rain": draw_rain,
    "heavy-rain": draw_heavy_rain,
    "thunder": draw_thunder,
    "snow": draw_snow,
    "sleet": draw_sleet,
    "hail": draw_hail,
    "fog": draw_fog,
    "wind": draw_wind,
    "sunrise": draw_sunrise,
    "sunset": draw_sunset,
    "tornado": draw_tornado,
    "rainbow": draw_rainbow,
}

LARGE = ("sun", "partly-cloudy-day", "rain", "thunder", "snow")


def weather_icon(name: str, size: int) -> Image.Image:
    """One icon at the given number of pixels."""
    canvas = Canvas(size, size, 64)
    WEATHER[name](canvas)
    return canvas.image()
