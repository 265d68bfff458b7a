"""What clients may announce of an upload."""

import base64

import pytest

from backend.routes.tus import MAX_METADATA_CHARS


@pytest.mark.parametrize(("excess", "status"), [(0, 201), (1, 400)])
async def test_metadata_cannot_fill_the_disk(client, files_left, excess, status) -> None:
    pair = f"filename {base64.b64encode('Утро.mp3'.encode()).decode()}"
    metadata = f"{pair},{'k' * (MAX_METADATA_CHARS - len(pair) - 1 + excess)}"
    answer = await client.post(
        "/v1/uploads/",
        headers={
            "Tus-Resumable": "1.0.0",
            "Upload-Length": "3",
            "Upload-Metadata": metadata,
        },
    )
    assert answer.status_code == status
    assert bool(files_left()) is (status == 201)
