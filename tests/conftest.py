"""Before any test: JAX compiles tiny models for tests, which need no optimizing."""

import os

os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")
