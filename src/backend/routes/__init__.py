"""The HTTP edge: parse, call, return; nothing else."""
