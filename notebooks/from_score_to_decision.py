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
# # From score to decision: list length, cost, value
#
# A probability decides nothing. What decides is what a call costs, what a customer is worth, and how often a call
# changes a mind. This notebook puts the three together and asks how long the list should be. The two assumptions are
# yours to change; the rest was measured on weeks that the model had not seen.

# %%
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from company import demo_company, learned_from

COST_OF_A_CALL = 150.0  # currency units: an hour of a CS manager, with preparation
SAVED = 0.15  # of those who would leave, how many stay because somebody called

run = demo_company()
learned, cutoff = learned_from(run)
tested = learned.trained.backtest
rows = tested.out_of_fold(tested.verdict.candidate)
print(learned.trained.reason)

# %% [markdown]
# ## What is at stake in each row
#
# Yearly revenue as it was known at that cutoff, and the calibrated chance to leave within the horizon. The value of a
# call is `chance x saved x revenue - cost`: what is expected to stay, less what the call costs.

# %%
rows["cutoff"] = pd.to_datetime(rows["cutoff"])
spine = learned.found.spine_at(sorted({day.date() for day in rows["cutoff"]}))
spine["arr"] = spine["mrr"].astype(float) * 12 / 100
rows = rows.merge(spine[["account_id", "cutoff", "arr"]], on=["account_id", "cutoff"])
rows["p"] = 1 / (1 + np.exp(-rows["z"]))
rows["value"] = rows["p"] * SAVED * rows["arr"] - COST_OF_A_CALL
rows["came true"] = rows["y"] * SAVED * rows["arr"] - COST_OF_A_CALL
rows[["p", "arr", "value"]].describe().loc[["mean", "50%", "max"]].round(2)

# %% [markdown]
# ## How long should the list be?
#
# Each week's customers in the order of what is at stake. The blue line adds up what the model expects of calling the
# first n, the orange one what really happened to them. Where the blue line is highest, the next call costs more than
# it is expected to bring. Where the two part, the probabilities are not true enough to be multiplied with money.


# %%
def curve(frame: pd.DataFrame, by: str, told: str, longest: int = 60) -> np.ndarray:
    """The mean over weeks of the sum of ``told`` over the first n rows by ``by``."""
    weeks = [group.sort_values(by, ascending=False)[told].head(longest) for _, group in frame.groupby("cutoff")]
    return np.mean([week.cumsum().to_numpy() for week in weeks if len(week) == longest], axis=0)


rows["stake"] = rows["p"] * rows["arr"]
expected, realised = curve(rows, "stake", "value"), curve(rows, "stake", "came true")
best = int(np.argmax(expected)) + 1
length = np.arange(1, len(expected) + 1)
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
axes.plot(length, expected, color="#1f4e79", linewidth=2, label="expected")
axes.plot(length, realised, color="#c0562b", linewidth=2, label="came true")
axes.axvline(best, color="0.6", linestyle="--", linewidth=1)
axes.annotate(f"best length: {best}", (best, axes.get_ylim()[0]), xytext=(5, 90), textcoords="offset points")
axes.axhline(0, color="0.4", linewidth=1)
axes.set(xlabel="accounts called in a week", ylabel="revenue kept less cost of calls, a week")
axes.set_title("What a longer list brings")
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False, loc="lower left")
plt.show()

# %% [markdown]
# ## Which order?
#
# By chance alone a list fills with small accounts that will leave anyway; by revenue alone it is a list of large
# healthy ones. The product is what Holdfast ranks by, among those who are sick enough to be on it. A company as small
# as this has few churns to judge by, so one large account that left makes a step and the curves cross: read the
# figure for your own company before you believe an order.

# %%
orders = {"chance times revenue": "stake", "chance alone": "p", "revenue alone": "arr"}
colours = ("#1f4e79", "#c0562b", "#7a7a7a")
figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
for colour, (name, by) in zip(colours, orders.items(), strict=True):
    kept = curve(rows.assign(kept=rows["y"] * SAVED * rows["arr"]), by, "kept")
    axes.plot(length, kept, color=colour, linewidth=2, label=name)
axes.set(xlabel="accounts called in a week", ylabel="revenue kept a week (as it came true)")
axes.set_title("The same calls in another order")
axes.spines[["top", "right"]].set_visible(False)
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# ## How much hangs on the assumptions?
#
# The best length for other costs and other chances to save a customer. If the whole table is longer than the team can
# call, capacity decides, and `lists.capacity` is the number to set; if it says 0, do not call: change the product.

# %%
table = {}
for saved in (0.05, 0.10, 0.15, 0.25):
    for cost in (50.0, 150.0, 400.0):
        sums = curve(rows.assign(worth=rows["p"] * saved * rows["arr"] - cost), "stake", "worth")
        table[(f"{saved:.0%} saved", f"call costs {cost:.0f}")] = int(np.argmax(sums)) + 1 if sums.max() > 0 else 0
pd.Series(table).unstack()[[f"call costs {cost}" for cost in (50, 150, 400)]]
