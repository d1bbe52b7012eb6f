"""Features in the words of another language: a translation may have its own reason for each measure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.features.info import FeatureInfo
from pipeline.texts import catalogue

ITEM = "{item}"
"""Stands in a name for the item of measures that are declared for each of a list (``event_{item}``)."""


def worded(catalog: Sequence[FeatureInfo]) -> list[FeatureInfo]:
    """The catalog with the reasons of the language in force; where it has none, as they are declared.

    A feature that tells of no reason in its declaration tells of none in any language.
    """
    reasons = catalogue()["reasons"]
    own, names = reasons["of_features"], reasons["names"]
    return [_worded(info, own, names) for info in catalog] if own else list(catalog)


def _worded(info: FeatureInfo, own: Mapping[str, str], names: Mapping[str, str]) -> FeatureInfo:
    if info.reason is None:
        return info
    told = next((own[name] for name in (info.name, info.measure) if name in own), None)
    return replace(info, reason=_of_items(info, own, names) if told is None else told)


def _of_items(info: FeatureInfo, own: Mapping[str, str], names: Mapping[str, str]) -> str | None:
    """The reason of the longest name with an item in it that fits, the item filled in; as declared where none does."""
    for name in sorted((each for each in own if ITEM in each), key=lambda each: (-len(each), each)):
        found = re.fullmatch(re.escape(name).replace(re.escape(ITEM), "(.+)"), info.measure)
        if found:
            return own[name].replace(ITEM, names.get(found[1], found[1].replace("_", " ")))
    return info.reason
