"""Experiments, each one command, resumable.

Results are kept in data/experiments, reports in docs/experiments.
"""
