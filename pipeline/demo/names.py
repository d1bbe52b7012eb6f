"""Pleasant and plausible names for companies and people, some of them in other scripts."""

from __future__ import annotations

import base64
import hashlib
import unicodedata

_STEMS = (
    "Aldergate",
    "Amberline",
    "Ashdown",
    "Beacon Hill",
    "Birchwood",
    "Bluewater",
    "Brightmoor",
    "Cedar & Sons",
    "Clearbrook",
    "Copperfield",
    "Dovetail",
    "Eastwind",
    "Elmhurst",
    "Fairhaven",
    "Fernley",
    "Foxglove",
    "Glenmere",
    "Goldcrest",
    "Greyfriars",
    "Harbourline",
    "Hawthorn",
    "Heatherfield",
    "Ironbridge",
    "Ivywell",
    "Juniper",
    "Kestrel",
    "Kingfisher",
    "Larkspur",
    "Linden",
    "Lowland",
    "Marigold",
    "Meadowlark",
    "Millbrook",
    "Northgate",
    "Oakhaven",
    "Orchard Row",
    "Pinecrest",
    "Quayside",
    "Redstone",
    "Riverton",
    "Rosewood",
    "Saltmarsh",
    "Silverlake",
    "Southbank",
    "Springvale",
    "Starling",
    "Stonebridge",
    "Sunfield",
    "Swift River",
    "Thistledown",
    "Tidewater",
    "Underhill",
    "Vale & Moor",
    "Westbourne",
    "Whitby",
    "Wildrose",
    "Willowbank",
    "Windermere",
    "Wren",
    "Yarrow",
    "Ångström",
    "Brøndby",
    "Château Vert",
    "Łabędź",
    "Müller & Söhne",
    "Nördlingen",
    "Peña Alta",
    "São Bento",
    "Šumava",
    "Þingvellir",
    "Ægir",
    "Ελιά",
    "東和",
    "さくら",
    "한빛",
)
_KINDS = (
    ("Logistics", "Transport"),
    ("Freight", "Transport"),
    ("Analytics", "Software"),
    ("Software", "Software"),
    ("Cloud", "Software"),
    ("Foods", "Retail"),
    ("Outfitters", "Retail"),
    ("Markets", "Retail"),
    ("Bank", "Financial services"),
    ("Insurance", "Financial services"),
    ("Capital", "Financial services"),
    ("Clinics", "Health care"),
    ("Pharma", "Health care"),
    ("Care", "Health care"),
    ("Works", "Manufacturing"),
    ("Instruments", "Manufacturing"),
    ("Plastics", "Manufacturing"),
    ("Press", "Media"),
    ("Studios", "Media"),
    ("Academy", "Education"),
    ("Learning", "Education"),
    ("Energy", "Energy"),
    ("Solar", "Energy"),
    ("Partners", "Professional services"),
    ("Architects", "Professional services"),
    ("Legal", "Professional services"),
    ("Travel", "Hospitality"),
    ("Hotels", "Hospitality"),
)
_ENDINGS = ("", " Group", " Ltd", " Inc", " GmbH", " BV", " AB", " International", " Co", " SA", " Labs", " & Co",
            " Holdings", " Nordic", " Europe", " Pacific", " Americas", " Collective", " House", " Union", " Direct",
            " One", " North", " South", " East", " West", " Alliance", " Network", " Services", " Digital", " Global",
            " Services Ltd", " Trading", " Home")  # fmt: skip
_FIRST = ("Ada", "Amir", "Anneke", "Beatriz", "Björn", "Chidi", "Chloé", "Daniel", "Dóra", "Elif", "Emma", "Farid",
          "Grace", "Hana", "Hugo", "Ines", "Jonas", "Kaito", "Karin", "Leila", "Luca", "Maja", "Mateo", "Nadia",
          "Noah", "Oksana", "Olu", "Priya", "Rafael", "Ruth", "Samir", "Sofia", "Tariq", "Tomás", "Wei", "Yara",
          "Zoë")  # fmt: skip
_LAST = ("Almeida", "Andersen", "Baker", "Bianchi", "Chen", "Costa", "Dubois", "Eriksson", "Fischer", "García",
         "Haddad", "Horváth", "Ivanova", "Jensen", "Kaya", "Kim", "Kowalski", "Larsen", "Martin", "Mensah", "Müller",
         "Nakamura", "Novák", "O'Brien", "Okafor", "Patel", "Pereira", "Rossi", "Sato", "Silva", "Singh", "Smit",
         "Svensson", "Tanaka", "Vargas", "Walker", "Yılmaz", "Zhang")  # fmt: skip

COUNTRIES: tuple[tuple[str, int], ...] = (
    ("United States", -6), ("Canada", -5), ("Brazil", -3), ("United Kingdom", 0), ("Germany", 1), ("France", 1),
    ("Netherlands", 1), ("Sweden", 1), ("India", 5), ("Japan", 9), ("Australia", 10),
)  # fmt: skip
"""Country and its usual distance from UTC in hours."""
COUNTRY_SHARES = (0.34, 0.06, 0.05, 0.13, 0.12, 0.08, 0.06, 0.05, 0.05, 0.03, 0.03)
PEOPLE = len(_FIRST) * len(_LAST)
"""How many different people there are."""
_STRIDE = 24_593


def company(seed: int, index: int) -> tuple[str, str]:
    """Name and industry of a company; different for the first 71,400 indexes of a seed."""
    total = len(_STEMS) * len(_KINDS) * len(_ENDINGS)
    lap, place = divmod(index, total)
    place = (place * _STRIDE + seed * 7_919) % total
    place, stem = divmod(place, len(_STEMS))
    ending, kind = divmod(place, len(_KINDS))
    word, industry = _KINDS[kind]
    return f"{_STEMS[stem]} {word}{_ENDINGS[ending]}{f' {lap + 1}' if lap else ''}", industry


def person(number: int) -> str:
    """The name that goes with a number."""
    first, last = divmod(number, len(_LAST))
    return f"{_FIRST[first % len(_FIRST)]} {_LAST[last]}"


def plain(text: str) -> str:
    """A text in lower-case ASCII letters and digits, for addresses; empty where it has none."""
    flat = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("ł", "l").replace("Ł", "L").replace("ı", "i"))
    return "".join(sign for sign in flat.lower() if sign.isascii() and sign.isalnum())


def domain(name: str, index: int) -> str:
    """The company's mail domain, under a top level that is reserved for examples."""
    return f"{plain(name)[:24]}{index}.example"


def address(name: str, host: str) -> str:
    """A person's mail address at a domain."""
    return f"{'.'.join(plain(part) for part in name.split())}@{host}"


def token(number: int, kind: str) -> str:
    """14 letters and digits that stand for a number: an id as billing products make them."""
    digest = hashlib.blake2b(f"{kind}/{number}".encode(), digest_size=12).digest()
    return "".join(sign for sign in base64.b64encode(digest).decode() if sign.isalnum()).ljust(14, "0")[:14]
