"""Simulate the services on 1 to 1,000 replicas of the llm."""
