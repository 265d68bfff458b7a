"""Pure audio and text: no web framework, no network, no database.

A recording goes through the modules in this order: `decode` (any container to blocks of
samples), `downmix` (to one channel), `resample` (to 16 kHz), `pcm` (a file of s16le on
disk), `vad` (where there is speech), `normalize` (one gain for the file), `chunk` (cut in
the pauses), and, when the llm has answered, `assemble` (times of the recording).
Nothing here holds more than a block or a chunk of audio in memory.
"""
