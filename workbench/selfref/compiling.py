"""Keep what JAX compiled on disk: a large model compiles longer than it loads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import platformdirs


def keep_compiled() -> None:
    """Let JAX keep compiled code in the cache folder, unless it keeps it elsewhere."""
    config: Any = jax.config
    if config.jax_compilation_cache_dir is None:
        folder = Path(platformdirs.user_cache_dir("tain-workbench", False)) / "jax"
        config.update("jax_compilation_cache_dir", str(folder))
