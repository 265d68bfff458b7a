"""Derive readable text from the model's own words, in pure steps that can be repeated."""
