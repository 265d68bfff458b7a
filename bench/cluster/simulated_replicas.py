"""The replicas of deploy/ray/replicas.py with the engine of `simulated_llm`."""

from ray import serve
from replicas import Replica

from bench.cluster import simulated_llm


@serve.deployment(name="llm")
class SleepingReplica(Replica.func_or_class):
    """A replica whose process imports the engine."""

    engine = simulated_llm.SleepingEngine


app = SleepingReplica.bind()
