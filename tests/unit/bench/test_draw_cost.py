"""Fitting the table of drawing costs."""

from __future__ import annotations

import pytest
from bench.draw_cost import Count, fit


def test_figures_that_explain_every_count_are_found():
    # 10 instructions per pixel and 40 per stored byte
    counts = [Count(1000, 2000, 100, 14_000), Count(1000, 2000, 600, 34_000), Count(500, 1000, 500, 25_000)]
    per_pixel, per_byte, worst = fit(counts)
    assert per_pixel == pytest.approx(10, rel=0.05)
    assert per_byte == pytest.approx(40, rel=0.05)
    assert worst < 0.02


def test_the_worst_error_is_told():
    *_, worst = fit([Count(1000, 2000, 100, 10_000), Count(1000, 2000, 100, 20_000)])
    assert worst == pytest.approx(1 / 3, abs=0.01)
