"""What holds for every test."""

from hypothesis import settings

# how long an example takes says something of the machine, not of the law
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
