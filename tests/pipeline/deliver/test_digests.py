"""What each manager is sent: a Slack message and an e-mail, from the same content."""

from __future__ import annotations

import email
import json
import re
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.config.deliveries import DeliverSettings
from pipeline.config.settings import ListSettings
from pipeline.deliver import Delivery
from pipeline.deliver.digest import write_digests
from pipeline.deliver.digest.content import _soonest
from pipeline.deliver.digest.slack import LONGEST_SECTION, MOST_BLOCKS
from pipeline.deliver.managers import NOTICE_GIVEN
from pipeline.figures import written_for
from pipeline.lists import actions
from pipeline.stages.letters import addressed
from pipeline.texts import catalogue
from tests.pipeline.company import delivery, resting
from tests.pipeline.deliver.browser import chromium
from tests.pipeline.deliver.hostile import NAMES, hostile

PAGE = "https://health.example.com/published"
MENTIONS = ("<!channel>", "<@U0123>", "<https://evil.example|Acme>", "&lt;!here&gt;", "x" * 400, "&<>" * 100)


@pytest.fixture(scope="module")
def week() -> Delivery:
    return replace(delivery(200), settings=DeliverSettings(address=PAGE))


@pytest.fixture(scope="module")
def folder(week: Delivery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("digests")
    write_digests(week, catalogue(), place)
    return place


def mail(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), _class=EmailMessage, policy=default)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def texts_of(value: Any) -> list[str]:
    """Every text that Slack would show as marked text."""
    if isinstance(value, list):
        return [text for each in value for text in texts_of(each)]
    if not isinstance(value, dict):
        return []
    own = [str(value["text"])] if value.get("type") == "mrkdwn" else []
    return own + [text for each in value.values() for text in texts_of(each)]


def test_every_manager_has_a_message_and_an_e_mail_named_like_the_workbook(week: Delivery, tmp_path: Path) -> None:
    names = write_digests(week, catalogue(), tmp_path / "digests")
    assert names["Björn Åkesson"] == "bjorn-akesson"
    stems = sorted(f"{name}.{ending}" for name in names.values() for ending in ("eml", "json"))
    assert sorted(path.name for path in (tmp_path / "digests").iterdir()) == stems


def test_who_rests_and_how_many_did_not_fit_is_told_in_mail_and_message(tmp_path: Path) -> None:
    week = delivery(200)
    account = week.actions.loc[week.actions["owner"] == "Ana Ruiz", "account_id"].iloc[0]
    write_digests(resting(week, account), catalogue(), tmp_path)
    message = mail(tmp_path / "ana-ruiz.eml")
    slack = " ".join(texts_of(json.loads((tmp_path / "ana-ruiz.json").read_text())))
    for told in (part(message, "plain"), part(message, "html"), slack):
        flat = re.sub(r"\s+", " ", told.replace("\xa0", " "))
        assert "Not called this week: " in flat and "contacted on 10 Nov 2026; until 23 Nov 2026" in flat
        assert re.search(r"\d+ more with a warning; the web page has them", flat)


def test_the_text_answers_who_how_bad_why_what_now_and_by_when(week: Delivery, folder: Path) -> None:
    text = part(mail(folder / "ana-ruiz.eml"), "plain").replace("\xa0", " ").replace("\r\n", "\n")
    flat = re.sub(r"\s+", " ", text)
    mine = week.actions[week.actions["owner"] == "Ana Ruiz"]
    assert len(mine) == 8
    for row in mine.to_dict("records"):
        reasons = str(row["why"]).split("\n")
        for told in (row["account_name"], f"health {round(row['health'])}", *reasons, row["play"]):
            assert str(told) in flat, row["account_name"]
    assert max(len(line) for line in text.splitlines() if "://" not in line) <= 76
    assert f"{PAGE}/latest/site/lists.html#list=at-risk&owner=Ana%20Ruiz" in text
    for heading in ("What changed", "Renewals and notices", "Good news", "How the lists did", "The full list"):
        assert f"\n{heading}\n" in text
    assert "no proof of effect" in flat and "ana-ruiz.xlsx" in flat


def test_near_notice_dates_stand_first(week: Delivery, tmp_path: Path) -> None:
    account = week.actions[week.actions["owner"] == "Ana Ruiz"].iloc[-1]
    days = week.actions["decide_in_days"].where(week.actions["account_id"] != account["account_id"], 3.0)
    write_digests(replace(week, actions=week.actions.assign(decide_in_days=days)), catalogue(), tmp_path)
    first = part(mail(tmp_path / "ana-ruiz.eml"), "plain").split("1. ")[0]
    assert "Notice dates within 14 days" in first and str(account["account_name"]) in first


def test_the_same_week_gives_the_same_bytes_and_no_time_of_writing(
    week: Delivery, folder: Path, tmp_path: Path
) -> None:
    write_digests(week, catalogue(), tmp_path)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / path.name).read_bytes(), path.name
    message = mail(folder / "ana-ruiz.eml")
    assert {"Date", "From", "To", "Message-ID"}.isdisjoint(message.keys())
    assert str(date.today().year + 1) not in message["Subject"]


def test_figures_and_days_are_written_for_the_readers_country(week: Delivery, tmp_path: Path) -> None:
    with written_for("de_DE"):
        write_digests(week, catalogue(), tmp_path)
    text = part(mail(tmp_path / "ana-ruiz.eml"), "plain")
    assert "16.11.2026" in text and re.search(r"\d+\.\d{3}\xa0€ a year", text)


def test_a_message_to_slack_keeps_its_limits_and_counts_what_does_not_fit(week: Delivery, tmp_path: Path) -> None:
    names = [MENTIONS[at % len(MENTIONS)] for at in range(len(week.signal_rows))]
    crowded = week.signal_rows.assign(owner="Ana Ruiz", account_name=names, reason_1="&<>" * 200)
    todo = actions.action_list(week.at_risk.rows.head(0), crowded, ListSettings(capacity=500))
    assert len(todo) > 40
    write_digests(replace(week, actions=todo), catalogue(), tmp_path)
    payload = json.loads((tmp_path / "ana-ruiz.json").read_text())
    shown = sum(bool(re.match(r"\*\d+\. ", text)) for text in texts_of(payload["blocks"]))
    assert 0 < shown < len(todo) and len(payload["blocks"]) <= MOST_BLOCKS
    assert max(map(len, texts_of(payload["blocks"]))) <= LONGEST_SECTION
    assert len(json.dumps(payload["blocks"])) < 13_000
    assert f"{len(todo) - shown} more stand on your list." in texts_of(payload["blocks"])


def test_f63_no_name_can_mention_a_channel_or_make_a_link_in_slack(week: Delivery, tmp_path: Path) -> None:
    names = [*MENTIONS, *NAMES]
    rows = week.actions.head(len(names))
    todo = rows.assign(owner=names, account_name=names, why=names, play=names, list=names, play_role=names)
    write_digests(replace(week, actions=todo), catalogue(), tmp_path)
    found = [json.loads(path.read_text()) for path in tmp_path.glob("*.json")]
    assert len(found) > len(names) - 2
    for text in [text for each in found for text in [each["text"], *texts_of(each["blocks"])]]:
        left = re.sub(rf"<{re.escape(PAGE)}[^<>|]*\|[^<>]*>", "", text)
        assert not set("<>") & set(left), text
        assert not re.search(r"&(?!amp;|lt;|gt;)", text), text


class Remote(HTMLParser):
    """Collects what a mail program would fetch, and what would run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.found += [tag] if tag in ("img", "script", "link", "iframe", "form", "object", "svg") else []
        self.found += [name for name in given if name in ("src", "srcset", "background") or name.startswith("on")]
        self.found += ["url("] if "url(" in given.get("style", "") else []
        self.links += [given["href"]] if "href" in given else []


def test_f63_an_e_mail_fetches_nothing_runs_nothing_and_links_to_the_page_alone(folder: Path, tmp_path: Path) -> None:
    write_digests(hostile(120), catalogue(), tmp_path)
    for path in (*folder.glob("*.eml"), *tmp_path.glob("*.eml")):
        seen = Remote()
        seen.feed(part(mail(path), "html"))
        assert not seen.found, path.name
        assert all(link.startswith(("https://", "http://")) for link in seen.links)
    asked: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        for path in sorted(tmp_path.glob("*.eml")):
            page.set_content(part(mail(path), "html"))
            assert "to act on" in page.title() or "Nobody to call" in page.title()
    assert not asked


def test_a_name_with_line_breaks_adds_no_header(folder: Path) -> None:
    digest = (folder / "ana-ruiz.eml").read_bytes()
    evil = "Eve\r\nBcc: everyone@example.com\n\nbody"
    message = addressed(digest, "Holdfast <holdfast@example.com>", "eve@example.com", evil, None)
    sent = email.message_from_bytes(message.as_bytes(), policy=default)
    known = {"Subject", "Auto-Submitted", "MIME-Version", "Content-Type", "From", "To", "Date", "Message-ID"}
    assert set(sent.keys()) == known and sent["To"].addresses[0].addr_spec == "eve@example.com"


def test_the_workbook_is_attached_and_the_text_stays_the_first_thing_read(folder: Path, tmp_path: Path) -> None:
    book = tmp_path / "ana-ruiz.xlsx"
    book.write_bytes(b"PK")
    message = addressed((folder / "ana-ruiz.eml").read_bytes(), "h@example.com", "a@example.com", "Ana Ruiz", book)
    sent = email.message_from_bytes(message.as_bytes(), _class=EmailMessage, policy=default)
    assert sent.get_content_type() == "multipart/mixed"
    (attached,) = sent.iter_attachments()
    assert attached.get_filename() == "ana-ruiz.xlsx"
    assert "8 accounts need you" in part(sent, "plain") and "8 accounts need you" in part(sent, "html")


def test_where_no_contract_says_when_it_ends_those_who_gave_notice_still_come_first() -> None:
    rows = pd.DataFrame({"account_id": ["b", "a"], "stands_on": ["early renewal", NOTICE_GIVEN]})
    assert _soonest(rows)["account_id"].tolist() == ["a", "b"]
