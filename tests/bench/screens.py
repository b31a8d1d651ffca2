"""Screens of a user interface, drawn here: lists, gauges, curves, gradients, tiles, dialogs; seeded."""

from __future__ import annotations

import importlib.resources
import math
import random
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

U8 = NDArray[np.uint8]
Rgb = tuple[int, int, int]
WIDTH, HEIGHT = 320, 240
SCALE = 4
"""Shapes are drawn this much larger and reduced, so that their edges are smooth; text is not."""

WORDS = (
    "Settings", "Brightness", "Wi-Fi", "Temperature", "Outside", "Kitchen", "Start", "Cancel", "Alarm 07:30",
    "Humidity 43 %", "21.5 °C", "Next", "Battery", "Update", "Volume", "Bluetooth", "Language", "Pressure",
    "1013 hPa", "Tuesday", "Low 12°", "High 24°", "Zone 3", "Program", "Rinse", "Spin 1200", "OK", "Back",
)  # fmt: skip


class _Screen:
    """A canvas with smooth shapes below and text on top."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        is_dark = self.dice.random() < 0.6
        base = self.dice.choice([(12, 14, 20), (24, 32, 48), (0, 0, 0), (34, 28, 44)])
        light = self.dice.choice([(245, 246, 250), (255, 255, 255), (230, 236, 240)])
        self.back, self.ink = (base, light) if is_dark else (light, base)
        self.accent: Rgb = self.dice.choice([(0, 150, 220), (240, 130, 20), (60, 180, 90), (220, 50, 80)])
        self.panel: Rgb = tuple((7 * b + i) // 8 for b, i in zip(self.back, self.ink, strict=True))  # type: ignore[assignment]
        self.large = Image.new("RGB", (WIDTH * SCALE, HEIGHT * SCALE), self.back)
        self.shapes = ImageDraw.Draw(self.large)
        self.texts: list[tuple[int, int, str, int, Rgb]] = []

    def gradient(self) -> None:
        """A vertical gradient as the background."""
        top, bottom = self.back, tuple((3 * b + a) // 4 for b, a in zip(self.back, self.accent, strict=True))
        steps = np.linspace(0, 1, HEIGHT * SCALE)[:, None]
        column = (np.array(top) * (1 - steps) + np.array(bottom) * steps).round().astype(np.uint8)
        rows = np.broadcast_to(column[:, None], (HEIGHT * SCALE, WIDTH * SCALE, 3))
        self.large = Image.fromarray(np.ascontiguousarray(rows))
        self.shapes = ImageDraw.Draw(self.large)

    def box(self, x: int, y: int, w: int, h: int, fill: Rgb, *, radius: int = 0) -> None:
        """A rectangle with round corners, px of the screen."""
        corners = (x * SCALE, y * SCALE, (x + w) * SCALE - 1, (y + h) * SCALE - 1)
        self.shapes.rounded_rectangle(corners, radius * SCALE, fill)

    def disc(self, x: int, y: int, r: int, fill: Rgb) -> None:
        """A filled circle."""
        self.shapes.ellipse([(x - r) * SCALE, (y - r) * SCALE, (x + r) * SCALE, (y + r) * SCALE], fill)

    def text(self, x: int, y: int, words: str, size: int, ink: Rgb | None = None) -> None:
        """Words at a place, size in px."""
        self.texts.append((x, y, words, size, ink or self.ink))

    def word(self) -> str:
        """Some label."""
        return self.dice.choice(WORDS)

    def finish(self) -> U8:
        """The picture, uint8 ``[240, 320, 4]``."""
        image = self.large.resize((WIDTH, HEIGHT), Image.Resampling.BOX)
        draw = ImageDraw.Draw(image)
        files = importlib.resources.files("font_roboto") / "files"
        for x, y, words, size, ink in self.texts:
            with importlib.resources.as_file(files / "Roboto-Medium.ttf") as font:
                draw.text((x, y), words, fill=ink, font=ImageFont.truetype(str(font), size))
        return np.asarray(image.convert("RGBA"))


def _list(screen: _Screen) -> None:
    screen.box(0, 0, WIDTH, 36, screen.accent)
    screen.text(12, 8, screen.word(), 18, (255, 255, 255))
    for row in range(5):
        y = 40 + 40 * row
        screen.box(6, y, WIDTH - 12, 36, screen.panel, radius=6)
        screen.disc(26, y + 18, 11, screen.accent if screen.dice.random() < 0.5 else screen.ink)
        screen.text(46, y + 9, screen.word(), 15)
        if screen.dice.random() < 0.5:
            screen.box(264, y + 8, 40, 20, screen.accent, radius=10)
            screen.disc(294, y + 18, 8, (255, 255, 255))


def _gauge(screen: _Screen) -> None:
    if screen.dice.random() < 0.5:
        screen.gradient()
    value = screen.dice.randrange(20, 95)
    arc = [70 * SCALE, 20 * SCALE, 250 * SCALE, 200 * SCALE]
    screen.shapes.arc(arc, 135, 405, screen.panel, 16 * SCALE)
    screen.shapes.arc(arc, 135, 135 + 2.7 * value, screen.accent, 16 * SCALE)
    angle = math.radians(135 + 2.7 * value)
    tip = ((160 + 62 * math.cos(angle)) * SCALE, (110 + 62 * math.sin(angle)) * SCALE)
    screen.shapes.line([(160 * SCALE, 110 * SCALE), tip], screen.ink, 3 * SCALE)
    screen.text(138, 140, f"{value}", 40)
    screen.text(20, 212, screen.word(), 16)
    screen.text(220, 212, screen.word(), 16)


def _chart(screen: _Screen) -> None:
    screen.text(10, 6, screen.word(), 16)
    for line in range(6):
        screen.box(30, 40 + 32 * line, 280, 1, screen.panel)
        screen.text(4, 34 + 32 * line, f"{100 - 20 * line}", 11)
    phase, speed = screen.dice.random() * 6, 0.01 + screen.dice.random() * 0.05
    points = [
        (x * SCALE, (120 - 55 * math.sin(phase + x * speed) - 18 * math.sin(3 * x * speed)) * SCALE)
        for x in range(30, 310, 2)
    ]
    screen.shapes.line(points, screen.accent, 2 * SCALE, joint="curve")
    for bar in range(8):
        height = screen.dice.randrange(5, 60)
        screen.box(40 + 34 * bar, 200 - height, 18, height, screen.panel, radius=2)
        screen.text(40 + 34 * bar, 208, f"{bar + 8}h", 11)


def _tiles(screen: _Screen) -> None:
    screen.gradient()
    for row in range(2):
        for column in range(3):
            x, y = 8 + 104 * column, 34 + 102 * row
            screen.box(x, y, 96, 94, screen.panel, radius=10)
            kind = screen.dice.randrange(3)
            if kind == 0:
                screen.disc(x + 48, y + 36, 22, screen.accent)
                screen.disc(x + 56, y + 30, 18, screen.panel)
            elif kind == 1:
                for bar in range(4):
                    screen.box(x + 24 + 13 * bar, y + 48 - 9 * bar, 9, 12 + 9 * bar, screen.accent, radius=2)
            else:
                corners = [(x + 48, y + 12), (x + 76, y + 58), (x + 20, y + 58)]
                screen.shapes.polygon([(a * SCALE, b * SCALE) for a, b in corners], screen.accent)
            screen.text(x + 8, y + 70, screen.word(), 13)
    screen.text(10, 6, f"{screen.dice.randrange(24):02}:{screen.dice.randrange(60):02}", 18)


def _dialog(screen: _Screen) -> None:
    screen.box(20, 40, 280, 160, screen.panel, radius=12)
    screen.text(40, 54, screen.word(), 20)
    for line in range(3):
        screen.text(40, 88 + 20 * line, f"{screen.word()} - {screen.word()}", 13)
    screen.box(40, 160, 110, 30, screen.accent, radius=15)
    screen.box(170, 160, 110, 30, screen.back, radius=15)
    screen.text(70, 165, "OK", 16, (255, 255, 255))
    screen.text(196, 165, "Cancel", 16)
    screen.box(40, 150, screen.dice.randrange(60, 240), 4, screen.accent, radius=2)


_KINDS: tuple[Callable[[_Screen], None], ...] = (_list, _gauge, _chart, _tiles, _dialog)


def draw_screen(seed: int) -> U8:
    """Screen ``seed``, uint8 ``[240, 320, 4]``, opaque; five kinds in turn."""
    screen = _Screen(seed)
    _KINDS[seed % len(_KINDS)](screen)
    return screen.finish()
