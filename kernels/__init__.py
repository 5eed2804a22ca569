"""Attention for Hopper GPUs, one level below the notebooks; README.md is the way up to it."""

from .attend import attention

__all__ = ["attention"]
