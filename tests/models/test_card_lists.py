"""What the model card says of the lists that a model would have led to."""

from typing import Any

from models.card_lists import list_lines, surely_worse


def interval(value: float | None, low: float | None = None, high: float | None = None) -> dict[str, Any]:
    known = {"value": value, "low": low, "high": high}
    return known if value is not None else {**known, "note": "nobody left"}


def part(**published: dict[str, Any]) -> dict[str, Any]:
    plain = {name: interval(0.25) for name in ("precision", "recall", "lift", "revenue_caught")}
    gap = {name: interval(-0.05, -0.1, 0.02) for name in plain}
    return {"cutoffs": 7, "listed": 20.7, "published": {**plain, **published}, "plain": plain, "difference": gap}


POLICY = {
    "simulated": "7 lists with the rules of today.",
    "eligible": 27.7,
    "test": part(precision=interval(0.126, 0.063, 0.198), lift=interval(3.65, 2.29, 5.19)),
    "validated": part(recall=interval(None)),
    "lead_time": {
        "churns": 9,
        "listed": 6,
        "lower_quartile_days": 50.0,
        "median_days": 78.0,
        "upper_quartile_days": 90.0,
    },
    "stability": {"kept": 0.845, "steps": 6},
}


def test_the_published_list_stands_beside_the_plain_ranking_with_lead_time_stability_and_warnings() -> None:
    text = "\n".join(list_lines({"policy": POLICY, "warnings": ["plan starter is misjudged."]}))
    for line in (
        "On the last fold: 7 lists of 21 accounts, beside the likeliest to leave alone.",
        "| precision: of those listed, left within the horizon | 13 % (6 to 20) | 25 % | -5 % (-10 to +2) |",
        "| lift: times as many of the listed left as of all | 3.6 (2.3 to 5.2) | 0.2 | -0.1 (-0.1 to +0.0) |",
        "| recall: of those who left, were listed | nobody left | 25 % | -5 % (-10 to +2) |",
        "- Lead time: of 9 churns 6 stood on a list before they left, for 78 days (half of them 50 to 90).",
        "- Stability: from one list to the next 84 % of those still customers stayed on it.",
        "- 7 lists with the rules of today.",
        "- **Careful**: plan starter is misjudged.",
    ):
        assert line in text


def test_where_no_lists_were_made_or_nobody_was_listed_the_card_claims_nothing() -> None:
    assert list_lines({}) == []
    unlisted = {**POLICY, "lead_time": {"churns": 9, "listed": 0}, "stability": {"kept": None, "steps": 0}}
    text = "\n".join(list_lines({"policy": unlisted}))
    assert "Lead time" not in text and "Stability" not in text and "Careful" not in text


def test_a_list_that_is_surely_worse_than_the_plain_ranking_says_so_with_what_explains_it() -> None:
    test = part(revenue_caught=interval(0.31))
    test["difference"] = {**test["difference"], "revenue_caught": interval(-0.1, -0.19, -0.01)}
    head = (
        "The published list is surely worse than the likeliest to leave alone on the last fold: revenue caught 31 % "
        "against 25 %. "
    )
    rested = {**POLICY, "test": test, "followed": part()}
    assert surely_worse(rested) == (
        head + "With those counted in who rest after a call it is not surely worse: the rest explains it."
    )
    assert surely_worse({**rested, "followed": test}).startswith(f"{head}The rest after a call does not explain it")
    assert f"- **Careful**: {surely_worse(rested)}" in list_lines({"policy": rested})
    assert surely_worse({**rested, "test": part()}) == ""
