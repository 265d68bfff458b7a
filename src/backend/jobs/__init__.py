"""The jobs as clients see them: submit, follow, cancel, resume, edit, delete."""
