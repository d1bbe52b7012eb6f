"""The pages as text: templates, texts and what each page is about. Every foreign text in them is escaped."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

from jinja2 import BaseLoader, Environment, FunctionLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
from pipeline.deliver.site import accounts
from pipeline.deliver.site.book import portfolio
from pipeline.deliver.site.inputs import data_health
from pipeline.deliver.site.lists import lists
from pipeline.deliver.site.outcome import outcome
from pipeline.deliver.site.overview import overview
from pipeline.deliver.text import clean
from pipeline.features.info import DIMENSIONS
from pipeline.health.loyalty import LOYAL, SATISFIED

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'"
)
"""Scripts and styles of the folder itself, no inline ones, and no network."""

PAGES = ("index", "lists", "portfolio", "outcome", "data", "model", "definitions")
"""The pages of the menu, in order; the page of an account is reached from the lists."""

Context = dict[str, Any]


def rendered(delivery: Delivery, texts: Context, language: str) -> dict[str, str]:
    """Every page by its name."""
    environment = _environment(FunctionLoader(_template))
    common = _common(delivery, texts, language)
    contexts: dict[str, Callable[[Delivery, Context], Context]] = {
        **{"index": overview, "lists": _lists, "account": _nothing, "portfolio": portfolio, "outcome": outcome},
        **{"data": data_health, "model": _model, "definitions": _definitions},
    }
    return {
        name: environment.get_template(f"{name}.html.j2").render(
            **common, **_place(name), **make(delivery, texts), page=name, title=_title(name, texts)
        )
        for name, make in contexts.items()
    }


def _environment(loader: BaseLoader) -> Environment:
    found = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=loader)
    found.filters["fill"] = lambda text, **values: text.format(**values)
    return found


def _template(name: str) -> str:
    return files("pipeline.deliver").joinpath("assets", "site", name).read_text(encoding="utf-8")


def _place(page: str) -> Context:
    """Where the other pages are, seen from this one: the overview stands above the rest."""
    is_top = page == "index"
    root, site = ("", "site/") if is_top else ("../", "")
    addresses = [(name, f"{root}index.html" if name == "index" else f"{site}{name}.html") for name in PAGES]
    return {"root": root, "site": site, "pages": addresses}


def _title(page: str, texts: Context) -> str:
    title = texts[{"index": "overview"}.get(page, page)]["title"]
    return str(title)


def _common(delivery: Delivery, texts: Context, language: str) -> Context:
    about = delivery.about
    return {
        "t": texts,
        "language": language,
        "policy": POLICY,
        "company": clean(about.company),
        "as_of": words.day(about.as_of),
        "provisional": about.provisional,
        "replayed": about.replayed,
        "trust": clean(words.trust(about)),
        "notes": [clean(note) for note in about.notes],
    }


def _nothing(delivery: Delivery, texts: Context) -> Context:
    return {}


def _lists(delivery: Delivery, texts: Context) -> Context:
    told, count = texts["lists"], len(delivery.health)
    owners = ", ".join(f"{clean(owner)} {number}" for owner, number in delivery.at_risk.left_out.items())
    most = told["most"].format(shown=f"{accounts.MOST:,}", all=f"{count:,}") if count > accounts.MOST else ""
    return {"left_out": told["left_out"].format(owners=owners) if owners else "", "most": most}


def _model(delivery: Delivery, texts: Context) -> Context:
    # the card's own heading repeats the version, which the page tells above it
    lines = delivery.card.splitlines()
    body = "\n".join(lines[1:] if lines and lines[0].startswith("# ") else lines)
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(clean_lines(body)) if body.strip() else ""
    # the corner of a table is no heading
    is_other = bool(lines) and not delivery.about.provisional and delivery.about.model not in lines[0]
    card = Markup(html.replace("<th></th>", "<td></td>"))
    return {"model": clean(delivery.about.model), "card": card, "is_other": is_other}


def clean_lines(text: str) -> str:
    """A text of several lines, each clean."""
    return "\n".join(clean(line) for line in text.splitlines())


def _definitions(delivery: Delivery, texts: Context) -> Context:
    about, told = delivery.about, texts["dimensions"]
    names = {name: told["names"].get(name, name.capitalize()) for name in DIMENSIONS}
    signals = [(each["title"], each["lead"].rstrip("."), each["tip"]) for each in lists(delivery, texts) if each["tag"]]
    return {
        "meaning": words.meaning(about),
        "band_edges": words.bands(about),
        "rule": words.rule(about),
        "edges": {"satisfied": f"{SATISFIED:g}", "loyal": f"{LOYAL:g}"},
        "dimensions": [(names[name], told.get(name, "")) for name in DIMENSIONS],
        "signals": signals,
    }
