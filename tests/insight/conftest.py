"""No deadlines: how long an example takes says nothing about programs."""

from hypothesis import settings

settings.register_profile("insight", deadline=None)
settings.load_profile("insight")
