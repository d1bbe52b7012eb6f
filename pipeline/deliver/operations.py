"""The workbook of CS operations: the week in sum, every list, why scores moved, and how good the data are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

import pandas as pd
from xlsxwriter.worksheet import Worksheet

from pipeline.deliver import quality, words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.managers import NOTICE_GIVEN
from pipeline.deliver.pen import MUTED, Pen
from pipeline.deliver.sheets import (
    ALL_LISTS,
    ANSWERS,
    BECAME,
    BROKEN,
    CHANGES,
    JUDGED,
    MANAGERS,
    READ,
    SOURCES,
    Column,
)
from pipeline.deliver.table import Sheet, paper, tab, write_head, write_sheet, write_table
from pipeline.deliver.text import clean
from pipeline.deliver.workbook import in_words, opened, title, write_about
from pipeline.figures import percent
from pipeline.lists.actions import AT_RISK
from pipeline.texts import say, word


def write_operations(delivery: Delivery, path: Path) -> Path:
    """Writes the workbook of operations and returns its path."""
    with opened(delivery, path, say("sheets.names.operations")) as pen:
        _summary(pen, delivery)
        for key, columns, frame in (("all_lists", ALL_LISTS, all_lists), ("changes", CHANGES, _changes)):
            plan = Sheet(key, title(key, delivery), say(f"sheets.leads.{key}"), columns)
            write_sheet(pen, plan, frame(delivery))
        _quality(pen, delivery)
        write_about(pen, delivery)
    return path


def all_lists(delivery: Delivery) -> pd.DataFrame:
    """At risk, leaving, and every signal, one row an account and list."""
    listed = delivery.at_risk.rows.assign(list=AT_RISK, why=_why(delivery.at_risk.rows))
    gone = delivery.leaving.assign(
        list="leaving", renewal_date=delivery.leaving["ends_at"], why=words.list_name(NOTICE_GIVEN)
    )
    signals = delivery.signal_rows
    signals = signals.assign(why=signals["evidence"], play=signals["play"].fillna(signals["tip"].map(words.first_tip)))
    frames = [frame for frame in (listed, gone, signals) if not frame.empty]
    rows = pd.concat(frames, ignore_index=True) if frames else signals
    rows = rows.assign(list=[words.sentence(words.list_name(name)) for name in rows["list"]]) if len(rows) else rows
    return rows.assign(**in_words(rows), what_now=rows["play"]) if "play" in rows else rows


def _changes(delivery: Delivery) -> pd.DataFrame:
    return delivery.changes


def managers(delivery: Delivery) -> pd.DataFrame:
    """The week of each manager in figures."""
    health, rows = delivery.health, delivery.at_risk.rows
    counts = {
        "accounts": health["owner"].value_counts(),
        "red": health.loc[health["band"] == "red", "owner"].value_counts(),
        "amber": health.loc[health["band"] == "amber", "owner"].value_counts(),
        "at_risk": rows["owner"].value_counts(),
        "act_now": delivery.actions["owner"].value_counts(),
        "set_aside": delivery.set_aside["owner"].value_counts(),
        "leaving": delivery.leaving["owner"].value_counts(),
        "left_out": pd.Series(delivery.at_risk.left_out, dtype=float),
    }
    table = pd.DataFrame(counts).fillna(0).astype(int)
    table["arr"] = delivery.actions.groupby("owner")["arr"].sum(min_count=1).reindex(table.index)
    return table.rename_axis("owner").reset_index().sort_values("owner", ignore_index=True)


def sources(health: pd.DataFrame) -> pd.DataFrame:
    """How many accounts each source spoke of, and how old that is."""
    found = []
    for name in (str(column) for column in health.columns if str(column).startswith("age_")):
        ages = health[name].dropna().astype(float)
        share = len(ages) / len(health) if len(health) else None
        source = name.removeprefix("age_")
        told = {"source": word(f"names.sources.{source}", source), "spoke": len(ages), "share": share}
        found.append({**told, "age": ages.median(), "oldest": ages.quantile(0.9)})
    return pd.DataFrame(found, columns=[column.name for column in SOURCES])


def _summary(pen: Pen, delivery: Delivery) -> None:
    """The week of each manager, what came back of the last lists, and what became of those on them."""
    report = delivery.report.to_dict()
    became = [
        {
            **each,
            "state": say("sheets.finished" if each["finished"] else "sheets.so_far"),
            "group": say(f"outcome.became_groups.{each['group']}"),
        }
        for each in report["became"]
    ]
    judged = [{**each, "reason": _main_reason(each["reason"])} for each in report["reasons"]]
    blocks = [
        Block("managers", "", managers(delivery), MANAGERS),
        Block("answers", say("sheets.answers"), _dated(report["weeks"]), ANSWERS),
        Block("verdicts", say("sheets.verdicts"), pd.DataFrame(judged), JUDGED),
        Block("became", f"{say('sheets.became')}\n{report['caution']}", _dated(became), BECAME),
    ]
    lead = f"{words.headline(delivery)} {words.news(delivery)}"
    _stacked(pen, delivery, "summary", lead, blocks)


def _main_reason(name: str) -> str:
    return word(f"names.main_reasons.{name}", name)


def _quality(pen: Pen, delivery: Delivery) -> None:
    """What was read and set aside and why, what the data said of each account, and what was found while reading."""
    known = delivery.health["coverage"].dropna()
    thin = percent(float((known < 0.5).mean())) if len(known) else percent(0.0)
    lead = say("sheets.leads.data_quality", share=thin)
    notes = [*delivery.about.notes, *(words.conflict(each) for each in delivery.report.conflicts)]
    if delivery.at_risk.unexplained:
        notes.append(say("sheets.unexplained", count=delivery.at_risk.unexplained))
    note = (Column("source", 24, "text", needed=True, head="note"),)
    read, broken = quality.read(delivery.inputs), quality.broken(delivery.inputs)
    blocks = [
        Block("read", say("sheets.read"), read, READ),
        Block("broken", say("data.rules"), broken, BROKEN, "" if read.empty else say("data.no_rules")),
        Block("sources", say("data.by_account"), sources(delivery.health), SOURCES),
        Block("notes", say("sheets.found"), pd.DataFrame({"source": notes}), note, say("sheets.nothing_found")),
    ]
    _stacked(pen, delivery, "data_quality", lead, blocks)


@dataclass(frozen=True)
class Block:
    """A table below others: its key, a sentence above it, its rows and columns, and what stands there without rows."""

    key: str
    sentence: str
    rows: pd.DataFrame
    columns: Sequence[Column]
    nothing: str = ""


def _stacked(pen: Pen, delivery: Delivery, key: str, lead: str, blocks: Sequence[Block]) -> None:
    """A sheet with several tables, one below the other."""
    sheet = pen.book.add_worksheet(tab(key))
    most = max(len(block.columns) for block in blocks)
    widths = [max(block.columns[at].width for block in blocks if at < len(block.columns)) for at in range(most)]
    write_head(pen, sheet, title(key, delivery), lead, widths)
    for at, width in enumerate(widths):
        sheet.set_column(at, at, width)
    row = 3
    for block in blocks:
        row = _headline(pen, sheet, row, block.sentence)
        if block.rows.empty:
            sheet.write_string(row, 0, block.nothing or say("sheets.nothing"), pen.make(font_color=MUTED))
            row += 2
        else:
            row = write_table(pen, sheet, row, block.key, block.rows, block.columns) + 1
    sheet.freeze_panes(2, 0)
    paper(sheet, title(key, delivery), row, most)


def _headline(pen: Pen, sheet: Worksheet, row: int, text: str) -> int:
    """A bold line, and below it what must be said beside it; the row after them."""
    first, _, more = text.partition("\n")
    lines = ([(first, {"bold": True})] if first else []) + [(part, {"font_color": MUTED}) for part in wrap(more, 110)]
    for at, (line, look) in enumerate(lines, row):
        sheet.write_string(at, 0, clean(line), pen.make(**look))
    return row + len(lines)


def _dated(rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    table = pd.DataFrame(list(rows))
    return table.assign(as_of=pd.to_datetime(table["as_of"])) if len(table) else table


def _why(rows: pd.DataFrame) -> pd.Series:
    texts = rows[["reason_1", "reason_2", "reason_3"]].astype("string").fillna("").to_numpy()
    return pd.Series(["\n".join(text for text in row if text) for row in texts], rows.index, dtype="string")
