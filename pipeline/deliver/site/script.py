"""What the page's scripts are told of a week: its day, its lists, its texts and how figures are written."""

from __future__ import annotations

from typing import Any

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.site.charts import CONFIG
from pipeline.deliver.site.stories import SHARD, point_columns
from pipeline.deliver.text import clean
from pipeline.health.loyalty import LOYAL, SATISFIED
from pipeline.texts import say, word


def week(delivery: Delivery, texts: dict[str, Any], lists: list[dict[str, Any]]) -> dict[str, Any]:
    """Plain values for ``week.js``."""
    about, found = delivery.about, delivery.histories
    dimensions = [name.removeprefix("points_") for name in point_columns(found.health)] if found is not None else []
    return {
        "company": clean(about.company),
        "asOf": str(about.as_of),
        "locale": about.locale.replace("_", "-"),
        "currency": about.currency,
        "verb": about.label,
        "customers": len(delivery.health),
        "red": about.red,
        "amber": about.amber,
        "shard": SHARD if found is not None else 0,
        "useUnit": clean(word(f"names.units.{found.use_unit}", found.use_unit)) if found is not None else "",
        "useSpan": found.use_span if found is not None else "week",
        "dimensions": [words.dimension(name) for name in dimensions],
        "names": words.dimension_names(),
        "tags": {name: words.list_name(name) for name in delivery.signals},
        "lists": lists,
        "groups": texts["lists"]["groups"],
        "titles": {"lists": texts["lists"]["title"], "tip": texts["lists"]["tip"]},
        "leavingPlay": say("sheets.leaving_play"),
        "chart": CONFIG,
        "loyalty": {"satisfied": SATISFIED, "loyal": LOYAL},
        "texts": texts["script"],
    }
