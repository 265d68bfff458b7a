"""Names the problems that any call with a recording may answer while the file is decoded."""

from contracts.problems import ProblemType

DECODING_PROBLEMS = (
    ProblemType.EMPTY_AUDIO,
    ProblemType.UNREADABLE_AUDIO,
    ProblemType.DECODER_CRASHED,
    ProblemType.DECODING_LIMIT,
    ProblemType.NO_AUDIO_STREAM,
)
