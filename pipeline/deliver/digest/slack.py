"""A digest as a Slack message: Block Kit with a plain text beside it for notifications and screen readers.

Slack takes 50 blocks, 150 signs of a heading and 3,000 of a section (https://docs.slack.dev/reference/block-kit/blocks),
and refuses messages of some 13,000 signs in all. A text may hold ``<!channel>`` or a link only where the three signs
``& < >`` are not escaped (https://docs.slack.dev/messaging/formatting-message-text); they always are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pipeline.deliver.digest.content import Call, Digest

MOST_BLOCKS = 50
LONGEST_HEADING = 150
LONGEST_SECTION = 3_000
LONGEST_MESSAGE = 12_000
"""Signs of a whole message; what does not fit of the calls is counted, with the list a click away."""

_ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_BANDS = {"red": ":red_circle:", "amber": ":large_orange_circle:", "green": ":large_green_circle:"}

Block = dict[str, Any]


def message(digest: Digest, texts: Mapping[str, Any]) -> Block:
    """The payload of an incoming webhook."""
    greeting = "\n".join([escaped(digest.greeting), *([f"*{escaped(digest.first)}*"] if digest.first else [])])
    before = [_heading(digest.title), _section(greeting)]
    after = [
        *(_section(escaped(told)) for told in digest.also),
        *_sections(digest, texts),
        *_links(digest),
        _context([*digest.outcome, digest.sixty]),
    ]
    room = LONGEST_MESSAGE - sum(len(json.dumps(block)) for block in (*before, *after))
    calls = list(_fitting(digest.calls, room, MOST_BLOCKS - len(before) - len(after) - 1))
    hidden = digest.listed - len(calls)
    more = [_section(escaped(texts["more"].format(count=hidden)))] if hidden else []
    # links are not unfolded: a preview would fetch what only the reader may see
    quiet = {"unfurl_links": False, "unfurl_media": False}
    text = escaped(f"{digest.title}. {digest.greeting}")
    return {"text": text, "blocks": [*before, *calls, *more, *after], **quiet}


def escaped(text: str, most: int = LONGEST_SECTION) -> str:
    """A text in which nothing is a mention, a channel or a link, cut to so many signs after escaping."""
    signs = [_ESCAPED.get(sign, sign) for sign in text]
    if sum(map(len, signs)) <= most:
        return "".join(signs)
    kept: list[str] = []
    room = most - 1
    for sign in signs:
        room -= len(sign)
        if room < 0:
            break
        kept.append(sign)
    return "".join(kept) + "\N{HORIZONTAL ELLIPSIS}"


def _fitting(calls: Iterable[Call], room: int, most: int) -> Iterator[Block]:
    for at, call in enumerate(calls):
        block = _section(_call(call))
        room -= len(json.dumps(block))
        if room < 0 or at >= most:
            return
        yield block


def _call(call: Call) -> str:
    """Who and what is new; how bad; what is at stake; why; what now."""
    name = escaped(call.name, 200)
    who = f"<{_address(call.link)}|{name}>" if call.link else name
    first = f"*{call.place}. {who}*" + (f"  {escaped(call.news, 100)}" if call.news else "")
    bad = f"{_BANDS.get(call.band, '')} {escaped(call.bad, 200)}".strip()
    stake = escaped(call.stake, 200)
    lines = [first, bad, f"*{stake}*" if call.near else stake, *(f"• {escaped(text, 200)}" for text in call.why)]
    now = escaped(" ".join(call.now), 400)
    due = f" ({escaped(call.due, 100)})" if call.due else ""
    return "\n".join(line for line in (*lines, f"*→ {now}*{due}" if now else "") if line)


def _address(link: str) -> str:
    """An address in which nothing ends the link."""
    return "".join(f"%{ord(sign):02X}" if sign in "<>|" else sign for sign in link).replace("&", "&amp;")


def _sections(digest: Digest, texts: Mapping[str, Any]) -> Iterator[Block]:
    changed = [f"{label}: {names}" for label, names in digest.changed] or [texts["nothing_changed"]]
    yield _told(texts["changed"], changed)
    yield _told(texts["renewals"], digest.renewals)
    if digest.good:
        yield _told(texts["good"], digest.good)


def _told(heading: str, lines: Iterable[str]) -> Block:
    return _section("\n".join([f"*{escaped(heading)}*", *(f"• {escaped(line, 350)}" for line in lines)]))


def _links(digest: Digest) -> Iterator[Block]:
    links = [f"<{_address(address)}|{escaped(text)}>" for text, address in digest.links]
    yield _section(" · ".join(links) if links else escaped(digest.where))


def _heading(text: str) -> Block:
    return {"type": "header", "text": {"type": "plain_text", "text": text[:LONGEST_HEADING], "emoji": False}}


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _context(lines: Iterable[str]) -> Block:
    return {"type": "context", "elements": [_mrkdwn(escaped(line, 600)) for line in lines]}


def _mrkdwn(text: str) -> Block:
    """Text with Slack's own marks; ``verbatim``: names and addresses in it do not become links by themselves."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}
