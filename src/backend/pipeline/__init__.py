"""Audio processing without a web framework, network or database.

A recording passes through the modules in this order: `decode` (any container to blocks of
samples), `downmix` (to one channel), `resample` (to 16 kHz), `pcm` (to an s16le file on disk;
`prepare` composes these four), `vad` (find speech spans), `normalize` (one gain for the whole
recording), `chunk` (cut in pauses) and, after the llm has transcribed the chunks, `assemble`
(segments with times of the recording). No module holds more than a block or a chunk of audio
in memory.
"""
