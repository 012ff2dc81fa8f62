"""Packages that only data sets need: imported when they are used."""

from __future__ import annotations

import importlib
from typing import Any

from foedus.errors import InputError


def library(name: str) -> Any:
    """The module of an optional package.

    Raises:
        InputError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        package = name.partition(".")[0]
        raise InputError(
            f"data sets need the package '{package}', which is not installed", fix="pip install 'foedus[data]'"
        ) from None
