"""The view of one job."""

from frontend.components.reader import show_reader
from frontend.models import choices, known_models
from frontend.page import Page


def show_job(page: Page, job_id: str) -> None:
    """Show a job."""
    models = choices(known_models(page))
    show_reader(page.t, job_id, can_share=page.settings.share_links, models=models)
