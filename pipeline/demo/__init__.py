"""A software company that never was: its exports in the shape of real products, and the truth behind them.

``simulate(out, truth)`` writes both; ``ceiling(truth, horizon, cutoffs)`` says how well leaving can be foretold at all.
"""

from pipeline.demo.ceiling import ceiling
from pipeline.demo.company import DemoSummary, simulate

__all__ = ["DemoSummary", "ceiling", "simulate"]
