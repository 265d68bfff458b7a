"""The view of one job."""

from frontend.components.reader import show_reader
from frontend.page import Page


def show_job(page: Page, job_id: str) -> None:
    """Show a job."""
    show_reader(page.t, job_id, can_share=page.settings.share_links)
