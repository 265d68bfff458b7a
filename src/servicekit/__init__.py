"""The HTTP edge that the backend and the llm share: logs, request ids, problems, health."""
