import sys
from pathlib import Path

from hypothesis import settings

# Tests, and the processes that they start, share plain.py and small.py.
sys.path.insert(0, str(Path(__file__).parent))

# Compiling in the middle of an example says nothing about programs.
settings.register_profile("evolution", deadline=None)
settings.load_profile("evolution")
