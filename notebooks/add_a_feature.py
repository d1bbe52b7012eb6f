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
# # Add a feature and see what it is worth
#
# A feature is one function. Its column, its leak test, its documentation and its reason on the list follow from it.
# What it is worth is another question, and the only honest answer is a paired one: the same folds, the same accounts,
# once without it and once with it.

# %%
import shutil

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from company import demo_company, learned_from

from models.curves import importance
from models.evaluate import Evaluation, paired
from pipeline.features.aggregates import ratio
from pipeline.features.base import derived

run = demo_company()
without, cutoff = learned_from(run)
print(without.trained.reason)

# %% [markdown]
# ## The idea
#
# Who takes their data out may be preparing to leave. The count of exports is a feature already; its share of all use
# is not. `direction=1` says that more of it is worse, so that a model with monotone constraints may use the
# knowledge, and `reason` is what a CS manager reads.


# %%
@derived(
    source="usage",
    dimension="usage",
    needs=("event_data_exported_4w", "events_4w"),
    weeks=4,
    direction=1,
    reason="{value} of all use is taking data out ({weeks} weeks)",
)
def export_share_4w(wide):
    """Share of all events that are exports of data, in four weeks. Unit: share."""
    return ratio(wide["event_data_exported_4w"], wide["events_4w"])


# %% [markdown]
# A declaration made in a notebook is not part of the program's text, by which kept features are known; so they are
# computed anew. In `pipeline/features/` this happens by itself.

# %%
shutil.rmtree(run.workspace.warehouse / "features")
with_it, _ = learned_from(run)
panel = with_it.panel
export = panel.X["export_share_4w"]
print(f"{export.notna().mean():.0%} of {len(panel):,} rows have a value; the median is {export.median():.2%}")

# %% [markdown]
# ## Does it tell leavers from stayers by itself?

# %%
tenths = pd.qcut(export, 5, duplicates="drop")
table = pd.DataFrame({"share": tenths, "left": panel.y}).groupby("share", observed=True)["left"].agg(["mean", "size"])
figure, axes = plt.subplots(figsize=(8, 3.6), layout="constrained")
axes.bar(range(len(table)), 100 * table["mean"], color="#1f4e79")
axes.axhline(100 * panel.y.mean(), color="0.6", linestyle="--", linewidth=1, label="all accounts")
axes.set_xticks(range(len(table)), [f"{max(each.left, 0):.1%} to {each.right:.1%}" for each in table.index])
axes.set(xlabel="exports as a share of use", ylabel="left within 91 days (%)")
axes.set_title("Churn by the share of use that takes data out")
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# ## Is the model better for it?
#
# Both models on every account and cutoff that some fold was tested on. The interval resamples accounts for both at
# once, so what they share does not blur the difference.

# %%
name = "logistic"
one, other = (each.trained.backtest.predictions[name].z for each in (without, with_it))
tested = np.isfinite(one) & np.isfinite(other)
judge = Evaluation(panel.take(tested), resamples=300, seed=7, block_days=121)
before, after = judge.auc(one[tested]), judge.auc(other[tested])
gain = paired(after, before)
print(f"AUC {before[0]:.3f} without, {after[0]:.3f} with: {gain.value:+.4f} ({gain.low:+.4f} to {gain.high:+.4f})")

# %%
figure, axes = plt.subplots(figsize=(8, 3.2), layout="constrained")
axes.hist((after - before)[1:], bins=40, color="#1f4e79")
axes.axvline(0, color="#c0562b", linewidth=2, label="no gain")
axes.set(xlabel="gain in AUC over resampled accounts", yticks=[], title="A gain that covers zero is no gain")
axes.spines[["top", "right", "left"]].set_visible(False)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# ## What to do with the answer
#
# Keep a feature whose interval lies above zero, or one that gives a reason nobody had and costs nothing. Where the
# interval covers zero, leave it out: every feature is one more that can break. Where it ranks among the others says
# how much the model leans on it, not whether that helps.

# %%
model = with_it.trained.model
if model is None:
    print("No model beats the simple rules on this small company, so there are no points to look at.")
else:
    weights = importance(model.contributions(panel.X.loc[panel.rows_at(panel.cutoffs[-1:])]))
    place = list(weights.index).index("export_share_4w") + 1 if "export_share_4w" in weights.index else None
    print(f"export_share_4w is number {place} of {len(weights)} by mean absolute points")
