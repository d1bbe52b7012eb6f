"""The companies that are measured: the foreign sets, found as the tests find them, and the demo."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.measure import holdfast

DEMO = "demo"
_EXAMPLES = Path("examples")
_AS_WRITTEN = "../../shared/data"
"""Where the examples say that the foreign data are."""


def there_are(names: list[str]) -> list[str]:
    """Those of some companies whose data are there; the demo's are written when asked for."""
    return [name for name in names if name == DEMO or (_data() / name).is_dir()]


def configured(name: str, workspace: Path) -> Path:
    """The configuration of a company, in ``workspace``, reading its data from where they are."""
    return demo(workspace) if name == DEMO else _written(_EXAMPLES / f"{name}.yaml", workspace, _AS_WRITTEN, _data())


def demo(workspace: Path, *options: str) -> Path:
    """Write the demo's exports; the path of a configuration that reads them. ``options``: of ``holdfast demo``."""
    holdfast("demo", *options, "--workspace", str(workspace))
    exports = (workspace / "demo" / "exports").resolve()
    return _written(Path("config.yaml"), workspace, "workspace/demo/exports", exports)


def _data() -> Path:
    return Path(os.environ.get("HOLDFAST_DATA", "../shared/data")).resolve()


def _written(config: Path, workspace: Path, before: str, after: Path) -> Path:
    """A copy of a configuration with the data elsewhere."""
    text = config.read_text()
    if before not in text:
        raise ValueError(f"{config} does not read from {before}")
    workspace.mkdir(parents=True, exist_ok=True)
    path = workspace / config.name
    path.write_text(text.replace(before, str(after)))
    return path
