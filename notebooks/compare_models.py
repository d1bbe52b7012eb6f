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
# # Compare models, and tune what the model learns from
#
# Candidates and simple rules walk through the same folds in time. Two questions: is any candidate surely better than
# the rules that anybody could use, and is it surely better than the sober candidate? A difference counts only if its
# interval, over the same resampled accounts, lies above zero. The last fold stays out of every choice made here:
# whoever tunes on it has nothing left to believe.

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from company import demo_company, learned_from

from models.backtest import backtest
from models.evaluate import Evaluation, Interval, paired

run = demo_company()
learned, cutoff = learned_from(run)
panel = learned.panel

# %% [markdown]
# ## Candidates beside simple rules
#
# `settings` is what the configuration says; here two more candidates join the logistic one.

# %%
from pipeline.stages.learn import scorecard_of, train_settings

settings = replace(train_settings(run), candidates=("logistic", "lightgbm", "lightgbm_monotone"), folds=3)
found = backtest(panel, settings, scorecard_of(panel, learned.found))


def earlier_aucs(result, name):
    """AUC of one model on all folds but the last: the value first, then its resamples."""
    days = pd.to_datetime([fold["validation"]["first_cutoff"] for fold in result.folds])
    z = result.predictions[name].z
    rows = np.isfinite(z) & (panel.cutoff < np.datetime64(days.max().date()))
    return Evaluation(panel.take(rows), resamples=200, seed=7, block_days=settings.gap_days).auc(z[rows])


names = [*found.models, *(name for name in found.baselines if name != "prevalence")]
aucs = {name: Interval.of(earlier_aucs(found, name)) for name in names}
order = sorted(names, key=lambda name: aucs[name].value)

# %%
figure, axes = plt.subplots(figsize=(8, 3.8), layout="constrained")
for place, name in enumerate(order):
    each, colour = aucs[name], "#1f4e79" if name in found.models else "#c0562b"
    axes.plot([each.low, each.high], [place, place], color=colour, linewidth=2)
    axes.plot(each.value, place, "o", color=colour)
axes.axvline(0.5, color="0.6", linestyle="--", linewidth=1)
axes.set_yticks(range(len(order)), order)
axes.set(xlabel="AUC within cutoffs, 95 % interval (all folds but the last)")
axes.set_title("Candidates (blue) and simple rules (orange)")
axes.spines[["top", "right"]].set_visible(False)
plt.show()

# %% [markdown]
# ## Surely better, or only ahead?
#
# Intervals that overlap prove nothing either way, since both models meet the same accounts. The paired difference
# does.

# %%
sober = earlier_aucs(found, "logistic")
pairs = {name: paired(earlier_aucs(found, name), sober) for name in names if name != "logistic"}
pd.DataFrame({name: each.to_dict() for name, each in pairs.items()}).T[["value", "low", "high"]].astype(float).round(3)

# %% [markdown]
# ## Tuning: how much past should it learn from?
#
# A long past has more churns; a short one looks more like today. `model.window: sliding` forgets what is older than
# the first fold's past. The same test decides.

# %%
sliding = backtest(panel, replace(settings, candidates=("logistic",), window="sliding"))
difference = paired(earlier_aucs(sliding, "logistic"), sober)
print(f"sliding less expanding: {difference.value:+.3f} ({difference.low:+.3f} to {difference.high:+.3f}) in AUC")

# %%
folds = pd.DataFrame(
    {
        "learned from": [fold["train"]["churns"] for fold in found.folds],
        **{name: [fold["scores"][name]["auc"] for fold in found.folds] for name in found.models},
    },
    index=[f"{fold['validation']['first_cutoff']} ({fold['role']})" for fold in found.folds],
)
folds.round(3)

# %% [markdown]
# ## What to write into `config.yaml`
#
# The first candidate in `model.candidates` is the sober one: another takes its place only if earlier folds say so
# clearly. So list more candidates freely, the simplest first; keep `window: expanding` unless the difference above is
# surely positive; and let `holdfast train` open the last fold, once.
