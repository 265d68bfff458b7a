"""Measures the services side by side with other ways of using the same weights.

`make bench` runs it; `python -m bench --help` tells what can be chosen. Nothing here is a
test: machines are noisy, so figures are medians of interleaved rounds.
"""
