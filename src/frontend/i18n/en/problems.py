"""Problems, and what to do next, in English."""

TEXTS: dict[str, str | dict[str, str]] = {
    "problem.request_id": "Request id: {id}",
    "problem.unavailable": "The service did not answer",
    "problem.unavailable.next": "Wait a little and try again.",
    "problem.unexpected": "Something went wrong on this page",
    "problem.unexpected.next": "Reload the page. If that does not help, the service's log "
    "has the details.",
    "problem.job_not_found": "There is no such transcription",
    "problem.job_not_found.next": "It may have been deleted, or its address was not copied whole.",
    "problem.empty_audio": "There is no sound in the file",
    "problem.empty_audio.next": "The file is empty, or lasts zero seconds. Choose another one.",
    "problem.unreadable_audio": "The recording cannot be read",
    "problem.unreadable_audio.next": "The file is damaged. Download it again, or save it "
    "in another format such as MP3 or WAV.",
    "problem.no_audio_stream": "This video has no sound",
    "problem.no_audio_stream.next": "Choose a video with sound, or an audio recording.",
    "problem.bad_request": "The service did not understand the request",
    "problem.bad_request.next": "Reload the page and try again.",
    "problem.unauthorized": "The page has no valid key to the service",
    "problem.unauthorized.next": "Whoever runs the service has to give the page one of its keys.",
    "problem.not_found": "The service could not find the recording",
    "problem.not_found.next": "It may have been kept for too long. Send it again.",
    "problem.method_not_allowed": "The service did not understand the request",
    "problem.method_not_allowed.next": "The page and the service seem to be of different "
    "versions. Update and restart them together.",
    "problem.wrong_state": "This is not possible right now",
    "problem.wrong_state.next": "Reload the page: the transcription may have moved on.",
    "problem.upload_offset_mismatch": "Sending went out of step",
    "problem.upload_offset_mismatch.next": "Send the recording again.",
    "problem.unsupported_tus_version": "The page and the service did not understand each other",
    "problem.unsupported_tus_version.next": "They seem to be of different versions. "
    "Update and restart them together.",
    "problem.too_large": "The file is too large",
    "problem.too_large.next": "Split the recording, or save it in a compressed format such as MP3.",
    "problem.too_long": "The recording is too long",
    "problem.too_long.next": "Split it into parts and transcribe them one by one.",
    "problem.unsupported_media": "This is neither audio nor video",
    "problem.unsupported_media.next": "Check that it is the right file: its content counts, "
    "not its extension.",
    "problem.invalid_option": "One of the settings does not fit",
    "problem.invalid_option.next": "Set it back to its usual value and try again.",
    "problem.queue_full": "Too many recordings are waiting at the moment",
    "problem.queue_full.next": "Wait a few minutes and send the recording again.",
    "problem.internal": "Something went wrong in the service",
    "problem.internal.next": "Try again. If it happens again, give the request id "
    "to whoever looks after the service.",
    "problem.llm_failed": "The model could not cope with the recording",
    "problem.llm_failed.next": "Try again. If it happens again, give the request id "
    "to whoever looks after the service.",
    "problem.not_ready": "The service is not ready yet",
    "problem.not_ready.next": "The model is being loaded, or the database does not "
    "answer. Wait a minute and try again.",
    "problem.overloaded": "The service is busy",
    "problem.overloaded.next": "Wait a few minutes and try again.",
    "problem.disk_full": "The service's disk is full",
    "problem.disk_full.next": "Ask whoever looks after the service to free some space.",
}
