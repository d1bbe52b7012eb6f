"""What the portfolio assumes where no export tells."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.config.base import Section


class PortfolioSettings(Section):
    """What no export tells: ``gross_margin`` (0 to 1) and ``cost_to_keep`` (currency units, one customer), both unknown
    unless given; ``acquisition_factor``: how many times that the winning of a customer costs, from and to.
    """

    gross_margin: float | None = Field(None, gt=0, le=1)
    cost_to_keep: float | None = Field(None, gt=0)
    acquisition_factor: tuple[Annotated[float, Field(ge=5, le=25)], Annotated[float, Field(ge=5, le=25)]] = (5.0, 25.0)
