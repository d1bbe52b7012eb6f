"""What the pages of single accounts tell: use, tickets, surveys, contacts and contract up to a cutoff, health by week.

Rows are made visible by the same rule as features (``pipeline.features.asof``): what happened or became known at the
cutoff or later is not there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd

from pipeline.deliver.histories import Histories
from pipeline.engine import Engine
from pipeline.features.aggregates import day_number
from pipeline.features.asof import visible
from pipeline.lists.conditions import MAIN_USE
from pipeline.lists.past import PastWeek
from pipeline.portfolio.churn_reasons import common_reasons
from pipeline.stages.context import Run
from pipeline.stages.tabulate import FeatureSet, level_directions

WEEKS = 52
"""How far back an account's page looks."""

_TICKETS = ("priority", "category", "solved_at")
_SURVEYS = ("kind", "answered_at", "score")
_TOUCHES = ("channel", "author")
_NOTICE = ("cancel_requested_at", "cancel_reason")
_TERM = ("term_end", "mrr", "plan", "seats")


def histories(run: Run, found: FeatureSet, scores: pd.DataFrame, cutoff: date, past: Sequence[PastWeek]) -> Histories:
    """Everything shown of every customer at ``cutoff``, those who have given notice too.

    ``scores``: this week's, as in health_scores; ``past``: the published weeks before it.
    """
    since = cutoff - timedelta(weeks=WEEKS)
    surveys = (*_SURVEYS, "comment") if run.config.deliver.comments else _SURVEYS
    with run.engine() as engine:
        spine = _customers(engine, found, cutoff)
        tables = run.tables(engine)

        def rows(name: str, columns: Sequence[str], first: date | None = since) -> pd.DataFrame:
            return _rows(tables.get(name), name, spine, columns, first)

        use, unit, span = _use(run, engine, tables, spine, since)
        return Histories(
            use=use,
            tickets=rows("tickets", _TICKETS),
            surveys=rows("surveys", surveys),
            touches=rows("touches", _TOUCHES),
            terms=_terms(rows("subscriptions", ("subscription_id", *_TERM), None), since, run.config.currency.digits),
            health=_health(scores, cutoff, past),
            notices=_notices(
                rows("subscriptions", _NOTICE, None),
                None if run.config.deliver.comments else common_reasons(tables, cutoff, engine),
            ),
            use_unit=unit,
            use_span=span,
        )


def _customers(engine: Engine, found: FeatureSet, cutoff: date) -> ir.Table:
    """Every customer at the cutoff, as ``visible`` asks for it."""
    day = ibis.date(cutoff.year, cutoff.month, cutoff.day)
    parts = [engine.read(found.folder / f"{name}.parquet") for name in ("spine", "leaving")]
    each = [part.filter(part.cutoff == day).select("account_id", "c", "cutoff_at") for part in parts]
    both = each[0].union(each[1])
    return engine.settle(both.mutate(cutoff_day=day_number(both.cutoff_at)))


def _rows(
    table: ir.Table | None, name: str, spine: ir.Table, columns: Sequence[str], since: date | None
) -> pd.DataFrame:
    """The visible rows of a table from ``since`` on, in order of account and time."""
    if table is None:
        return pd.DataFrame(columns=["account_id", "at", *columns])
    seen = visible(name, table, spine)
    if since is not None:
        seen = seen.filter(seen.occurred_at >= ibis.timestamp(since.isoformat()))
    frame: pd.DataFrame = seen.select("account_id", *columns, at="occurred_at").to_pandas()
    return frame.sort_values(["account_id", "at", *columns], kind="stable", ignore_index=True)


def _use(
    run: Run, engine: Engine, tables: dict[str, ir.Table], spine: ir.Table, since: date
) -> tuple[pd.DataFrame, str, str]:
    """Use, what it counts, and in what span: events by week or, for a company that exports sums, by period."""
    facts = run.workspace.warehouse / "facts.parquet"
    if "usage" in tables and facts.exists():
        rows = engine.read(facts).join(spine.select("account_id", "c"), "account_id")
        rows = rows.filter((rows.o < rows.c) & (rows.k < rows.c) & (rows.c <= rows.r))
        rows = rows.filter(rows.o >= run.calendar.week_of(since))
        frame = rows.group_by("account_id", "o").aggregate(amount=rows.events.sum()).to_pandas()
        frame["week"] = [pd.Timestamp(run.calendar.start_of(int(week))) for week in frame.pop("o")]
        return _by_week(frame), "events", "week"
    levels = _rows(tables.get("levels"), "levels", spine, ("measure", "value"), since)
    main = _main_measure(levels["measure"].unique().tolist(), level_directions(run.config))
    kept = levels.loc[levels["measure"] == main, ["account_id", "at", "value"]]
    by_period = _by_week(kept.rename(columns={"at": "week", "value": "amount"}))
    return by_period, main.replace("_", " ") or "events", "period"


def _by_week(frame: pd.DataFrame) -> pd.DataFrame:
    columns = ["account_id", "week", "amount"]
    return frame[columns].sort_values(columns, kind="stable", ignore_index=True)


def _main_measure(names: Sequence[str], directions: Mapping[str, int]) -> str:
    """The measure that stands for use: the one that signals look at, else the first by name of which more is better."""
    names = [name for name in names if directions.get(name, 0) < 0] or names
    preferred = [name.rsplit("_", 1)[0].removeprefix("level_") for kind in MAIN_USE for name in kind]
    return next((name for name in preferred if name in names), min(names, default=""))


def _terms(versions: pd.DataFrame, since: date, digits: int) -> pd.DataFrame:
    """What changed from one version of a subscription to the next: start, renewal, revenue, plan, seats."""
    versions = versions.assign(mrr=versions["mrr"].astype("Float64") / 10**digits)
    before = versions.groupby("subscription_id", sort=False)[list(_TERM)].shift()
    is_first = ~versions["subscription_id"].duplicated()
    shown = {"term_end": "renewal", "mrr": "revenue", "plan": "plan", "seats": "seats"}
    parts = [versions[is_first].assign(what="start", was=None, now=versions["plan"])]
    for column, what in shown.items():
        was, now = before[column], versions[column]
        changed = (~is_first & was.notna() & now.notna() & (was != now)).fillna(False).astype(bool)
        parts.append(versions[changed].assign(what=what, was=_told(was[changed]), now=_told(now[changed])))
    columns = ["account_id", "at", "what", "was", "now"]
    found = pd.concat([part[columns].astype({"was": "object", "now": "object"}) for part in parts], ignore_index=True)
    found = found[found["at"] >= pd.Timestamp(since)]
    return found.sort_values(["account_id", "at", "what"], kind="stable", ignore_index=True)


def _notices(versions: pd.DataFrame, shown: Collection[str] | None) -> pd.DataFrame:
    """The latest notice of each account with its stated reason, where it is one of ``shown`` (None: any)."""
    given = versions.dropna(subset=["cancel_requested_at"]).sort_values(["account_id", "cancel_requested_at"])
    latest = given.drop_duplicates("account_id", keep="last")
    reason = latest["cancel_reason"].astype("string").str.strip()
    may = reason.notna() if shown is None else reason.isin(list(shown))
    told = {"at": latest["cancel_requested_at"], "reason": reason.where(may)}
    return latest[["account_id"]].assign(**told).reset_index(drop=True)


def _told(values: pd.Series) -> pd.Series:
    """Values as they are shown: days without a time."""
    is_moment = pd.api.types.is_datetime64_any_dtype(values)
    return values.dt.strftime("%Y-%m-%d") if is_moment else values


def _health(scores: pd.DataFrame, cutoff: date, past: Sequence[PastWeek]) -> pd.DataFrame:
    """Health and points of this week's accounts in every published week up to now, oldest first."""
    weeks = [*((week.as_of, week.scores) for week in past), (cutoff, scores)]
    points = [str(name) for name in scores.columns if str(name).startswith("points_")]
    columns = ["account_id", "health", "band", "model", *points]
    parts = [frame.reindex(columns=columns).assign(as_of=pd.Timestamp(day)) for day, frame in weeks]
    found = pd.concat(parts, ignore_index=True)
    found = found[found["account_id"].isin(scores["account_id"])]
    return found.sort_values(["account_id", "as_of"], kind="stable", ignore_index=True)
