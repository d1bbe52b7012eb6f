"""The charts of the pages, as Vega-Lite specifications; those of the overview are drawn here, as SVG.

Colours are the page's own variables, so that a chart follows light, dark and print. What a chart shows stands beside it
as a table, so its marks need no labels for screen readers; the SVG has one, which says what the chart is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape

from pipeline.figures import signs
from pipeline.portfolio.headline import BANDS

Spec = dict[str, Any]

_BAND_COLOURS = [f"var(--{band}-bar)" for band in BANDS]
_SOFT, _LINE, _INK = "var(--soft)", "var(--line)", "var(--ink)"
_NAMES = 226
"""The width of the longest names beside bars, in pixels: ``labelLimit`` with its padding."""
_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
_VEGA_LITE = "5.21"

CONFIG: Spec = {
    "background": None,
    "font": "Inter, system-ui, sans-serif",
    "view": {"stroke": None},
    "aria": False,
    "axis": {
        **{"labelColor": _SOFT, "titleColor": _SOFT, "gridColor": _LINE, "domainColor": _LINE, "tickColor": _LINE},
        **{"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal", "labelLimit": 220, "domain": False},
        **{"titlePadding": 8, "ticks": False, "labelPadding": 6},
    },
    "legend": {"labelColor": _SOFT, "titleColor": _SOFT, "labelFontSize": 12, "orient": "top", "symbolType": "square"},
    "line": {"color": "var(--focus)", "strokeWidth": 2.5},
    "bar": {"color": "var(--focus)"},
    "text": {"color": _INK, "fontSize": 12},
}
"""The look of every chart."""


@dataclass(frozen=True)
class Chart:
    """A chart with its title, what it shows in a sentence, and its figures as a table."""

    title: str
    told: str
    svg: Markup
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def drawn(spec: Spec, label: str) -> Markup:
    """A specification as SVG, with ``label`` as its text for those who do not see it."""
    import vl_convert

    told = signs()
    written = None if told is None else {**told, "grouping": [3], "currency": ["", ""]}
    svg: str = vl_convert.vegalite_to_svg(whole(spec), vl_version=_VEGA_LITE, format_locale=written)
    # a page sets the size; the same chart is the same text, whatever was drawn before it
    svg = re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" class="chart">', svg, count=1)
    # what it shows is told by its label and its table, not by every mark
    svg = re.sub(r' (role="graphics-[a-z]+"|aria-roledescription="[^"]*")', "", svg)
    numbers = {name: f"clip{number}" for number, name in enumerate(dict.fromkeys(re.findall(r'id="(clip\d+)"', svg)))}
    svg = re.sub(r"clip\d+", lambda found: numbers.get(found[0], found[0]), svg)
    return Markup(svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1))


def whole(spec: Spec) -> Spec:
    """A specification with the language it is written in and the look of all charts."""
    return {"$schema": _SCHEMA, "config": CONFIG, **spec}


def distribution(counts: list[tuple[float, int, str]], labels: dict[str, str]) -> Spec:
    """Accounts by health. ``counts``: the lower edge of each step of 5 points, accounts, band."""
    values = [{"from": edge, "to": edge + 5, "n": count, "band": band} for edge, count, band in counts]
    return _sized(values) | {
        "mark": {"type": "bar", "binSpacing": 1},
        "encoding": {
            "x": {"field": "from", "bin": {"binned": True, "step": 5}, "title": labels["health"],
                  "scale": {"domain": [0, 100]}, "axis": {"grid": False, "values": [0, 20, 40, 60, 80, 100]}},
            "x2": {"field": "to"},
            "y": {"field": "n", "type": "quantitative", "title": labels["accounts"], "axis": _counts()},
            "color": _band_colour(),
        },
    }  # fmt: skip


def bands_over_time(rows: list[tuple[str, str, int]], labels: dict[str, str]) -> Spec:
    """Accounts of each band by week. ``rows``: the day as it is written, band, accounts; oldest first."""
    values = [{"week": week, "band": band, "n": count, "at": BANDS.index(band)} for week, band, count in rows]
    return _sized(values) | {
        "mark": {"type": "bar", "stroke": "var(--paper)", "strokeWidth": 0.5},
        "encoding": {
            "x": _weeks(),
            "y": {"field": "n", "type": "quantitative", "title": labels["accounts"], "axis": _counts()},
            "color": _band_colour(),
            "order": {"field": "at"},
        },
    }


def over_time(rows: list[tuple[str, float]], title: str, form: str = "~s") -> Spec:
    """One figure by week, from a baseline of zero. ``rows``: the day as it is written, value; ``form``: d3's format."""
    values = [{"week": week, "value": value} for week, value in rows]
    axis = {"format": form, "tickCount": 4}
    y = {"field": "value", "type": "quantitative", "title": title, "scale": {"zero": True, "nice": True}, "axis": axis}
    mark = {"type": "line", "point": {"filled": True, "size": 28, "color": "var(--focus)"}}
    return _sized(values) | {"mark": mark, "encoding": {"x": _weeks(), "y": y}}


def expected_and_realised(rows: list[dict[str, Any]], title: str) -> Spec:
    """For each band: the share that left with its interval, and what was expected.

    ``rows``: label, band, realised, low, high, and expected (missing from the scorecard); shares of one.
    """
    names = _names([str(row["label"]) for row in rows]) | {"labelPadding": 10}
    y = {"field": "label", "type": "nominal", "title": None, "sort": None, "axis": names}
    x = {
        "type": "quantitative",
        "title": title,
        "axis": {"format": "~%", "tickCount": 5},
        "scale": {"zero": True},
    }
    return {
        "width": 400,
        "height": {"step": 46},
        "data": {"values": rows},
        "encoding": {"y": y},
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 3, "color": _LINE},
             "encoding": {"x": {**x, "field": "low"}, "x2": {"field": "high"}}},
            {"mark": {"type": "point", "filled": True, "size": 150, "opacity": 1},
             "encoding": {"x": {**x, "field": "realised"}, "color": _band_colour()}},
            {"transform": [{"filter": "isValid(datum.expected)"}],
             "mark": {"type": "tick", "thickness": 3, "size": 26, "color": _INK},
             "encoding": {"x": {**x, "field": "expected"}}},
        ],
    }  # fmt: skip


def stacked(rows: list[tuple[str, str, int]], labels: dict[str, str]) -> Spec:
    """Accounts of each band in groups (owners, segments). ``rows``: group, band, accounts."""
    values = [{"group": group, "band": band, "n": count, "at": BANDS.index(band)} for group, band, count in rows]
    return {
        "width": 400,
        "height": {"step": 30},
        "data": {"values": values},
        "mark": {"type": "bar", "height": 16},
        "encoding": {
            "y": {
                "field": "group",
                "type": "nominal",
                "title": None,
                "sort": None,
                "axis": _names([row[0] for row in rows]),
            },
            "x": {"field": "n", "type": "quantitative", "title": labels["accounts"], "axis": _counts()},
            "color": _band_colour(),
            "order": {"field": "at"},
        },
    }


def counts(rows: list[tuple[str, int]], labels: dict[str, str]) -> Spec:
    """Accounts of each of a few classes, in the order given."""
    return _sized([{"class": name, "n": count} for name, count in rows]) | {
        "mark": {"type": "bar"},
        "encoding": {
            "x": {"field": "class", "type": "ordinal", "sort": None, "title": None, "axis": {"labelAngle": 0}},
            "y": {"field": "n", "type": "quantitative", "title": labels["accounts"], "axis": _counts()},
        },
    }


def _sized(values: list[dict[str, Any]]) -> Spec:
    return {"width": 440, "height": 190, "data": {"values": values}}


def _band_colour() -> Spec:
    return {
        "field": "band",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": list(BANDS), "range": _BAND_COLOURS},
    }


def _names(names: Sequence[str]) -> Spec:
    """Names beside bars, with room for a font wider than the one that the drawing was measured in."""
    return {"grid": False, "minExtent": min(_NAMES, 8 * max((len(name) for name in names), default=0) + 6)}


def _counts() -> Spec:
    return {"tickMinStep": 1, "tickCount": 4, "format": ",d"}


def _weeks() -> Spec:
    axis = {"grid": False, "labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 14}
    return {"field": "week", "type": "ordinal", "sort": None, "title": None, "axis": axis}
