"""The curves as one SVG: a panel each, both axes logarithmic, readable on light and on dark ground."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from attrs import frozen

from .curve import Curve, duration
from .fit import Point, slope

COLUMNS = 3
WIDTH, HEIGHT = 290, 240
LEFT, RIGHT, TOP, BOTTOM = 56, 20, 34, 44

_STYLE = """
svg { background: #ffffff }
text { font: 11px system-ui, sans-serif; fill: #1f2328 }
.title { font-size: 13px; font-weight: 600 }
.quiet { fill: #59636e }
.middle { text-anchor: middle }
.end { text-anchor: end }
.grid { stroke: #d1d9e0; stroke-width: 1 }
.curve { stroke-width: 2; stroke-linejoin: round }
.of-0 { stroke: #0969da; fill: #0969da }
.of-1 { stroke: #bc4c00; fill: #bc4c00 }
.of-2 { stroke: #1a7f37; fill: #1a7f37 }
.curve.of-1 { stroke-dasharray: 7 3 }
.curve.of-2 { stroke-dasharray: 2 3 }
@media (prefers-color-scheme: dark) {
  svg { background: #131416 }
  text { fill: #f0f6fc }
  .quiet { fill: #9198a1 }
  .grid { stroke: #3d444d }
  .of-0 { stroke: #58a6ff; fill: #58a6ff }
  .of-1 { stroke: #f0883e; fill: #f0883e }
  .of-2 { stroke: #3fb950; fill: #3fb950 }
}
polyline.curve { fill: none }
text.end { stroke: none }
"""


@frozen
class _Axis:
    """Where numbers are on an axis of whole powers of ten.

    Attributes:
        low: The power of ten at its beginning.
        high: That at its end.
        begin: The coordinate of its beginning.
        end: That of its end.
    """

    low: int
    high: int
    begin: float
    end: float

    def at(self, number: float) -> float:
        share = (math.log10(number) - self.low) / (self.high - self.low)
        return round(self.begin + share * (self.end - self.begin), 1)

    def ticks(self) -> Iterator[float]:
        return (10.0**power for power in range(self.low, self.high + 1))


def _axis(numbers: Sequence[float], begin: float, end: float) -> _Axis:
    low, high = math.floor(math.log10(min(numbers))), math.ceil(math.log10(max(numbers)))
    return _Axis(low, max(high, low + 1), begin, end)


def svg(curves: Sequence[Curve]) -> str:
    """Draw a panel for each curve, and beside them which line is whose.

    Args:
        curves: What grows, each measured at two sizes or more.
    """
    rows = math.ceil((len(curves) + 1) / COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT
    root = Element(
        "svg",
        {"xmlns": "http://www.w3.org/2000/svg", "viewBox": f"0 0 {width} {height}", "role": "img"}
        | {"width": str(width), "height": str(height), "aria-labelledby": "title what"},
    )
    _text(root, "title", "The cost as the work grows", id="title")
    _text(root, "desc", "; ".join(_spoken(each) for each in curves), id="what")
    _text(root, "style", _STYLE)
    colours = {name: f"of-{order}" for order, name in enumerate(_names(curves))}
    for place, curve in enumerate(curves):
        _draw(_cell(root, place), curve, colours)
    _explain(_cell(root, len(curves)), colours)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _spoken(curve: Curve) -> str:
    slopes = (f"{name} with slope {slope(points):.2f}" for name, points in curve.points.items())
    return f"{curve.name}, {curve.range} {curve.unit}s: " + ", ".join(slopes)


def _names(curves: Sequence[Curve]) -> list[str]:
    return list(dict.fromkeys(name for curve in curves for name in curve.points))


def _cell(root: Element, place: int) -> Element:
    row, column = divmod(place, COLUMNS)
    return SubElement(root, "g", transform=f"translate({column * WIDTH} {row * HEIGHT})")


def _draw(cell: Element, curve: Curve, colours: Mapping[str, str]) -> None:
    every = [point for points in curve.points.values() for point in points]
    across = _axis([each.size for each in every], LEFT, WIDTH - RIGHT)
    up = _axis([each.seconds for each in every], HEIGHT - BOTTOM, TOP)
    _text(cell, "text", f"{curve.name}: time", LEFT, 20, "title")
    _rule(cell, across, up)
    _text(cell, "text", f"{curve.unit}s", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "quiet middle")
    for name, points in curve.points.items():
        _line(cell, [(each, across.at(each.size), up.at(each.seconds)) for each in points], name, colours)
    _tell_slopes(cell, curve, colours)


def _tell_slopes(cell: Element, curve: Curve, colours: Mapping[str, str]) -> None:
    """Below on the right, where no curve that rises comes."""
    for order, (name, points) in enumerate(reversed([*curve.points.items()])):
        y = HEIGHT - BOTTOM - 8 - 14 * order
        _text(cell, "text", f"slope {slope(points):.2f}", WIDTH - RIGHT - 6, y, f"end {colours[name]}")


def _rule(cell: Element, across: _Axis, up: _Axis) -> None:
    for size in across.ticks():
        x = across.at(size)
        _grid(cell, x, TOP, x, HEIGHT - BOTTOM)
        _text(cell, "text", f"{size:,.0f}", x, HEIGHT - BOTTOM + 16, "quiet middle")
    for seconds in up.ticks():
        y = up.at(seconds)
        _grid(cell, LEFT, y, WIDTH - RIGHT, y)
        _text(cell, "text", _tick(seconds), LEFT - 6, y + 4, "quiet end")


def _tick(seconds: float) -> str:
    return f"{seconds:g} s" if seconds >= 1 else f"{seconds * 1e3:g} ms"


def _grid(cell: Element, x1: float, y1: float, x2: float, y2: float) -> None:
    ends = {"x1": x1, "y1": y1, "x2": x2, "y2": y2}
    SubElement(cell, "line", {name: str(value) for name, value in ends.items()}, **{"class": "grid"})


def _line(
    cell: Element, places: Sequence[tuple[Point, float, float]], name: str, colours: Mapping[str, str]
) -> None:
    drawn = " ".join(f"{x},{y}" for _, x, y in places)
    SubElement(cell, "polyline", {"points": drawn, "class": f"curve {colours[name]}"})
    for point, x, y in places:
        dot = SubElement(cell, "circle", {"cx": str(x), "cy": str(y), "r": "3", "class": colours[name]})
        _text(dot, "title", f"{name}: {point.size:,} in {duration(point.seconds)}")


def _explain(cell: Element, colours: Mapping[str, str]) -> None:
    for order, (name, colour) in enumerate(colours.items()):
        y = TOP + 16 + 24 * order
        SubElement(cell, "polyline", {"points": f"{LEFT},{y} {LEFT + 36},{y}", "class": f"curve {colour}"})
        SubElement(cell, "circle", {"cx": str(LEFT + 18), "cy": str(y), "r": "3", "class": colour})
        _text(cell, "text", name, LEFT + 46, y + 4)
    below = TOP + 16 + 24 * len(colours)
    for order, line in enumerate(
        ("Both axes are logarithmic. With slope 1,", "twice the work takes twice as long.")
    ):
        _text(cell, "text", line, LEFT, below + 10 + 16 * order, "quiet")


def _text(
    parent: Element,
    tag: str,
    text: str,
    x: float | None = None,
    y: float | None = None,
    kind: str = "",
    **more: str,
) -> None:
    placed = {"x": x, "y": y, "class": kind or None}
    attributes = {name: str(value) for name, value in placed.items() if value is not None}
    SubElement(parent, tag, attributes, **more).text = text
