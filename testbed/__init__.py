"""Shared by the tests and the bench: the services as local processes, and speech with its text."""
