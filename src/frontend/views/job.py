"""A job at its own address: what it is doing, then what came of it."""

import streamlit as st

from contracts.jobs import Job, JobStatus, Stage
from contracts.problems import ProblemType
from frontend.backend_client import BackendError, BackendUnavailableError
from frontend.components.failures import show_frontend_error, told_in_plain_words
from frontend.components.plain_text import plain_text
from frontend.components.transcript import show_segments_so_far
from frontend.page import Page
from frontend.session import open_new_transcription
from frontend.views.result import show_result

POLL_S = 1.0
"""Seconds between two looks at a job that runs."""

_LAST_SEEN = "last-seen-job"


def show_job(page: Page, job_id: str) -> None:
    """Show a job, whatever its state."""
    with st.container(key="narrow"):
        try:
            job = page.backend.job(job_id)
        except BackendUnavailableError:
            _watch(page, job_id)
        except BackendError as error:
            _show_no_job(page, error)
        else:
            if job.status.is_final:
                show_result(page, job)
            else:
                _watch(page, job_id)


def _show_no_job(page: Page, error: BackendError) -> None:
    if error.problem_type is ProblemType.NOT_FOUND:
        title, advice = page.t("problem.job_not_found"), page.t("problem.job_not_found.next")
        st.info(f"**{title}**  \n{advice}", icon=":material/search_off:")
    else:
        show_frontend_error(page.t, error)
    st.button(page.t("result.new"), type="primary", key="new", on_click=open_new_transcription)


@st.fragment(run_every=POLL_S)
def _watch(page: Page, job_id: str) -> None:
    """Look at a job again and again, until it ends; then the whole page is drawn anew."""
    with told_in_plain_words(page.t):
        try:
            job = page.backend.job(job_id)
        except BackendUnavailableError:
            job = _last_seen(job_id)  # the banner tells that the service is away
        except BackendError:
            st.rerun()
        else:
            st.session_state[_LAST_SEEN] = job
        if job is None:
            st.progress(0.0, page.t("running.waiting"))
        elif job.status.is_final:
            del st.session_state[_LAST_SEEN]
            st.rerun()
        else:
            _show_running(page, job)


def _last_seen(job_id: str) -> Job | None:
    job: Job | None = st.session_state.get(_LAST_SEEN)
    return job if job and job.id == job_id else None


def _show_running(page: Page, job: Job) -> None:
    plain_text(job.file.name, "title", "file-name")
    share = _share_done(job)
    st.progress(share, _progress_in_words(page, job, share))
    st.caption(page.t("running.may_leave"))
    with st.container(key="so-far", border=True):
        if job.result and job.result.segments:
            show_segments_so_far(page.t, job.result.segments)
        else:
            st.caption(page.t("running.text_soon"))


def _share_done(job: Job) -> float:
    progress = job.progress
    return min(1.0, progress.processed_s / progress.total_s) if progress.total_s > 0 else 0.0


def _progress_in_words(page: Page, job: Job, share: float) -> str:
    t = page.t
    if job.status is JobStatus.QUEUED:
        return t("running.queued")
    stage = job.progress.stage
    in_words = t(f"stage.{stage}") if stage else t("running.starting")
    if stage is not Stage.TRANSCRIBING:
        return in_words
    if job.progress.eta_s is None:
        return t("running.progress", stage=in_words, percent=t.percent(share))
    left = t.time_left(job.progress.eta_s)
    return t("running.progress_left", stage=in_words, percent=t.percent(share), left=left)
