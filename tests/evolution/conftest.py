from hypothesis import settings

# Compiling in the middle of an example says nothing about programs.
settings.register_profile("evolution", deadline=None)
settings.load_profile("evolution")
