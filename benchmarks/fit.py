"""Least squares: how a cost grows with the work."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from attrs import frozen


@frozen
class Point:
    """What so much work took.

    Attributes:
        size: How much it was, at least 1.
        seconds: What it took, over 0.
    """

    size: int
    seconds: float


@frozen
class Line:
    """A cost that begins at some seconds and grows by others with each unit of work."""

    fixed: float
    each: float


def slope(points: Sequence[Point]) -> float:
    """Return the power of the size with which the cost grows: 1 in proportion, 2 with the square.

    Args:
        points: At least two, of different sizes.
    """
    sizes, seconds = ([math.log(each.size) for each in points], [math.log(each.seconds) for each in points])
    return statistics.linear_regression(sizes, seconds).slope


def line(points: Sequence[Point]) -> Line:
    """Return the line with the least squares of relative errors, so that small sizes count as much as large.

    Args:
        points: At least two, of different sizes.
    """
    ones, sizes = [1 / each.seconds for each in points], [each.size / each.seconds for each in points]
    one, both, square = _product(ones, ones), _product(ones, sizes), _product(sizes, sizes)
    fixed = (sum(ones) * square - sum(sizes) * both) / (one * square - both * both)
    # Less than nothing at the beginning is a cost that grows faster than a line.
    return Line(fixed, (sum(sizes) - fixed * both) / square) if fixed > 0 else Line(0, sum(sizes) / square)


def _product(some: Sequence[float], others: Sequence[float]) -> float:
    return sum(one * other for one, other in zip(some, others, strict=True))
