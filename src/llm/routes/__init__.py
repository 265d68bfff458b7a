"""The HTTP routes of the llm."""
