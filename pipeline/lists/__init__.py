"""Who is listed this week: at risk and leaving, what else is true of an account, and what to do about it."""
