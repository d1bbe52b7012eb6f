"""The demo company in a workspace of its own."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measure import holdfast


def demo_config(workspace: Path) -> Path:
    """Write the demo's exports, and its own configuration reading them; the path of the configuration."""
    holdfast("demo", "--workspace", str(workspace))
    path = workspace / "config.yaml"
    text = Path("config.yaml").read_text()
    path.write_text(text.replace("data_root: workspace/demo/exports", f"data_root: {workspace}/demo/exports"))
    return path
