"""Clients, the page and file names rely on a format's name and on its choice about times."""

from contracts.exports import ExportFormat


def test_a_format_is_written_on_the_wire_by_its_file_ending() -> None:
    assert [str(kind) for kind in ExportFormat] == [
        "txt",
        "docx",
        "md",
        "srt",
        "vtt",
        "tsv",
        "json",
    ]
    assert ExportFormat("docx") is ExportFormat.DOCX


def test_only_running_text_can_do_without_times() -> None:
    optional = {kind for kind in ExportFormat if kind.has_optional_timestamps}
    assert optional == {ExportFormat.TXT, ExportFormat.DOCX, ExportFormat.MD}
