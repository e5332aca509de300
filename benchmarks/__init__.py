"""Benchmarks: what the project's figures are worth, measured."""
