"""The default recordings: sentences of Debian's festvox-ru, which anyone can download."""

from bench.recordings import Recording, duration_s
from testbed.speech import concatenated, russian_sentences

N_SENTENCES = 60
PAUSE_S = 0.5


def default_recording() -> Recording:
    """Return sixty sentences as one recording."""
    sentences = russian_sentences(N_SENTENCES)
    path = concatenated(sentences, PAUSE_S)
    return Recording(path, " ".join(each.text for each in sentences), duration_s(path))


def short_sentence() -> Recording:
    """Return the shortest of the sixty sentences, as an example of dictation."""
    recordings = [
        Recording(sentence.path, sentence.text, duration_s(sentence.path))
        for sentence in russian_sentences(N_SENTENCES)
    ]
    return min(recordings, key=lambda recording: recording.duration_s)
