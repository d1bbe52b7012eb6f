"""How much of a source may be quarantined before the source fails, and what is told when it is too much.

The budget is a share of what the source is wanted for: records that ``where`` filters out are no part of it, else a
source that keeps one row in a hundred would never notice that half of its rows are broken.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.config import Config
from pipeline.errors import ContractError
from pipeline.sources.plan import Plan
from pipeline.sources.reports import SourceReport

_KEPT = "the rows are in quarantine"
_FIRST = 5


def overdrawn(config: Config, plan: Plan, report: SourceReport, faults: Sequence[str]) -> ContractError | None:
    """The error of a source of which too much, or everything, was rejected; None where it is within its budget.

    ``faults``: what is wrong with its rows, the most frequent first; where nobody could say, the rules that they broke.
    """
    budget = config.quarantine.budget if plan.source.budget is None else plan.source.budget
    quarantined, wanted = report.total("quarantined"), report.wanted
    told = "; ".join((list(faults) or [f"{count:,} x {rule}" for rule, count in report.rules.items()])[:_FIRST])
    filtered = report.total("filtered")
    beside = f" ({filtered:,} more are filtered out)" if filtered else ""
    if quarantined > budget * wanted and quarantined == wanted:
        records = "the only record" if wanted == 1 else f"all {wanted:,} records"
        return ContractError(
            f"no row of {plan.where} was accepted: {records}{beside} {'is' if wanted == 1 else 'are'} quarantined: "
            f"{told}",
            hint=f"correct the mapping, or the export where it is not what the mapping says; {_KEPT}",
        )
    if quarantined > budget * wanted:
        return ContractError(
            f"{plan.where}: {quarantined:,} of {wanted:,} records{beside} are quarantined, over the budget of "
            f"{budget:.2%}: {told}",
            hint=f"correct the export or the mapping, or raise this source's budget; {_KEPT}",
        )
    if plan.table == "accounts" and (nothing := none_accepted(report)):
        # without accounts the rows of every other source would be blamed on customers that nobody knows
        return ContractError(
            f"no row of {plan.where} was accepted: {nothing}", hint="say in where what the export really holds"
        )
    return None


def none_accepted(report: SourceReport) -> str:
    """Where the records of a source are of which no row was accepted; empty where one was."""
    if report.total("accepted") or report.total("duplicates"):
        return ""
    filtered, quarantined = report.total("filtered"), report.total("quarantined")
    told = [f"where filters out {filtered:,}"] if filtered else []
    told += [f"{quarantined:,} are quarantined"] if quarantined else []
    return f"{' and '.join(told)} of {report.total('records'):,} records" if told else "it holds no records"
