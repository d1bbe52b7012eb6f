"""The command line: one command a stage, and ``run`` for all of them.

Nothing heavy is imported until a command runs, so that help is instant.
"""

from pipeline.cli.app import app

# isort: off
# help lists the commands in the order in which they are read here
from pipeline.cli import data, learning, week, loop, demo

__all__ = ["app", "data", "demo", "learning", "loop", "week"]
