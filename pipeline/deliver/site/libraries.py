"""The JavaScript libraries that the pages use, taken out of Python packages, so that no machine needs npm.

Both come as modules, which a browser does not load from disk; wrapped in a function they are plain scripts.
"""

from __future__ import annotations

import functools
import re
from importlib.metadata import distribution
from pathlib import Path

from pipeline.errors import HoldfastError

_EXPORTS = re.compile(r"\bexport\{[^}]*?([\w$]+) as default\b[^}]*\};?")
"""The line that hands out what a module holds; behind it stand the licences of what was bundled, which are kept."""


def charts() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script: sets ``vegaEmbed``. BSD 3-Clause."""
    return _script(_bundle())


@functools.cache
def _bundle() -> str:
    import vl_convert

    text: str = vl_convert.javascript_bundle()  # type: ignore[call-arg]  # its stub forgets the default
    return text


@functools.cache
def tables() -> str:
    """DataTables as one script: sets ``DataTable``. MIT."""
    path = Path(str(distribution("itables").locate_file("itables/html/dt_bundle.js")))
    text = path.read_text(encoding="utf-8")
    script, found = _EXPORTS.subn(r"window.DataTable=\1;", text)
    if found != 1:
        raise HoldfastError(
            "The DataTables bundle of this version of itables has no default export.",
            hint="Install the version that requirements/lock.txt names.",
        )
    return _script(script)


def _script(module: str) -> str:
    return f"(()=>{{{module}\n}})();\n"
