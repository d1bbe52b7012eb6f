"""The book of customers as a whole: who stayed, what they pay and say, how they are served, how well they are.

Every figure is as known at the week's cutoff and of periods that had ended by then. Money is in integer minor units of
the company's one currency. docs/metrics.md defines each figure, with its source.
"""

from pipeline.portfolio.book import Book, Known, book
from pipeline.portfolio.headline import BandShare, Portfolio, Realised, portfolio, realised_churn

__all__ = ["BandShare", "Book", "Known", "Portfolio", "Realised", "book", "portfolio", "realised_churn"]
