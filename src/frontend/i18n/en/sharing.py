"""A shared transcript, in English."""

TEXTS: dict[str, str | dict[str, str]] = {
    "shared.title": "Transcript",
    "shared.loading": "Loading the transcript…",
    "shared.until": "available until {day}",
    "shared.gone": "This link does not work",
    "shared.gone.next": "It has expired or was revoked. Ask whoever sent it for a new one.",
    # making a link
    "share.open": "Share a link",
    "share.title": "Read-only link",
    "share.about": "The link needs no password and shows only this transcript and its recording.",
    "share.days": "Valid for",
    "share.for_days": {"one": "{count} day", "other": "{count} days"},
    "share.create": "Create a link",
    "share.copy": "Copy",
    "share.copied": "Copied",
    "share.once": "Copy the link now: it cannot be shown again.",
    "share.valid": "Valid links",
    "share.until": "until {day}",
    "share.revoke": "Revoke",
    "share.close": "Close",
    "share.moment": "Copy a link to this moment",
    "share.moment_copied": "Link to {time} copied",
}
