"""Shapes as signed distances and a canvas that paints them, 8 times oversampled.

A shape is an array of distances (in icon units, negative inside). Shapes join with min, cut with max and
grow by subtraction, so an icon is a few lines of arithmetic. The canvas keeps premultiplied colour, thus
the reduction to the final size leaves no dark fringe.
"""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Field = NDArray[np.float64]
Point = tuple[float, float]

OVERSAMPLING = 8


def rgb(code: str) -> Field:
    """The colour '#rrggbb' as three numbers from 0 to 1."""
    return np.array([int(code[i : i + 2], 16) / 255 for i in (1, 3, 5)])


@dataclass(frozen=True)
class Paint:
    """A colour ramp over a field: the first stop where the field is `start`, the last where it is `end`."""

    field: Field
    start: float
    end: float
    stops: tuple[str, ...]

    def colours(self) -> Field:
        """The colour of each sample, shape (h, w, 3)."""
        position = np.clip((self.field - self.start) / (self.end - self.start), 0, 1)
        last = len(self.stops) - 1
        scaled = position * last
        low = np.minimum(scaled.astype(np.int64), last - 1)
        part = (scaled - low)[..., None]
        table = np.array([rgb(code) for code in self.stops])
        result: Field = table[low] * (1 - part) + table[low + 1] * part
        return result


class Canvas:
    """A picture of width x height pixels, drawn in units of which `units` fill the width."""

    def __init__(self, width: int, height: int, units: float) -> None:
        rows, columns = np.mgrid[0 : height * OVERSAMPLING, 0 : width * OVERSAMPLING]
        step = units / (width * OVERSAMPLING)
        self.size = (width, height)
        self.step = step
        self.x: Field = (columns + 0.5) * step
        self.y: Field = (rows + 0.5) * step
        self.pixels: Field = np.zeros((height * OVERSAMPLING, width * OVERSAMPLING, 4))

    def cover(self, shape: Field) -> Field:
        """The share of each sample that lies inside the shape."""
        return np.clip(0.5 - shape / self.step, 0, 1)

    def fill(self, shape: Field, paint: Paint | str, alpha: float | Field = 1.0) -> None:
        """Lay a shape over what is there."""
        mask = (self.cover(shape) * alpha)[..., None]
        colour = rgb(paint) if isinstance(paint, str) else paint.colours()
        source = np.concatenate(
            [np.broadcast_to(colour, (*shape.shape, 3)), np.ones((*shape.shape, 1))], axis=2
        )
        self.pixels = source * mask + self.pixels * (1 - mask)

    def glow(self, centre: Point, inner: float, outer: float, colour: str, alpha: float) -> None:
        """A soft halo that fades from radius `inner` to radius `outer`."""
        distance = self.circle(centre, 0)
        fade = np.clip((outer - distance) / (outer - inner), 0, 1)
        self.fill(distance - outer, colour, alpha * fade * fade)

    def erase(self, shape: Field) -> None:
        """Make the inside of a shape transparent."""
        self.pixels = self.pixels * (1 - self.cover(shape))[..., None]

    def vertical(self, top: float, bottom: float, *stops: str) -> Paint:
        """A ramp from y = top to y = bottom."""
        return Paint(self.y, top, bottom, stops)

    def diagonal(self, start: Point, end: Point, *stops: str) -> Paint:
        """A ramp along the line from start to end."""
        dx, dy = end[0] - start[0], end[1] - start[1]
        along = ((self.x - start[0]) * dx + (self.y - start[1]) * dy) / (dx * dx + dy * dy)
        return Paint(along, 0, 1, stops)

    def radial(self, centre: Point, radius: float, *stops: str) -> Paint:
        """A ramp from a centre outwards."""
        return Paint(self.circle(centre, 0), 0, radius, stops)

    def circle(self, centre: Point, radius: float) -> Field:
        """A disc."""
        return np.sqrt((self.x - centre[0]) ** 2 + (self.y - centre[1]) ** 2) - radius

    def ring(self, centre: Point, radius: float, width: float) -> Field:
        """A circle drawn with a pen."""
        return np.abs(self.circle(centre, radius)) - width / 2

    def line(self, start: Point, end: Point, width: float) -> Field:
        """A straight stroke with round ends."""
        dx, dy = end[0] - start[0], end[1] - start[1]
        px, py = self.x - start[0], self.y - start[1]
        along = np.clip((px * dx + py * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
        return np.sqrt((px - along * dx) ** 2 + (py - along * dy) ** 2) - width / 2

    def path(self, points: Sequence[Point], width: float) -> Field:
        """A stroke through several points."""
        return union(*(self.line(a, b, width) for a, b in itertools.pairwise(points)))

    def arc(self, centre: Point, radius: float, start: float, end: float, width: float) -> Field:
        """A circular stroke with round ends, angles in degrees, clockwise from the right."""
        half = math.radians((end - start) / 2)
        middle = math.radians((start + end) / 2)
        dx, dy = self.x - centre[0], self.y - centre[1]
        along = dx * math.cos(middle) + dy * math.sin(middle)
        across = np.abs(dy * math.cos(middle) - dx * math.sin(middle))
        inside = along * math.sin(half) >= across * math.cos(half)
        if half > math.pi / 2:
            inside = (along >= 0) | (across * math.cos(math.pi - half) >= -along * math.sin(math.pi - half))
        to_ring = np.abs(np.sqrt(along**2 + across**2) - radius)
        to_end = np.sqrt((along - radius * math.cos(half)) ** 2 + (across - radius * math.sin(half)) ** 2)
        return np.where(inside, to_ring, to_end) - width / 2

    def box(self, left: float, top: float, right: float, bottom: float, corner: float = 0) -> Field:
        """A rectangle with round corners."""
        qx = np.abs(self.x - (left + right) / 2) - (right - left) / 2 + corner
        qy = np.abs(self.y - (top + bottom) / 2) - (bottom - top) / 2 + corner
        outside = np.sqrt(np.maximum(qx, 0) ** 2 + np.maximum(qy, 0) ** 2)
        result: Field = outside + np.minimum(np.maximum(qx, qy), 0) - corner
        return result

    def polygon(self, points: Sequence[Point], corner: float = 0) -> Field:
        """A closed polygon, grown by `corner` with round corners."""
        inside = np.zeros(self.x.shape, dtype=bool)
        distance = np.full(self.x.shape, 1e9)
        for (ax, ay), (bx, by) in zip(points, [*points[1:], points[0]], strict=True):
            distance = np.minimum(distance, self.line((ax, ay), (bx, by), 0))
            if ay != by:
                crosses = (self.y < ay) != (self.y < by)
                inside ^= crosses & (self.x < (bx - ax) * (self.y - ay) / (by - ay) + ax)
        return np.where(inside, -distance, distance) - corner

    def drop(self, tip: Point, radius: float, length: float, lean: float = 0.0) -> Field:
        """A water drop: round below, pointed above; `lean` moves the foot to the left."""
        foot = (tip[0] - lean, tip[1] + length)
        dx, dy = foot[0] - tip[0], foot[1] - tip[1]
        along = np.clip(((self.x - tip[0]) * dx + (self.y - tip[1]) * dy) / (dx * dx + dy * dy), 0, 1)
        thick = radius * np.sqrt(along) * (0.25 + 0.75 * along)
        spine = np.sqrt((self.x - tip[0] - along * dx) ** 2 + (self.y - tip[1] - along * dy) ** 2)
        result: Field = spine - thick
        return result

    def image(self) -> Image.Image:
        """The finished picture with straight alpha."""
        width, height = self.size
        blocks = self.pixels.reshape(height, OVERSAMPLING, width, OVERSAMPLING, 4)
        mean = blocks.mean(axis=(1, 3))
        alpha = mean[..., 3:]
        colour = np.where(alpha > 0, mean[..., :3] / np.maximum(alpha, 1e-9), 0)
        out = np.floor(np.concatenate([colour, alpha], axis=2) * 255 + 0.5).astype(np.uint8)
        out[out[..., 3] == 0] = 0
        return Image.fromarray(out)


def union(*shapes: Field) -> Field:
    """All shapes together."""
    result = shapes[0]
    for shape in shapes[1:]:
        result = np.minimum(result, shape)
    return result


def cut(shape: Field, *holes: Field) -> Field:
    """A shape without the holes."""
    for hole in holes:
        shape = np.maximum(shape, -hole)
    return shape


def both(*shapes: Field) -> Field:
    """What lies inside all shapes."""
    result = shapes[0]
    for shape in shapes[1:]:
        result = np.maximum(result, shape)
    return result


def turned(centre: Point, radius: float, degrees: float) -> Point:
    """The point at an angle (clockwise from the right) on a circle."""
    angle = math.radians(degrees)
    return centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)
