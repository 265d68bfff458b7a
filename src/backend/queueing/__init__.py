"""The durable queue of jobs: DBOS Transact, the worker, and recovery after a crash.

DBOS stores which job waits, which process works on it and which of its steps are done. Job data
and results are in our own database alone: arguments and checkpoints are ids, keys and plans,
never text.
"""
