"""Minutes of Russian reading that anyone can fetch: sentences of Debian's festvox-ru."""

from bench.recordings import Recording, duration_s
from speech_corpus import concatenated, russian_sentences

N_SENTENCES = 60
PAUSE_S = 0.5


def default_recording() -> Recording:
    """Return sixty sentences, one after another."""
    sentences = russian_sentences(N_SENTENCES)
    path = concatenated(sentences, PAUSE_S)
    return Recording(path, " ".join(each.text for each in sentences), duration_s(path))
