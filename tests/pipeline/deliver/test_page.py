"""The web page, opened from disk in a real browser."""

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import pytest

from pipeline.deliver import Delivery
from pipeline.deliver.site import write_site
from pipeline.deliver.site.pages import PAGES
from pipeline.deliver.words import change as words_change
from pipeline.figures import short_money
from pipeline.loop.report import LoopReport
from tests.pipeline.company import AS_OF, resting
from tests.pipeline.deliver.browser import Open, chromium, watched
from tests.pipeline.deliver.hostile import NAMES, hostile
from tests.pipeline.deliver.told import STATED, histories, told

MINUS = "\N{MINUS SIGN}"
EVERY_PAGE = ["index.html", *(f"site/{name}.html" for name in PAGES[1:])]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def week() -> Delivery:
    found = told(130)
    # the notice date of the first account on the list has gone by
    rows = found.at_risk.rows.copy()
    rows.loc[0, "decide_by"] = pd.Timestamp(AS_OF) - pd.Timedelta(days=3)
    # and the first of those who leave is gone tonight
    leaving = found.leaving.copy()
    leaving.loc[0, ["ends_at", "days_left"]] = [pd.Timestamp(AS_OF), 0.0]
    return replace(found, at_risk=replace(found.at_risk, rows=rows), leaving=leaving)


@pytest.fixture(scope="module")
def folder(week: Delivery, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(week, tmp_path_factory.mktemp("week"))


@pytest.fixture
def opened(browser: Any) -> Iterator[Open]:
    with watched(browser) as go:
        yield go


def written(week: Delivery, folder: Path) -> Path:
    write_site(week, folder)
    return folder


def shown(page: Any) -> list[str]:
    """The names in the rows of the list."""
    page.wait_for_selector("#table tbody tr")
    return page.locator("#table tbody .open").all_inner_texts()


def shows(page: Any, names: list[str]) -> None:
    """Waits until the list has these names in its rows: a click sorts a moment later, and a page opens in its time."""
    from playwright.sync_api import expect

    expect(page.locator("#table tbody .open")).to_have_text(names)


def kept(page: Any) -> str:
    """What the address keeps, asked of the page itself: what the browser reports of it comes later."""
    return str(page.evaluate("location.hash"))[1:]


def at_lists(opened: Open, folder: Path, **chosen: str) -> Any:
    return opened(folder, f"site/lists.html#{urlencode(chosen)}")


def at_account(opened: Open, folder: Path, account: str) -> Any:
    page = opened(folder, f"site/account.html#{urlencode({'id': account})}")
    page.wait_for_selector("#account[data-ready]")
    return page


def test_the_first_screen_says_whom_to_call_and_why(opened: Open, folder: Path, week: Delivery) -> None:
    page = opened(folder)
    first = week.at_risk.rows.iloc[0]
    row = page.locator(".first li").first
    for text in (first["account_name"], first["owner"], first["reason_1"], first["play"], "notice date passed"):
        assert text.lower() in row.inner_text().lower()
    assert row.bounding_box()["y"] < 600
    assert page.locator("h1").inner_text().startswith(f"{len(week.at_risk.rows)} accounts need a call")
    assert page.locator("figure svg[role=img]").count() == 4
    page.click(".owners tbody a >> nth=0")
    page.wait_for_selector("#table tbody tr")
    owner = page.input_value("#owner")
    mine = week.at_risk.rows[week.at_risk.rows["owner"] == owner]
    shows(page, mine["account_name"].tolist())


def test_a_list_is_sorted_by_a_click_and_turned_by_another(opened: Open, folder: Path, week: Delivery) -> None:
    assert at_lists(opened, folder).locator("#sort option").first.inner_text() == "List order"
    page = at_lists(opened, folder, list="all")
    names = week.health.sort_values("health")["account_name"].tolist()
    shows(page, names[:50])
    health = page.locator("th", has_text="Health").locator("[role=button]")
    health.click()
    shows(page, names[::-1][:50])
    assert page.locator("th[aria-sort=descending]").inner_text().startswith("Health")
    page.select_option("#sort", "worth")
    largest = week.health.sort_values("arr", ascending=False)["account_name"].iloc[0]
    page.locator("#table tbody tr:first-child .open", has_text=largest).wait_for()
    page.locator(".dt-paging-button", has_text="3").click()
    page.locator(".dt-paging-button.current", has_text="3").wait_for()
    assert len(shown(page)) == len(week.health) - 100


def test_search_and_filters_stay_in_the_address_and_come_back_from_it(
    opened: Open, folder: Path, week: Delivery
) -> None:
    page = at_lists(opened, folder, list="all")
    page.select_option("#owner", "Dana Levi")
    page.select_option("#band", "red")
    page.select_option("#sort", "account" if page.locator("#sort option[value=account]").count() else "name")
    wanted = week.health[(week.health["owner"] == "Dana Levi") & (week.health["band"] == "red")]
    shows(page, sorted(wanted["account_name"], key=str.casefold))
    segment = wanted["segment"].iloc[0]
    page.select_option("#segment", segment)
    narrower = wanted[wanted["segment"] == segment]
    shows(page, sorted(narrower["account_name"], key=str.casefold))
    page.fill("#q", narrower["account_name"].iloc[0].lower())
    again = opened(folder, f"site/lists.html#{kept(page)}")
    for each in (page, again):
        shows(each, [narrower["account_name"].iloc[0]])
    assert again.input_value("#owner") == "Dana Levi" and "Dana Levi" in again.title()
    again.click("#clear")
    again.locator("#clear").wait_for(state="hidden")
    assert len(shown(again)) == 50 and again.locator("#count").inner_text() == f"{len(week.health)} accounts"


def test_search_ignores_accents_and_looks_into_reasons(opened: Open, folder: Path, week: Delivery) -> None:
    page = at_lists(opened, folder, list="all", q="bjorn akesson")
    assert len(shown(page)) == (week.health["owner"] == "Björn Åkesson").sum()
    page.fill("#q", "no such account anywhere")
    page.locator("#table", has_text="No account fits these filters.").wait_for()


def test_every_signal_has_its_list_with_what_to_do(opened: Open, folder: Path, week: Delivery) -> None:
    page = at_lists(opened, folder)
    for name in ("quiet account", "unused features", "advocate"):
        page.click(f"#lists a[data-list='{name.replace(' ', '-')}']")
        page.locator("h1", has_text=name.capitalize()).wait_for()
        members = week.health[week.health["tags"].str.split("; ").map(lambda tags, name=name: name in tags)]
        assert set(shown(page)) <= set(members["account_name"]) and shown(page)
        assert page.locator("#lists a[aria-current]").inner_text().split() == [
            *name.capitalize().split(),
            str(len(members)),
        ]
        told = week.signal_rows[week.signal_rows["list"] == name].set_index("account_name")["evidence"]
        first = page.locator("#table tbody .reasons li:first-child").first.inner_text().replace("\u00a0", " ")
        assert told[shown(page)[0]].lower() == first.lower()
        if name == "unused features":
            said = page.locator("#table tbody .reasons").all_inner_texts()
            assert {text.count("features of the plan unused") for text in said} == {1}, (
                "once, and not as a reason again"
            )
    page.go_back()
    page.locator("h1", has_text="Unused features").wait_for()
    page.click("#lists a[data-list=leaving]")
    page.locator("h1", has_text="Leaving").wait_for()
    assert "ends today" in page.locator("#table").inner_text()
    assert page.locator("#table tbody tr").count() == len(week.leaving)


def test_who_leaves_has_a_page_that_says_when_why_and_what_to_do(opened: Open, folder: Path, week: Delivery) -> None:
    page = at_lists(opened, folder, list="leaving")
    shows(page, week.leaving["account_name"].tolist())
    page.locator(".open").first.click()
    page.wait_for_selector("#account[data-ready]")
    assert page.locator(".status.leaving").inner_text() == "Leaving"
    assert page.locator("header .lead").inner_text().endswith("ends on 16 Nov 2026 · ends today")
    told = ["Gave notice on 3 Nov 2026", f"Stated reason: {STATED}"]
    assert page.locator(".halves .reasons li").all_inner_texts() == told
    assert "Make leaving easy" in page.locator(".halves").first.inner_text()
    assert "Nothing stands out" not in page.locator("#account").inner_text()
    other = at_account(opened, folder, week.leaving["account_id"].iloc[1])
    assert other.locator(".halves .reasons li").last.inner_text() == "No stated reason to show"


def test_an_account_is_reached_by_keyboard_and_the_way_back_keeps_the_list(
    opened: Open, folder: Path, week: Delivery
) -> None:
    page = at_lists(opened, folder, list="at-risk", owner="Ana Ruiz")
    before = shown(page)
    page.locator(".open").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#account[data-ready]")
    assert page.locator("h1").inner_text() == before[0]
    page.click("#back")
    shows(page, before)
    assert page.input_value("#owner") == "Ana Ruiz"
    page.go_back()
    page.wait_for_selector("#account[data-ready]")
    page.go_back()
    shows(page, before)


def test_a_change_is_rounded_once_and_as_in_the_workbook(opened: Open, tmp_path: Path, week: Delivery) -> None:
    # rounded to hundredths first, the first and second would be a point more
    moved = {2.4951: "+2", -7.4951: "−7", 2.5: "+2", 3.5: "+4", -0.2: "0"}
    health = week.health.copy()
    health["change_1w"] = [*moved, *health["change_1w"].iloc[len(moved) :]]
    folder = written(replace(week, health=health), tmp_path)
    page = at_lists(opened, folder, list="all", sort="name")
    for account, change, shown_as in zip(health["account_id"], moved, moved.values(), strict=False):
        page.fill("#q", account)
        row = page.locator(f"#table tbody tr:only-child:has([data-id='{account}'])")
        assert row.locator("td[data-label='1 week']").inner_text() == shown_as == words_change(change)
    page = at_account(opened, folder, health["account_id"].iloc[0])
    assert "+2 in 1 week" in page.locator("header.account").inner_text()
    assert "Health moved by +2.5." in page.locator("#account").inner_text()


def test_the_names_beside_bars_are_whole(opened: Open, tmp_path: Path, week: Delivery) -> None:
    health = week.health.assign(segment=week.health["segment"].replace({"Small": "Small business WWW"}))
    page = opened(written(replace(week, health=health), tmp_path), "site/portfolio.html")
    cut = """svg => [...svg.querySelectorAll("text")].filter(text =>
        text.getBoundingClientRect().left < svg.getBoundingClientRect().left).map(text => text.textContent)"""
    charts = page.locator("svg.chart")
    assert charts.count() > 1
    assert [charts.nth(at).evaluate(cut) for at in range(charts.count())] == [[]] * charts.count()


def test_the_points_of_an_account_add_up_and_its_past_is_drawn_and_told(
    opened: Open, folder: Path, week: Delivery
) -> None:
    worst = week.health.sort_values("health").iloc[0]
    page = at_account(opened, folder, worst["account_id"])
    assert page.locator("#account figure svg[role=img]").count() == 5 + 1
    table = page.locator("section", has_text="Where the points come from").last.locator("table")
    cells = table.locator("tbody td:nth-child(2)").all_text_contents()
    points = [float(text.replace(MINUS, "-")) for text in cells]
    assert 60 + sum(points) == pytest.approx(worst["score"], abs=0.5)
    assert f"make {worst['score']:.1f}".removesuffix(".0") in page.locator("#account").inner_text()
    assert f"Health moved by {worst['change_1w']:+.1f}".replace("-", MINUS) in page.locator("#account").inner_text()
    assert "The upright mark is where it was last week." in page.locator("#account").inner_text()
    events = page.locator("section", has_text="Everything on one line").last.locator("table").first.text_content()
    for text in ("urgent bug, open", "NPS: 4: ", "call, Ana Ruiz", "monthly revenue €80, was €100"):
        assert text in events
    assert page.title() != "owned" and "[U+202E]the export" in events


def test_what_ties_an_account_stands_two_by_two_with_its_evidence_and_marked_as_inferred(
    opened: Open, folder: Path, week: Delivery
) -> None:
    page = at_account(opened, folder, week.health["account_id"].iloc[0])
    section = page.locator("section", has_text="Satisfaction and loyalty").last
    words = section.inner_text().replace("\n", " ")
    for text in ("loyalty inferred", "contractual (term and notice) A term of 12 months", "71 % of the seats in use"):
        assert text in words.replace("\u00a0", " ")
    assert "affective Satisfaction 80 of 100" in words and "Mercenary: satisfied but hardly tied" in words
    corners = section.locator("svg text", has_text="Loyalist")
    assert corners.count() == 1 and section.locator("svg[role=img]").get_attribute("aria-label").startswith("Mercenary")
    definitions = opened(folder, "site/definitions.html").locator("main").inner_text()
    for text in ("Jones and Sasser 1995", "Oliver 1999", "Meyer and Oevermann 1995", "satisfaction of 70 or more"):
        assert text in definitions


def test_who_rests_stands_on_a_list_of_its_own_and_the_page_says_why_and_until_when(
    opened: Open, tmp_path: Path, week: Delivery
) -> None:
    account = week.actions["account_id"].iloc[0]
    folder = written(resting(week, account, why="snoozed: they merge"), tmp_path)
    page = opened(folder, "site/lists.html#list=resting")
    words = page.locator("#table tbody").inner_text()
    assert page.locator("#table tbody tr").count() == 1
    assert "Snoozed: they merge" in words and "23 Nov 2026" in words.replace("\u00a0", " ")
    page.click("#table a.open")
    page.wait_for_selector("#account[data-ready]")
    assert "Not called until 23 Nov 2026: snoozed: they merge" in page.locator("#account").inner_text().replace(
        "\u00a0", " "
    )


def test_an_account_whose_satisfaction_is_not_known_says_so_and_stands_on_a_line(
    opened: Open, tmp_path: Path, week: Delivery
) -> None:
    unasked = week.loyalty.assign(satisfaction=float("nan"), quadrant="", evidence="satisfaction: not known: no answer")
    folder = written(replace(week, loyalty=unasked), tmp_path)
    page = at_account(opened, folder, week.health["account_id"].iloc[0])
    words = page.locator("section", has_text="Satisfaction and loyalty").last.inner_text()
    assert "not known" in words and "somewhere on this line" in words and "Not known: no answer" in words


def test_the_odds_to_have_left_stand_on_the_page_as_far_as_they_are_known(
    opened: Open, tmp_path: Path, week: Delivery
) -> None:
    known = {"churn_30d": 0.0002, "churn_60d": 0.05, "churn_90d": 0.1, "churn_180d": float("nan")}
    health = week.health.assign(**known, weeks_to_leaving=float("nan"))
    health.loc[1, "weeks_to_leaving"] = 9.0
    folder = written(replace(week, health=health), tmp_path)
    first, second = (at_account(opened, folder, health["account_id"].iloc[at]).locator("#account") for at in (0, 1))
    words = first.inner_text().replace("\u00a0", " ")
    for text in ("in 30 days\n< 0.1 %", "in 60 days\n5 %", "in 90 days\n10 %", "these 90 days"):
        assert text in words
    assert "in 180 days" not in words and "within 9 weeks" in second.inner_text()


def test_odds_that_no_longer_grow_say_why_and_those_that_grow_say_nothing(
    opened: Open, tmp_path: Path, week: Delivery
) -> None:
    flat = {"churn_30d": 0.02, "churn_60d": 0.05, "churn_90d": 0.0502, "churn_180d": 0.0503}
    health = week.health.assign(**flat, weeks_to_leaving=float("nan"), renewal_date=pd.NaT)
    health.loc[1, "renewal_date"] = pd.Timestamp(AS_OF) + pd.Timedelta(days=100)
    health.loc[2, "churn_180d"] = 0.2
    folder = written(replace(week, health=health), tmp_path)
    words = [
        at_account(opened, folder, health["account_id"].iloc[at]).locator("#account").inner_text() for at in range(3)
    ]
    assert "From 60 to 180 days hardly anything is added: no contract term" in words[0]
    assert "From 60 to 180 days hardly anything is added, although a contract term ends" in words[1]
    assert "hardly anything is added" not in words[2]


def test_the_page_on_earlier_lists_tells_what_was_said_and_what_became_of_them_and_that_it_proves_nothing(
    opened: Open, folder: Path, tmp_path: Path, week: Delivery
) -> None:
    page = opened(folder, "site/outcome.html")
    rows = page.locator("main section tbody tr").all_inner_texts()
    for row in (
        "19 Oct 2026\t40\t12\t10\t25 %\t4\t3\t1\t0",
        "12 Oct 2026\t0\t0\t0\t\t0\t0\t0\t0",
        "Usage\t5\t2\t3\t60 %\t0",
        "19 Oct 2026, 4 weeks ago\ton the at-risk list\tso far\t40\t6\t15 %\t7 % – 29 %\t2",
        "19 Oct 2026, 4 weeks ago\tcontacted in the week after\tso far\t10\t1\t10 %\t2 % – 40 %\t0",
    ):
        assert row in rows
    words = page.locator("main").inner_text()
    assert "without an untouched group this is no proof of effect" in words.lower()
    assert "counted is who left after that week" in words and "is no experiment" in words
    assert "'<b>false alarm</b>' of a.xlsx is not" in words and "holdfast feedback" not in words
    unheard = written(replace(week, report=LoopReport()), tmp_path)
    told = opened(unheard, "site/outcome.html").locator("main").inner_text()
    assert "holdfast feedback" in told and "no proof of effect" in told and "What managers said" not in told


def test_a_card_of_another_model_than_the_one_in_use_says_so(opened: Open, tmp_path: Path, week: Delivery) -> None:
    version = week.about.model
    for name, noted in ((version, 0), ("2020-01-01-another", 1)):
        card = f"# Churn model {name}\n\nGrade **B**.\n"
        folder = written(replace(week, card=card), tmp_path / name)
        page = opened(folder, "site/model.html")
        assert page.locator("main .note", has_text="another model than the one in use").count() == noted
        assert "Grade B." in page.locator("main .prose").inner_text()


def test_a_list_row_has_place_for_one_tip_and_the_page_of_the_account_for_all(
    opened: Open, tmp_path: Path, week: Delivery
) -> None:
    tips = "timeline edited: plan together\napi call: fetch figures\nreport viewed: weekly"
    health = week.health.assign(tips=tips)
    health.loc[0, "tips"] = "api call: fetch figures"
    folder = written(replace(week, health=health), tmp_path)
    rows = at_lists(opened, folder, list="at-risk").locator("#table tbody")
    assert (
        "Tip: timeline edited: plan together (+ 2 more)" in rows.inner_text()
        and "report viewed" not in rows.inner_text()
    )
    page = at_account(opened, folder, health["account_id"].iloc[1])
    assert page.locator(".tips li").all_inner_texts() == [
        "Timeline edited: plan together",
        "Api call: fetch figures",
        "Report viewed: weekly",
    ]


def test_the_portfolio_shows_the_sections_that_are_known_with_their_units(
    opened: Open, folder: Path, week: Delivery
) -> None:
    page = opened(folder, "site/portfolio.html")
    rows = page.locator("main tbody tr").all_inner_texts()
    told = ["\t".join(row.split("\t")) for row in rows]
    for row in (
        f"Mercenary\t{len(week.loyalty)}\t100 %\t{short_money(week.health['arr'].sum(), week.about.currency)}",
        "13\t80\t3\t2\t97.5 %\t2.5 %\t\t",
        "Oct 2026\t€10k\t€500\t€200\t€100\t€300\t€0\t€10k",
        "Aug 2026\t8\t100 %\t100 %\t75 %",
        "Aug 2026\t€10k\t100 %\t105 %\t60 %",
        "<i>exports</i>\t60\t75 %\t90 %\t–",
        "NPS\t31\t20 – 42\t\t40\t10\t25 %",
        "urgent\t4\t1\t2 hours\t\t2 hours\t",
        "<b>price</b>\t2\t25 %",
        "did not say\t5\t62 %",
    ):
        assert row in told
    words = page.locator("main").inner_text()
    assert "€40k" in words and "It costs 5 to 25 times." in words and "CES was never asked." in words
    heads = page.locator("main section", has_text="Adoption by feature").locator("thead th").all_inner_texts()
    assert heads == ["Feature", "Accounts", "Share", "<b>Pro</b>", "basic"]


def test_who_moved_the_score_and_what_was_set_by_hand_stand_on_the_page(
    opened: Open, tmp_path: Path, week: Delivery
) -> None:
    health = week.health.copy()
    parts = [
        {"what": "customer", "dimension": "usage", "points": -3.25},
        {"what": "model", "dimension": "timing", "points": 1.0},
    ]
    health["moved"] = json.dumps(parts)
    health["override_band"], health["override_by"], health["override_reason"] = "green", "Ana", "merger"
    folder = written(replace(week, health=health), tmp_path)
    page = at_account(opened, folder, health["account_id"].iloc[5])
    words = page.locator("#account").inner_text()
    for text in (f"The customer {MINUS}3.3", f"{MINUS}3.3 Usage", "The model +1.0", "+1.0 Renewal calendar"):
        assert text in words
    assert "By hand: green, Ana, merger" in words
    assert page.locator(".state .health").inner_text().split()[0] == str(round(health["health"].iloc[5]))


def test_an_account_about_which_nothing_is_known_has_a_page(opened: Open, folder: Path, week: Delivery) -> None:
    page = at_account(opened, folder, week.health["account_id"].iloc[-1])
    assert "Nothing was recorded" in page.locator("#account").inner_text()
    assert "There is no account x-1" in opened(folder, "site/account.html#id=x-1").locator("h1").inner_text()


@pytest.mark.parametrize(("scheme", "rules"), [("light", {}), ("dark", {"runOnly": ["color-contrast"]})])
def test_axe_finds_no_violation_on_any_page(
    browser: Any, folder: Path, week: Delivery, scheme: str, rules: dict[str, Any]
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    account = urlencode({"id": week.at_risk.rows["account_id"].iloc[0]})
    gone = urlencode({"id": week.leaving["account_id"].iloc[0]})
    accounts = [f"site/account.html#{each}" for each in (account, gone)]
    pages = [*EVERY_PAGE, "site/lists.html#list=all", "site/lists.html#list=leaving", *accounts]
    with watched(browser, color_scheme=scheme) as go:
        for address in pages:
            page = go(folder, address)
            if "account" in address:
                page.wait_for_selector("#account[data-ready]")
            found = Axe().run(page, options={"preload": False, **rules})
            assert found.violations_count == 0, f"{address}: {found.generate_report()}"
            page.close()


def test_a_phone_needs_no_sideways_scrolling(browser: Any, folder: Path, week: Delivery) -> None:
    account = urlencode({"id": week.at_risk.rows["account_id"].iloc[0]})
    with watched(browser, viewport={"width": 375, "height": 740}) as go:
        for address in (*EVERY_PAGE, "site/lists.html#list=all", f"site/account.html#{account}"):
            page = go(folder, address)
            page.wait_for_timeout(400 if "account" in address else 0)
            assert page.evaluate("document.documentElement.scrollWidth") <= 375, address
            page.close()


def test_on_paper_a_list_is_a_table_and_every_chart_and_table_is_whole(
    browser: Any, tmp_path: Path, week: Delivery
) -> None:
    counts = {"records": 12_345_678, "accepted": 11_975_310, "quarantined": 123_456, "duplicates": 123_456}
    counts["filtered"] = 123_456
    broken = {"rules": {f"rule {number}": 1 for number in range(60)}, "last": "2026-11-15", "known_at": "told"}
    folder = written(replace(week, inputs={"sources": [{"name": "usage", **counts, **broken}]}), tmp_path)
    account = urlencode({"id": week.at_risk.rows["account_id"].iloc[0]})
    with watched(browser, viewport={"width": 1440, "height": 900}) as go:
        for address in ("site/lists.html", "site/data.html", f"site/account.html#{account}"):
            page = go(folder, address)
            if "account" in address:
                page.wait_for_selector("#account[data-ready]")
            # drawn for a desk, printed on paper
            page.set_viewport_size({"width": 700, "height": 1000})
            page.emulate_media(media="print")
            assert page.evaluate("document.documentElement.scrollWidth") <= 700, address
            assert page.locator(".rows tbody tr").evaluate_all(
                "rows => rows.every((row) => getComputedStyle(row).display === 'table-row')"
            )
            assert page.locator(".drawing svg").evaluate_all(
                "all => all.map((svg) => [svg, svg.closest('.card')].map((each) => each.getBoundingClientRect().right))"
                ".every(([inner, outer]) => inner <= outer)"
            )
            assert page.locator("main .scroll").evaluate_all(
                "all => all.every((each) => !each.offsetParent || each.scrollHeight <= each.clientHeight + 1)"
            )
            page.close()


def test_f63_f24_hostile_texts_are_shown_and_nothing_of_them_runs(opened: Open, tmp_path: Path) -> None:
    week = hostile()
    week = replace(week, histories=histories(week, ()), card=NAMES[1], inputs={"sources": [{"name": NAMES[3]}]})
    folder = written(week, tmp_path)
    page = at_lists(opened, folder, list="all")
    assert set(shown(page)) >= {NAMES[1], NAMES[2], NAMES[8], "[U+202E]gnp.exe", NAMES[9]}
    assert page.locator("a[href^='javascript'], #table img").count() == 0
    account = at_account(opened, folder, week.health["account_id"].iloc[3])
    for each in (page, account, *(opened(folder, address) for address in EVERY_PAGE)):
        assert each.title() != "owned" and each.locator("main img").count() == 0
        assert each.evaluate("[...document.querySelectorAll('script')].every((each) => each.src)")


def test_every_page_allows_its_own_folder_and_nothing_else(folder: Path) -> None:
    for address in (*EVERY_PAGE, "site/account.html"):
        text = (folder / address).read_text()
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
        assert policy is not None
        allowed = policy[1].replace("&#39;", "'")
        assert allowed.startswith("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:")
        assert (
            "unsafe" not in allowed
            and " style=" not in text
            and not re.search(r"<script(?! src=)|https?://(?!www\.w3\.org)", text)
        )


@pytest.mark.parametrize("modelled", [True, False])
def test_a_week_without_anybody_and_without_a_past_is_a_page_too(opened: Open, tmp_path: Path, modelled: bool) -> None:
    week = told(60, modelled=modelled)
    nobody = replace(week.at_risk, rows=week.at_risk.rows.head(0), left_out={})
    empty = replace(
        week, health=week.health.head(0), leaving=week.leaving.head(0), at_risk=nobody, past=(), histories=None
    )
    folder = written(replace(empty, inputs={}, card="", portfolio=replace(week.portfolio, realised=())), tmp_path)
    for address in EVERY_PAGE:
        assert opened(folder, address).locator("h1").is_visible()
    assert "Nobody is on this list this week." in at_lists(opened, folder).locator("#table").inner_text()


def test_the_scorecard_gives_no_chances(opened: Open, tmp_path: Path) -> None:
    folder = written(told(60, modelled=False), tmp_path)
    assert "provisional" in opened(folder).locator("main").inner_text().lower()
    page = at_lists(opened, folder, list="all")
    assert page.locator("th", has_text="Chance").count() == 0
    page = at_lists(opened, folder)
    assert shown(page) and "chance to leave" not in page.locator("#table").inner_text()


def test_a_replayed_week_has_its_lists_and_says_where_histories_are(
    opened: Open, tmp_path: Path, week: Delivery
) -> None:
    replayed = replace(week, about=replace(week.about, replayed=True), histories=None)
    folder = written(replayed, tmp_path)
    page = at_lists(opened, folder)
    page.locator(".open").first.click()
    page.wait_for_selector("#account[data-ready]")
    assert "not kept with this week" in page.locator("#account").inner_text()
    assert not (folder / "site" / "lib" / "charts.js").exists()


def test_five_thousand_accounts_open_a_page_of_them_at_a_time(opened: Open, tmp_path: Path, week: Delivery) -> None:
    many = pd.concat([week.health] * 41, ignore_index=True).head(5000)
    many["account_id"] = [f"ac-{number}" for number in range(len(many))]
    folder = written(replace(week, health=many), tmp_path)
    page = at_lists(opened, folder, list="all")
    assert len(shown(page)) == 50 and page.locator("#count").inner_text() == "5,000 accounts"


def test_the_same_week_gives_the_same_bytes(folder: Path, week: Delivery, tmp_path: Path) -> None:
    again = written(week, tmp_path)
    files = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert files == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert all((folder / name).read_bytes() == (again / name).read_bytes() for name in files)


def test_of_a_very_large_book_everybody_on_a_list_to_act_on_has_a_page_and_the_rest_is_told(
    opened: Open, week: Delivery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.deliver.site.accounts.MOST", 20)
    folder = written(week, tmp_path)
    page = at_lists(opened, folder, list="all")
    rows = page.evaluate("window.holdfast.accounts.rows.map((row) => row[0])")
    acted = week.signal_rows[week.signal_rows["list"] != "unused features"]["account_id"]
    linked = {*week.at_risk.rows["account_id"], *week.actions["account_id"], *week.leaving["account_id"], *acted}
    assert linked <= set(rows) and 20 < len(linked) < len(week.health)
    without = week.health[~week.health["account_id"].isin(rows)].iloc[0]
    assert "health_scores.csv has every one" in page.inner_text("#most")
    page.fill("#q", without["account_name"])
    assert "health_scores.csv has every one" in page.locator("#table tbody").inner_text()
    gone = opened(folder, f"site/account.html#{urlencode({'id': without['account_id']})}")
    gone.wait_for_selector("h1")
    assert "has no page" in gone.inner_text("h1") and "health_scores.csv" in gone.inner_text("#account")
