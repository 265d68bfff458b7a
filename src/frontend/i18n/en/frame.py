"""What is on every page: its frame, and the state of the service, in English."""

TEXTS: dict[str, str | dict[str, str]] = {
    # the page
    "app.title": "Speech to text",
    "app.tagline": "An interview, a lecture, a call or a voice message: "
    "upload it and get the text.",
    # the frame
    "view.new": "New transcription",
    "view.history": "History",
    "view.system": "Statistics",
    "view.job": "Transcription",
    "header.views": "Sections",
    "header.language": "Language of the page",
    "header.theme": "Theme",
    "header.theme.system": "Auto",
    "header.theme.light": "Light",
    "header.theme.dark": "Dark",
    # the service's state
    "service.unavailable": "The transcription service does not answer at the moment",
    "service.unavailable.next": "This page keeps trying; there is nothing you need to do.",
    "service.starting": "The service is starting",
    "service.starting.next": "The model is being loaded. It mostly takes less than a minute; "
    "you can choose the recording already.",
    "service.degraded": "The service does not run as it is configured",
    "service.fallback": "A stand-in model is at work for now",
    "service.fallback.next": "It is fast, but makes more mistakes. You can transcribe already.",
    "service.fetching": "The main model is being downloaded.",
    "service.fetching_share": "The main model is being downloaded: {percent}.",
    "service.loading": "The main model is being loaded.",
    "service.fetch_failed": "The main model could not be downloaded. "
    "The service will try again by itself.",
}
