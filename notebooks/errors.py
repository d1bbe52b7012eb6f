# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Errors: who was missed, and why
#
# An average says how good a model is; its errors say what it does not see. This notebook takes every customer of the
# demo company that left, asks how high it ever stood on the weekly ranking before it did, and looks at those that
# nobody would have called. For the demo company the hidden truth is known, so at the end we may ask what could have
# been known at all.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from company import TRUTH, demo_company, learned_from

run = demo_company()
learned, cutoff = learned_from(run)
tested = learned.trained.backtest
rows = tested.out_of_fold(tested.verdict.candidate)
print(learned.trained.reason)

# %% [markdown]
# ## Every churn once
#
# Each row is an account at a cutoff that some fold was tested on, scored by a model that knew nothing later. `place`
# is its rank among the customers of that week: 0 is the likeliest to leave. A churn that four cutoffs see ahead is
# one churn, and what counts is whether it ever stood high enough to be called.

# %%
CALLED = 0.10
rows["place"] = rows.groupby("cutoff")["z"].rank(ascending=False, pct=True)
churns = rows[rows["y"]].groupby(["account_id", "churn_day"])["place"].agg(["min", "size"]).reset_index()
churns["caught"] = churns["min"] <= CALLED
print(f"{churns['caught'].sum()} of {len(churns)} churns stood in the first {CALLED:.0%} at least once before")

# %%
figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
bins = np.linspace(0, 1, 21)
axes.hist(100 * churns.loc[churns["caught"], "min"], 100 * bins, color="#1f4e79", label="would have been called")
axes.hist(100 * churns.loc[~churns["caught"], "min"], 100 * bins, color="#c0562b", label="missed")
axes.set(xlabel="best place reached before leaving (% of customers above it)", ylabel="churns")
axes.set_title("How high those who left ever stood")
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# ## What was different about the missed?
#
# The last cutoff before each churn, missed and caught side by side, in the features that part them most (difference
# of medians, in units of the spread among all customers). Read it as a question for the next feature: what do the
# missed have in common that no column says?

# %%
seen = rows.loc[rows["y"]].sort_values("cutoff").groupby(["account_id", "churn_day"]).tail(1)
seen = seen.merge(churns[["account_id", "churn_day", "caught"]], on=["account_id", "churn_day"])
features = learned.found.features_at(sorted({day.date() for day in pd.to_datetime(seen["cutoff"])}))
features["cutoff"] = pd.to_datetime(features["cutoff"])
seen["cutoff"] = pd.to_datetime(seen["cutoff"])
known = seen.merge(features, on=["account_id", "cutoff"])
numbers = known.select_dtypes("number").columns.intersection(learned.panel.X.columns)
spread = features[numbers].quantile(0.9) - features[numbers].quantile(0.1)
medians = known.groupby("caught")[list(numbers)].median()
gap = ((medians.loc[False] - medians.loc[True]) / spread.where(spread > 0)).dropna()
heaviest = gap.reindex(gap.abs().sort_values(ascending=False).index).head(12)[::-1]

# %%
figure, axes = plt.subplots(figsize=(8, 4.4), layout="constrained")
axes.barh(heaviest.index, heaviest, color=["#c0562b" if each > 0 else "#1f4e79" for each in heaviest])
axes.axvline(0, color="0.4", linewidth=1)
axes.set(xlabel="missed higher than caught, in spreads of all customers (left of 0: lower)")
axes.set_title("Where the missed differ from the caught")
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# ## The other error: called and stayed
#
# Of those in the first tenth, most stay; that is what a base rate of a few per cent means. A false alarm costs a
# call, and some are customers in trouble who were not lost. They are worth a look by hand.

# %%
called = rows[rows["place"] <= CALLED]
alarms = called[~called["y"]].groupby("account_id").agg(times=("cutoff", "size"), highest=("place", "min"))
print(f"{called['y'].mean():.0%} of those called left, of all {rows['y'].mean():.1%}")
alarms.sort_values(["times", "highest"], ascending=[False, True]).head(8)

# %% [markdown]
# ## What could have been known?
#
# The demo company knows its own hidden story of each account. No pipeline ever reads it; here it tells an error of
# the model from a churn that left no trace.

# %%
truth = pd.read_parquet(run.workspace.root.parent / TRUTH / "accounts.parquet")[["account_id", "story"]]
told = churns.merge(truth, on="account_id")
table = told.groupby("story")["caught"].agg(churns="size", caught="sum").sort_values("churns", ascending=False)
table.assign(share=(table["caught"] / table["churns"]).map("{:.0%}".format))
