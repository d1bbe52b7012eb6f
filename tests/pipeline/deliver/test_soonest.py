"""The order of renewals in a digest."""

import pandas as pd

from pipeline.deliver.digest.content import _soonest
from pipeline.deliver.managers import NOTICE_GIVEN


def test_where_no_contract_says_when_it_ends_those_who_gave_notice_still_come_first() -> None:
    rows = pd.DataFrame({"account_id": ["b", "a"], "stands_on": ["early renewal", NOTICE_GIVEN]})
    assert _soonest(rows)["account_id"].tolist() == ["a", "b"]
