"""What the backend and the llm share at the HTTP edge: logs, request ids, problems, health."""
