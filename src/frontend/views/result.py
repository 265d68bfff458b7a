"""What came of a job: its text and files, or why there is none."""

from functools import partial
from pathlib import PurePath

import streamlit as st

from contracts.jobs import Job, JobStatus
from contracts.languages import LANGUAGE_NAMES
from contracts.transcription import Transcript
from frontend.backend_client import ExportFormat
from frontend.components.failures import show_failure, show_problem
from frontend.components.plain_text import plain_text
from frontend.components.transcript import show_segments, show_text
from frontend.page import Page
from frontend.session import open_new_transcription

_MEDIA_TYPES = {
    ExportFormat.TXT: "text/plain; charset=utf-8",
    ExportFormat.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ExportFormat.SRT: "application/x-subrip; charset=utf-8",
    ExportFormat.VTT: "text/vtt; charset=utf-8",
    ExportFormat.TSV: "text/tab-separated-values; charset=utf-8",
    ExportFormat.JSON: "application/json",
}


def show_result(page: Page, job: Job) -> None:
    """Show a job that has ended."""
    _show_title(page, job)
    for warning in job.warnings:
        st.warning(page.t(f"warning.{warning}"), icon=":material/warning:")
    has_text = job.result is not None and bool(job.result.text.strip())
    match job.status:
        case JobStatus.FAILED:
            _show_failure(page, job)
        case JobStatus.CANCELLED:
            st.info(page.t("result.cancelled"), icon=":material/block:")
        case _ if not has_text:
            no_speech = f"**{page.t('result.no_speech')}**  \n{page.t('result.no_speech.next')}"
            st.info(no_speech, icon=":material/hearing_disabled:")
    if job.result and has_text:
        if job.status is JobStatus.COMPLETED:
            _show_downloads(page, job)
        else:
            st.caption(page.t("result.so_far"))
        _show_transcript(page, job.result)
    if job.model:
        made_by = page.t("result.model", model=f"{job.model.name} ({job.model.revision[:12]})")
        plain_text(made_by, "small", "model")


def _show_title(page: Page, job: Job) -> None:
    with st.container(
        key="result-title",
        horizontal=True,
        horizontal_alignment="distribute",
        vertical_alignment="center",
    ):
        plain_text(job.file.name, "title", "file-name")
        st.button(
            page.t("result.new"),
            icon=":material/add:",
            key="new",
            on_click=open_new_transcription,
        )
    if facts := _facts(page, job):
        plain_text(" · ".join(facts), "note", "facts")


def _facts(page: Page, job: Job) -> list[str]:
    t = page.t
    facts = []
    if job.file.duration_s:
        facts.append(t.duration(job.file.duration_s))
    if job.result and job.result.text.strip():
        facts.append(LANGUAGE_NAMES.get(job.result.language, job.result.language))
        facts.append(t("result.words", count=len(job.result.text.split())))
    if job.cached:
        facts.append(t("result.cached"))
    elif job.started_at and job.finished_at and job.status is JobStatus.COMPLETED:
        took = (job.finished_at - job.started_at).total_seconds()
        facts.append(t("result.took", duration=t.duration(took)))
    return facts


def _show_failure(page: Page, job: Job) -> None:
    if job.error:
        show_problem(page.t, job.error)
    else:
        show_failure(page.t("problem.internal"), page.t("problem.internal.next"))


def _show_downloads(page: Page, job: Job) -> None:
    stem = PurePath(job.file.name).stem
    with st.container(key="downloads", horizontal=True):
        for form in ExportFormat:
            st.download_button(
                page.t(f"result.download.{form}"),
                # fetched only when it is asked for
                partial(page.backend.export, job.id, form),
                file_name=f"{stem}.{form}",
                mime=_MEDIA_TYPES[form],
                help=page.t(f"result.download.{form}.help"),
                icon=":material/download:",
                key=f"download-{form}",
                on_click="ignore",
            )


def _show_transcript(page: Page, result: Transcript) -> None:
    text, segments = st.tabs([page.t("result.text"), page.t("result.segments")])
    with text:
        show_text(page.t, result.text)
    with segments:
        show_segments(page.t, result.segments)
