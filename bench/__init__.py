"""Benchmarks: speed, word errors and memory of the services, next to other ways to transcribe.

`make bench` runs the comparison; `python -m bench --help` lists its options. Machines are noisy,
so every figure is a median of interleaved rounds.
"""
