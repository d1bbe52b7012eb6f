"""The pages as text: templates, texts and what each page is about. Every foreign text in them is escaped."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from typing import Any

from jinja2 import BaseLoader, Environment, FunctionLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup, escape

from pipeline.deliver import words
from pipeline.deliver.delivery import Delivery
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
    told = texts["lists"]
    owners = ", ".join(f"{clean(owner)} {number}" for owner, number in delivery.at_risk.left_out.items())
    return {"left_out": told["left_out"].format(owners=owners) if owners else ""}


def _model(delivery: Delivery, texts: Context) -> Context:
    """The card without its own heading, which repeats the version that the page tells above it."""
    lines = delivery.card.splitlines()
    titled = bool(lines) and lines[0].startswith("# ")
    about = delivery.about
    return {
        "model": clean(about.model),
        "card": _html("\n".join(lines[1:] if titled else lines), texts["charts"]["figures"]),
        "is_other": titled and not about.provisional and about.model not in lines[0],
    }


def _html(markdown: str, label: str) -> Markup:
    """Markdown as a part of the page. A wide table scrolls by itself, by keyboard too; its corner is no heading."""
    if not markdown.strip():
        return Markup("")
    html = MarkdownIt("commonmark", {"html": False}).enable("table").render(clean_lines(markdown))
    around = f'<div class="scroll" tabindex="0" role="group" aria-label="{escape(label)}"><table class="plain">'
    html = html.replace("<table>", around).replace("</table>", "</table></div>")
    return Markup(html.replace("<th></th>", "<td></td>"))


def clean_lines(text: str) -> str:
    """A text of several lines, each clean."""
    return "\n".join(clean(line) for line in text.splitlines())


def _definitions(delivery: Delivery, texts: Context) -> Context:
    about, told = delivery.about, texts["dimensions"]
    signals = [(each["title"], each["lead"].rstrip("."), each["tip"]) for each in lists(delivery, texts) if each["tag"]]
    return {
        "meaning": words.meaning(about),
        "band_edges": words.bands(about),
        "rule": words.rule(about),
        "edges": {"satisfied": f"{SATISFIED:g}", "loyal": f"{LOYAL:g}"},
        "dimensions": [(words.dimension(name), told.get(name, "")) for name in DIMENSIONS],
        "signals": signals,
    }
