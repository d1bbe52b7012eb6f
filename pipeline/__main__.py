"""``python -m pipeline`` is the command ``holdfast``."""

from pipeline.cli import app

app()
