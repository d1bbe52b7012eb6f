import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.deliver import Delivery
from pipeline.deliver.page import render, write_page
from tests.pipeline.company import delivery
from tests.pipeline.deliver.hostile import NAMES, hostile

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        if "chromium" in os.environ.get("HOLDFAST_REQUIRE", "").split(","):
            pytest.fail(f"HOLDFAST_REQUIRE asks for chromium, and {CHROMIUM} is not there")
        pytest.skip(f"{CHROMIUM} is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def week() -> Delivery:
    return delivery(130)


@pytest.fixture
def opened(browser: Any, tmp_path: Path, week: Delivery) -> Iterator[Open]:
    """Opens a week's page from disk; at the end nothing was said on the console and nothing was asked of a network."""
    said: list[str] = []
    asked: list[str] = []
    context = browser.new_context()
    path = tmp_path / "index.html"

    def go(given: Delivery = week, address: str = "", **viewport: int) -> Any:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(write_page(given, path).as_uri() + address)
        return page

    yield go
    context.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file://", "data:"))] == []


def shown(page: Any, table: str) -> list[str]:
    """The names in the visible rows of a table."""
    return page.locator(f"#{table} > tbody > tr:visible > th .open").all_inner_texts()


def test_the_first_screen_says_whom_to_call_and_why(opened: Open, week: Delivery) -> None:
    page = opened()
    first = week.at_risk.rows.iloc[0]
    row = page.locator("#calls tbody tr").first.inner_text()
    for text in (first["account_name"], first["owner"], first["reason_1"].lower(), first["play"]):
        assert text.lower() in row.lower()
    assert page.locator("#calls tbody tr").first.bounding_box()["y"] < 600
    assert page.locator("h1").inner_text().startswith(f"{len(week.at_risk.rows)} accounts need a call")
    assert "2 % chance to leave within 90 days" in page.locator("header").inner_text()


def test_all_accounts_are_sorted_by_a_click_and_turned_by_another(opened: Open, week: Delivery) -> None:
    page = opened()
    names = week.health.sort_values("health")["account_name"].tolist()
    assert shown(page, "all")[:3] == names[:3]
    page.click("#all button[data-sort=health]")
    assert shown(page, "all")[:3] == names[::-1][:3]
    assert page.locator("#all th[aria-sort]").get_attribute("aria-sort") == "descending"
    page.click("#all button[data-sort=arr]")
    largest = week.health.sort_values("arr", ascending=False)["account_name"].iloc[0]
    assert shown(page, "all")[0] == largest


def test_the_list_can_be_sorted_by_what_is_at_stake(opened: Open, week: Delivery) -> None:
    page = opened()
    page.click("#calls button[data-sort=arr]")
    by_size = week.at_risk.rows.sort_values(["arr"], ascending=False)["account_name"].tolist()
    assert shown(page, "calls") == by_size


def test_a_hundred_accounts_are_shown_and_the_rest_when_asked_for(opened: Open, week: Delivery) -> None:
    page = opened()
    assert len(shown(page, "all")) == 100
    page.click("#more")
    assert len(shown(page, "all")) == len(week.health)


def test_search_looks_into_names_owners_and_reasons_in_every_list(opened: Open, week: Delivery) -> None:
    page = opened()
    page.fill("#q", "bjorn akesson")
    mine = week.health[week.health["owner"] == "Björn Åkesson"]
    assert len(shown(page, "all")) == len(mine)
    listed = week.at_risk.rows[week.at_risk.rows["owner"] == "Björn Åkesson"]
    assert shown(page, "calls") == listed["account_name"].tolist()
    page.fill("#q", "no such account anywhere")
    assert page.locator("#all-none").is_visible() and page.locator("#act-none").is_visible()


def test_filters_are_kept_in_the_address_and_come_back_from_it(opened: Open, week: Delivery) -> None:
    page = opened()
    page.select_option("#owner", "Dana Levi")
    page.select_option("#band", "red")
    page.click("#all button[data-sort=name]")
    wanted = week.health[(week.health["owner"] == "Dana Levi") & (week.health["band"] == "red")]
    assert sorted(shown(page, "all")) == sorted(wanted["account_name"]) == shown(page, "all")
    again = opened(address="#" + page.url.split("#")[1])
    assert shown(again, "all") == shown(page, "all") and shown(again, "calls") == shown(page, "calls")
    assert again.input_value("#owner") == "Dana Levi"
    again.click("#clear")
    assert len(shown(again, "all")) == 100 and again.url.endswith("#sort=name")


def test_a_signal_filters_too(opened: Open, week: Delivery) -> None:
    page = opened()
    page.select_option("#tag", "renewal soon")
    wanted = week.health[week.health["tags"].str.contains("renewal soon")]
    assert len(shown(page, "all")) == len(wanted)


def test_a_row_opens_by_keyboard_and_its_points_add_up(opened: Open, week: Delivery) -> None:
    page = opened()
    button = page.locator("#all .open").first
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-expanded") == "true"
    detail = page.locator("#all .detail")
    worst = week.health.sort_values("health").iloc[0]
    label = detail.locator("svg").get_attribute("aria-label")
    points = [float(text.replace("\N{MINUS SIGN}", "-")) for text in re.findall(r"[+\N{MINUS SIGN}][\d.]+", label)]
    assert 60 + sum(points) == pytest.approx(worst["score"], abs=0.5)
    assert f"make {worst['score']:.1f}".replace("-", "\N{MINUS SIGN}") in detail.inner_text().replace(
        "-", "\N{MINUS SIGN}"
    )
    page.keyboard.press("Enter")
    assert detail.count() == 0


def test_a_phone_needs_no_sideways_scrolling(opened: Open) -> None:
    page = opened()
    page.set_viewport_size({"width": 375, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert shown(page, "calls")


def test_f63_hostile_names_are_text_and_nothing_of_them_runs(opened: Open) -> None:
    week = hostile()
    page = opened(week)
    assert page.title() != "owned"
    for button in page.locator(".open").all():
        button.click()
    assert page.title() != "owned" and page.locator("main img").count() == 0
    assert page.locator("a[href^='javascript']").count() == 0
    assert set(shown(page, "all")) >= {NAMES[1], NAMES[2], NAMES[8], "[U+202E]gnp.exe"}


def test_the_page_allows_its_own_style_and_script_and_no_network() -> None:
    text = render(hostile())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    allowed = policy[1].replace("&#39;", "'")
    assert allowed.startswith("default-src 'none'; style-src 'sha256-") and "unsafe" not in allowed
    assert "connect-src" not in allowed and text.count("<script") == 2
    assert json.loads(text.split('id="data">')[1].split("</script>")[0])["rows"]


def test_a_week_without_anybody_is_a_page_too(opened: Open, week: Delivery) -> None:
    rows = replace(week.at_risk, rows=week.at_risk.rows.head(0), left_out={})
    page = opened(replace(week, health=week.health.head(0), leaving=week.leaving.head(0), at_risk=rows))
    assert page.locator("h1").inner_text() == "Nobody needs a call this week."
    assert page.locator("#all-none").is_visible()


def test_the_scorecard_gives_no_chances(opened: Open) -> None:
    page = opened(delivery(60, modelled=False))
    assert "provisional" in page.locator("header").inner_text()
    assert "chance to leave" not in page.locator("main table").first.inner_text()


def test_five_thousand_accounts_are_one_page_that_opens(opened: Open, week: Delivery) -> None:
    import pandas as pd

    many = pd.concat([week.health] * 40, ignore_index=True)
    many["account_id"] = [f"ac-{at}" for at in range(len(many))]
    page = opened(replace(week, health=many))
    assert page.locator("#all-count").inner_text() == str(len(many))
    assert len(shown(page, "all")) == 100
