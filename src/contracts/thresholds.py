"""Thresholds on what the model reports of its own text; the services and the page share them."""

MAX_COMPRESSION_RATIO = 2.4
"""A text that compresses better repeats itself."""

MIN_AVG_LOGPROB = -1.0
"""Mean log-probability of the tokens under which the llm decodes a chunk again."""

MAX_NO_SPEECH_PROB = 0.6
"""Source of the three: the Whisper paper, section 4.5, and openai/whisper, `transcribe()`."""

UNSURE_AVG_LOGPROB = -0.7
"""Mean log-probability under which the model was guessing: each token has less than half the
probability, on average."""

UNSURE_WORD_PROBABILITY = 0.45
"""A word under it is more likely wrong than right. Source: `bench.unsure_words` with
whisper-base."""
