"""The web page: upload recordings, read, edit and export their transcripts.

It uses the backend through its HTTP API only.
"""
