"""No deadlines: how long an example takes says nothing about programs."""

from hypothesis import settings

settings.register_profile("programs", deadline=None)
settings.load_profile("programs")
