"""What can be said of each account at each cutoff: one declaration a measure, evaluated on any engine."""
