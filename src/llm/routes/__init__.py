"""HTTP routes of the llm."""
