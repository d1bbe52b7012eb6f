"""A digest as an e-mail: a text that can be read by itself, and the same as HTML without anything remote.

To whom and when it goes is not in the file: that is put in when it is sent. The same week gives the same bytes.
"""

from __future__ import annotations

import functools
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from email.message import EmailMessage
from email.policy import SMTP
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template

from pipeline.deliver import words
from pipeline.deliver.digest.content import Call, Digest

WIDTH = 76
"""Signs of a line of the text."""


def message(digest: Digest, texts: Mapping[str, Any], language: str) -> EmailMessage:
    """The e-mail without sender, recipient and day."""
    found = EmailMessage(policy=SMTP)
    found["Subject"] = digest.subject
    # what no person typed is marked, so that no absence note answers it (RFC 3834)
    found["Auto-Submitted"] = "auto-generated"
    found.set_content(text(digest, texts), cte="quoted-printable")
    found.add_alternative(html(digest, texts, language), subtype="html", cte="quoted-printable")
    found.set_boundary(f"holdfast-{sha256(f'{digest.title}{digest.manager}'.encode()).hexdigest()[:24]}")
    return found


def text(digest: Digest, texts: Mapping[str, Any]) -> str:
    """The digest as plain text, wrapped."""
    return "\n".join(_text_lines(digest, texts)) + "\n"


def html(digest: Digest, texts: Mapping[str, Any], language: str) -> str:
    """The digest as HTML with its styles in place; every text in it is escaped."""
    return _template().render(d=digest, t=texts, language=language)


@functools.cache
def _template() -> Template:
    folder = files("pipeline.deliver").joinpath("assets", "digest")
    loader = FunctionLoader(lambda name: folder.joinpath(name).read_text("utf-8"))
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=loader
    )
    return environment.get_template("digest.html.j2")


def _text_lines(digest: Digest, texts: Mapping[str, Any]) -> Iterator[str]:
    yield from (digest.title, "=" * len(digest.title), "")
    yield from _wrapped(digest.greeting)
    yield from _wrapped(digest.first)
    for call in digest.calls:
        yield ""
        yield from _call(call, texts)
    if hidden := digest.listed - len(digest.calls):
        yield from ("", *_wrapped(texts["more"].format(count=hidden)))
    for told in digest.also:
        yield from ("", *_wrapped(told))
    changed = [f"{label}: {names}" for label, names in digest.changed] or [texts["nothing_changed"]]
    yield from _section(texts["changed"], changed)
    yield from _section(texts["renewals"], digest.renewals)
    if digest.good:
        yield from _section(texts["good"], digest.good)
    yield from _section(texts["how"], digest.outcome)
    yield from _heading(texts["where"])
    for label, address in digest.links:
        # an address is never broken: a broken one leads nowhere
        yield from (f"{label}:", address)
    yield from (*_wrapped(digest.where), *_wrapped(digest.workbook), "", *_wrapped(digest.sixty))


def _call(call: Call, texts: Mapping[str, Any]) -> Iterator[str]:
    news = f"  [{call.news}]" if call.news else ""
    yield from _wrapped(f"{call.place}. {call.name}{news}", "", "   ")
    yield from _wrapped(call.bad, "   ", "   ")
    yield from _wrapped(call.stake, "   ", "   ")
    yield from _labelled(texts["why"], call.why)
    yield from _labelled(texts["now"], (*call.now, *([f"({call.due})"] if call.due else [])))
    if call.link:
        yield f"   {call.link}"


def _labelled(label: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines below each other behind one label."""
    first = f"   {label}: "
    for line in lines:
        yield from _wrapped(line, first, " " * len(first))
        first = " " * len(first)


def _section(heading: str, lines: Iterable[str]) -> Iterator[str]:
    yield from _heading(heading)
    for line in lines:
        yield from _wrapped(line, "- ", "  ")


def _heading(heading: str) -> Iterator[str]:
    yield from ("", heading, "-" * len(heading))


def _wrapped(text: str, first: str = "", rest: str = "") -> list[str]:
    whole = words.unbroken(text)
    return textwrap.wrap(whole, WIDTH, initial_indent=first, subsequent_indent=rest, break_long_words=False)
