"""The workflow of a recording: the only place that knows the order of the stages."""
