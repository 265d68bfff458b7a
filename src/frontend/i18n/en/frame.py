"""The page's frame and the state of the service, in English."""

TEXTS: dict[str, str | dict[str, str]] = {
    # the page
    "app.title": "Speech to text",
    "app.tagline": "Upload an interview, a lecture, a call or a voice message and get its text.",
    # the frame
    "view.new": "New transcription",
    "view.history": "History",
    "view.system": "Statistics",
    "view.job": "Transcription",
    "header.views": "Sections",
    "header.language": "Page language",
    "header.theme": "Theme",
    "header.theme.system": "Auto",
    "header.theme.light": "Light",
    "header.theme.dark": "Dark",
    # the state of the service
    "service.unavailable": "The transcription service is not responding",
    "service.unavailable.next": "This page will reconnect as soon as the service is back.",
    "service.starting": "The service is starting",
    "service.starting.next": "The model is loading, which usually takes less than a minute. "
    "There is no need to wait: new recordings will be queued.",
    "service.details": "See Statistics for details.",
    "service.close": "Close the message",
    "service.degraded": "The service is running with limitations",
    "service.fallback": "Using the small fallback model",
    "service.fetching": "The main model is downloading.",
    "service.fetching_share": "The main model is downloading: {percent}.",
    "service.loading": "The main model is loading.",
    "service.fetch_failed": "The main model could not be downloaded. The service will try again.",
}
