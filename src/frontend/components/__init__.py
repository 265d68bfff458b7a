"""Pieces of the page that more than one view, or one view many times, is made of."""
