"""The version, which is defined here only."""

__all__ = ["__version__"]

__version__ = "1.0.0"
