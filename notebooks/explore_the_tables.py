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
# # Explore the tables
#
# What ingest makes of a company's exports, and what the features make of that. This notebook writes a small demo
# company of its own, so it runs anywhere; for your own company, load your `config.yaml` and name your workspace.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd

from pipeline.commands import command
from pipeline.config import load_config
from pipeline.demo import simulate
from pipeline.stages.context import Run
from pipeline.stages.progress import Terminal
from pipeline.warehouse import Workspace

folder = Path(tempfile.mkdtemp(prefix="holdfast-notebook-"))
simulate(folder / "exports", folder / "truth", accounts=150)
root = next(place for place in (Path.cwd(), *Path.cwd().parents) if (place / "config.yaml").exists())
config = folder / "config.yaml"
config.write_text((root / "config.yaml").read_text().replace("workspace/demo/exports", "exports"))
run = Run(load_config(config), Workspace(folder / "workspace"), Terminal())

# %% [markdown]
# ## What was read, and what was not
#
# Every record is accepted, quarantined with a reason, dropped as an exact duplicate, or filtered by the mapping. The
# numbers add up for each file.

# %%
report = command("ingest")(run).data
counts = ["records", "accepted", "quarantined", "duplicates", "filtered"]
pd.DataFrame(report["sources"]).set_index("name")[counts]

# %%
rejected = pd.concat(pd.read_parquet(path) for path in sorted((folder / "workspace" / "quarantine").glob("*.parquet")))
rejected.groupby("rule").size().sort_values(ascending=False).rename("records").to_frame()

# %% [markdown]
# ## Features, as they were known then
#
# One row for each customer at each cutoff. A customer's past is in it as often as there are cutoffs.

# %%
found = command("features")(run).data
features = pd.read_parquet(found["path"])
print(f"{found['features']} features for {found['rows']:,} rows at {features['cutoff'].nunique()} cutoffs")
features[["account_id", "cutoff", "logins_4w", "logins_before_4w", "users_4w", "tickets_13w", "nps_last"]].tail()

# %% [markdown]
# ## Do those who leave use less?
#
# The median sign-ins of four weeks, for customers who are gone by the last cutoff and for those who are not. How much
# of the difference a model can use is what `holdfast backtest` tells.

# %%
features["cutoff"] = pd.to_datetime(features["cutoff"])
last = features["cutoff"].max()
staying = set(features.loc[features["cutoff"] == last, "account_id"])
features["group"] = features["account_id"].isin(staying).map({True: "still here", False: "gone since"})
lines = features[features["cutoff"] < last].groupby(["cutoff", "group"])["logins_4w"].median().unstack()
axes = lines.plot(figsize=(9, 4), color={"still here": "#4c8c6b", "gone since": "#b5483a"}, linewidth=2)
axes.set(xlabel="", ylabel="sign-ins in 4 weeks (median)", title="Sign-ins of customers, by what became of them")
axes.spines[["top", "right"]].set_visible(False)
axes.legend(title="", frameon=False)
plt.show()
