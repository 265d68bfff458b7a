"""Models compared on corrected recordings, in English."""

TEXTS: dict[str, str | dict[str, str]] = {
    "evaluation.title": "Accuracy on your recordings",
    "evaluation.empty": "Correct a whole transcript, and the model’s errors will be "
    "counted here. Transcribe the recording with another model to compare the two.",
    "evaluation.help": "The corrected text is taken for what was said, so choose transcripts that "
    "you have corrected from start to end. Punctuation and capitals do not count.",
    "evaluation.recordings": "Corrected recordings",
    "evaluation.recording": {
        "one": "{name}, {day}, {model}: {corrected} of {count} phrase corrected",
        "other": "{name}, {day}, {model}: {corrected} of {count} phrases corrected",
    },
    "evaluation.scope": {
        "one": "{words} words in {count} recording",
        "other": "{words} words in {count} recordings",
    },
    "evaluation.wer": "Wrong words (WER)",
    "evaluation.cer": "Wrong characters (CER)",
    "evaluation.rtf": "Processing seconds per second of audio",
    "evaluation.figure": "{value}% ({low} to {high})",
    "evaluation.interval": "In brackets: the 95% confidence interval. More corrected speech "
    "narrows it.",
    "evaluation.recommended": "Use {model}: of the models with the fewest errors on the recordings "
    "that all of them have transcribed (within the margin of error), it is the fastest.",
    "evaluation.one_model": "Transcribe one of these recordings with another model, and the two "
    "will be compared.",
}
