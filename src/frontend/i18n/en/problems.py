"""Problems and what to do about them, in English."""

TEXTS: dict[str, str | dict[str, str]] = {
    "problem.request_id": "Request ID: {id}",
    "problem.unavailable": "The service did not respond",
    "problem.unavailable.next": "Wait a moment and try again.",
    "problem.unexpected": "Something went wrong",
    "problem.unexpected.next": "Reload the page. If that does not help, "
    "look for details in the service log.",
    "problem.job_not_found": "Transcription not found",
    "problem.job_not_found.next": "It may have been deleted, or the address is incomplete.",
    "problem.empty_audio": "The file contains no audio",
    "problem.empty_audio.next": "It is empty or zero seconds long. Choose another file.",
    "problem.unreadable_audio": "The recording cannot be read",
    "problem.unreadable_audio.next": "The file may be damaged. Download it again or save it "
    "in another format, such as MP3 or WAV.",
    "problem.no_audio_stream": "This video has no sound",
    "problem.no_audio_stream.next": "Choose a video with sound or an audio recording.",
    "problem.decoder_crashed": "This recording crashes the decoder",
    "problem.decoder_crashed.next": "The file may be damaged. Save it in another format, such as "
    "MP3 or WAV.",
    "problem.backend_crashed": "The service kept crashing on this recording",
    "problem.backend_crashed.next": "Save it in another format, such as MP3 or WAV, or split it. "
    "If something else was the cause, such as a power cut, start the transcription again.",
    "problem.decoding_limit": "Decoding this recording takes too much memory or time",
    "problem.decoding_limit.next": "The file may be damaged. Save it in another format, such as "
    "MP3 or WAV, or split it.",
    "problem.bad_request": "Invalid request",
    "problem.bad_request.next": "Reload the page and try again.",
    "problem.unauthorized": "The page has no valid API key",
    "problem.unauthorized.next": "Ask the administrator to set one.",
    "problem.cross_origin": "The request comes from another site",
    "problem.cross_origin.next": "Open the page by its own address and try again.",
    "problem.forbidden": "The service does not allow this",
    "problem.forbidden.next": "Ask the administrator if you need it.",
    "problem.not_found": "Recording not found",
    "problem.not_found.next": "It may have been removed from the server. Upload it again.",
    "problem.method_not_allowed": "The service rejected the request",
    "problem.method_not_allowed.next": "The page and the service may be different versions. "
    "Update and restart them together.",
    "problem.too_slow": "The connection is too slow",
    "problem.too_slow.next": "Continue the upload when the connection is better.",
    "problem.wrong_state": "This is not possible right now",
    "problem.wrong_state.next": "The status of the transcription may have changed. "
    "Reload the page.",
    "problem.too_many_voices": "Too many voices are remembered",
    "problem.too_many_voices.next": "Delete some of them under “Statistics”.",
    "problem.upload_offset_mismatch": "The upload was interrupted",
    "problem.upload_offset_mismatch.next": "Upload the recording again.",
    "problem.unsupported_tus_version": "Incompatible versions",
    "problem.unsupported_tus_version.next": "The page and the service may be different versions. "
    "Update and restart them together.",
    "problem.too_large": "The file is too large",
    "problem.too_large.next": "Split the recording or save it in a compressed format, such as MP3.",
    "problem.too_long": "The recording is too long",
    "problem.too_long.next": "Split it into parts and transcribe them one by one.",
    "problem.unsupported_media": "This is not an audio or video file",
    "problem.unsupported_media.next": "Check that you chose the right file. "
    "Its content matters, not its extension; only telephone recordings without a header are "
    "recognised by theirs: .ulaw, .alaw, .sln, .sln16, .g722, .gsm.",
    "problem.unknown_model": "There is no such model",
    "problem.unknown_model.next": "Choose another model, or reload the page.",
    "problem.unknown_host": "The service does not accept this host name",
    "problem.unknown_host.next": "Ask the administrator to allow it in the settings.",
    "problem.invalid_option": "One of the settings has an invalid value",
    "problem.invalid_option.next": "Reset it to the default and try again.",
    "problem.too_little_speech": "This speaker says too little",
    "problem.too_little_speech.next": "At least five seconds without anybody else’s voice "
    "are needed.",
    "problem.queue_full": "The queue is full",
    "problem.queue_full.next": "Wait a few minutes and try again.",
    "problem.upload_quota": "Too many uploaded recordings wait to be transcribed",
    "problem.upload_quota.next": "Transcribe or remove some of them and try again.",
    "problem.too_many_requests": "Too many requests at once",
    "problem.too_many_requests.next": "Wait a moment and try again.",
    "problem.too_many_wrong_keys": "Too many wrong API keys",
    "problem.too_many_wrong_keys.next": "Check the page’s key, wait a minute and try again.",
    "problem.checksum_mismatch": "The recording was damaged on its way",
    "problem.checksum_mismatch.next": "Check the connection and upload it again.",
    "problem.internal": "Internal service error",
    "problem.internal.next": "Try again. If it happens again, "
    "send the request ID to the administrator.",
    "problem.llm_failed": "The model could not transcribe the recording",
    "problem.llm_failed.next": "Try again. If it happens again, "
    "send the request ID to the administrator.",
    "problem.not_ready": "The service is not ready yet",
    "problem.not_ready.next": "The model is loading or the database is not responding. "
    "Wait a minute and try again.",
    "problem.overloaded": "The service is busy",
    "problem.overloaded.next": "Wait a few minutes and try again.",
    "problem.disk_full": "The server is out of disk space",
    "problem.disk_full.next": "Ask the administrator to free up some space.",
}
