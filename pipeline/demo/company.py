"""The demo company: one call writes its exports, and its hidden truth apart from them.

Accounts are drawn one by one, each from random numbers of its own, and written in blocks: memory does not grow with
the number of accounts, and the same seed gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import pyarrow as pa

from pipeline.demo import billing, crm, support, surveys
from pipeline.demo.dirt import dirty_rows
from pipeline.demo.farewell import true_reason
from pipeline.demo.hazard import SCHEMA, probabilities
from pipeline.demo.life import Life, live
from pipeline.demo.sinks import CsvSink, ParquetSink, Row, TracksSink
from pipeline.demo.subscription import course
from pipeline.demo.traits import Traits, Window, draw_traits, moment, window
from pipeline.demo.usage import account_tracks
from pipeline.errors import ConfigError

Progress = Callable[[int, int], None]

HEADERS: dict[str, Sequence[str]] = {
    "zendesk/organization": support.ORGANIZATION,
    "zendesk/ticket": support.TICKET,
    "zendesk/ticket_metrics": support.TICKET_METRICS,
    "zendesk/satisfaction": support.SATISFACTION,
    "wootric/end_users": surveys.END_USER,
    "wootric/responses": surveys.RESPONSE,
    "stripe/customer": billing.CUSTOMER,
    "stripe/subscription_history": billing.SUBSCRIPTION_HISTORY,
    "stripe/subscription_item": billing.SUBSCRIPTION_ITEM,
    "stripe/price": billing.PRICE,
    "stripe/invoice": billing.INVOICE,
    "salesforce/account": crm.ACCOUNT,
    "salesforce/user": crm.USER,
    "salesforce/task": crm.TASK,
}
"""The CSV exports and their columns."""
TRUTH = pa.schema(
    [
        ("account_id", pa.string()),
        ("name", pa.string()),
        ("story", pa.string()),
        ("failed_onboarding", pa.bool_()),
        ("fit", pa.float64()),
        ("severity", pa.float64()),
        ("annual", pa.bool_()),
        ("plan", pa.string()),
        ("seats", pa.int64()),
        ("started_at", pa.timestamp("us")),
        ("onset", pa.date32()),
        ("notice_at", pa.timestamp("us")),
        ("churned_at", pa.timestamp("us")),
        ("churn_date", pa.date32()),
        ("reason", pa.string()),
    ]
)
"""One row an account: traits, the first episode's week, and the end of coverage, which may lie after the export."""
_BLOCK = 100
LAST_DAY = date(2026, 11, 16)
"""Where history ends unless told, so that the same seed is the same company on any day."""


@dataclass
class DemoSummary:
    """What was written. ``churns`` counts ends of coverage before the window's end."""

    exports: str
    truth: str
    first_day: date
    end: date
    accounts: int
    events: int = 0
    churns: int = 0
    rows: dict[str, int] = field(default_factory=dict)

    def to_dict(self) -> dict[str, object]:
        """The same as plain JSON values."""
        return {**asdict(self), "first_day": self.first_day.isoformat(), "end": self.end.isoformat()}


def simulate(
    out: Path,
    truth: Path,
    accounts: int = 1500,
    weeks: int = 104,
    seed: int = 7,
    end: date = LAST_DAY,
    events_scale: float = 1.0,
    progress: Progress | None = None,
) -> DemoSummary:
    """Writes ``weeks`` weeks of exports that end at the last Monday on or before ``end`` (nothing later is known).

    ``events_scale`` multiplies usage; ``progress`` is called with accounts done and in all. Files that are there
    already are replaced. Raises ConfigError where a number makes no company.
    """
    _check(accounts, weeks, seed, events_scale)
    win = window(end, weeks, seed, accounts)
    summary = DemoSummary(str(out), str(truth), win.first_day, win.end_day, accounts)
    for stale in (out / "segment").glob("tracks-*.parquet"):
        stale.unlink()
    with ExitStack() as stack:
        sinks = {name: CsvSink(out / f"{name}.csv", header) for name, header in HEADERS.items()}
        tracks = stack.enter_context(TracksSink(out / "segment"))
        hazard = stack.enter_context(_parquet(truth / "hazard.parquet", SCHEMA))
        people = stack.enter_context(_parquet(truth / "accounts.parquet", TRUTH))
        for sink in sinks.values():
            stack.callback(sink.close)
        sinks["stripe/price"].write(billing.price_rows(win))
        sinks["salesforce/user"].write(crm.user_rows(win))
        for first in range(0, accounts, _BLOCK):
            block = range(first, min(first + _BLOCK, accounts))
            lives = [(traits, live(win, traits)) for traits in (draw_traits(win, index) for index in block)]
            _write_block(win, lives, sinks)
            hazard.write(pa.concat_tables([probabilities(win, *one) for one in lives]))
            people.write(_truth(win, lives))
            for traits, life in lives:
                tracks.write(account_tracks(win, traits, life, events_scale))
                summary.churns += life.ended_at is not None and life.ended_at < win.end
            if progress:
                progress(block.stop, accounts)
        for name, sink in sinks.items():
            sink.write(dirty_rows(name, HEADERS[name], sink.last, sink.rows))
    summary.events = tracks.rows
    summary.rows = {name: sink.rows for name, sink in sinks.items()}
    return summary


def _check(accounts: int, weeks: int, seed: int, events_scale: float) -> None:
    problems = [
        f"demo: {name} is {value}, and must be {need}"
        for name, value, need, right in (
            ("accounts", accounts, "1 to 100,000", 1 <= accounts <= 100_000),
            ("weeks", weeks, "8 to 520", 8 <= weeks <= 520),
            ("seed", seed, "0 or more", seed >= 0),
            ("events-scale", events_scale, "above 0, up to 1000", 0 < events_scale <= 1000),
        )
        if not right
    ]
    if problems:
        raise ConfigError(*problems)


@contextmanager
def _parquet(path: Path, schema: pa.Schema) -> Iterator[ParquetSink]:
    sink = ParquetSink(path, schema)
    try:
        yield sink
    finally:
        sink.close()


def _write_block(win: Window, lives: list[tuple[Traits, Life]], sinks: dict[str, CsvSink]) -> None:
    """Every CSV row of a block of accounts."""
    rows: dict[str, list[Row]] = {name: [] for name in HEADERS}
    for traits, life in lives:
        bills = course(win, traits, life)
        tickets = support.tickets(win, traits, life)
        rows["zendesk/organization"].append(support.organization(win, traits))
        rows["zendesk/ticket"] += support.ticket_rows(win, traits, tickets)
        rows["zendesk/ticket_metrics"] += support.metric_rows(win, traits, tickets)
        rows["zendesk/satisfaction"] += support.satisfaction_rows(win, traits, tickets)
        rows["wootric/end_users"] += surveys.end_users(win, traits)
        rows["wootric/responses"] += surveys.responses(win, traits, life, tickets)
        rows["stripe/customer"].append(billing.customer_row(win, traits, bills))
        rows["stripe/subscription_history"] += billing.history_rows(win, traits, bills)
        rows["stripe/subscription_item"].append(billing.item_row(win, traits, bills))
        rows["stripe/invoice"] += billing.invoice_rows(win, traits, bills)
        rows["salesforce/account"].append(crm.account_row(win, traits))
        rows["salesforce/task"] += crm.task_rows(win, traits, life)
    for name, several in rows.items():
        sinks[name].write(several)


def _truth(win: Window, lives: list[tuple[Traits, Life]]) -> pa.Table:
    rows = [_truth_row(win, traits, life) for traits, life in lives]
    return pa.Table.from_pylist(rows, schema=TRUTH)


def _truth_row(win: Window, traits: Traits, life: Life) -> dict[str, object]:
    """The hidden side of one account."""
    known = asdict(traits) | {"story": traits.story.name, "plan": traits.plan.name}
    ended, notice = life.ended_at, life.notice_at
    return {name: known[name] for name in TRUTH.names if name in known} | {
        "started_at": moment(traits.started),
        "onset": moment(win.week_start(life.episodes[0].onset)).date() if life.episodes else None,
        "notice_at": None if notice is None else moment(notice),
        "churned_at": None if ended is None else moment(ended),
        "churn_date": None if ended is None else moment(ended).date(),
        "reason": None if ended is None else true_reason(traits),
    }
