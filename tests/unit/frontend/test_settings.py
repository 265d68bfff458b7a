import pytest
from pydantic import ValidationError
from streamlit import config

from frontend.__main__ import streamlit_options
from frontend.settings import FrontendSettings


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path):
    for name in FrontendSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


def test_every_setting_has_a_description():
    descriptions = [field.description for field in FrontendSettings.model_fields.values()]
    assert all(text and text.endswith(".") for text in descriptions)


def test_the_environment_overrides_the_file(tmp_path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / ".env").write_text("FRONTEND_PORT=8110\nBACKEND_URL=http://file:1\n")
    monkeypatch.setenv("FRONTEND_PORT", "8210")
    settings = FrontendSettings()
    assert settings.frontend_port == 8210
    assert settings.backend_url == "http://file:1"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FRONTEND_PORT", "0"),
        ("FRONTEND_PORT", "65536"),
        ("MAX_UPLOAD_BYTES", "0"),
        ("BACKEND_URL", "backend:8009"),
        ("BIND_ADDRESS", ""),
        ("LOG_LEVEL", "loud"),
        ("ALLOWED_HOSTS", "https://speech.example"),
    ],
)
def test_a_value_out_of_bounds_stops_the_start(name: str, value: str, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        FrontendSettings()


def test_streamlit_sends_no_telemetry_and_opens_no_browser():
    options = streamlit_options(FrontendSettings())
    assert options["browser_gatherUsageStats"] is False
    assert options["server_headless"] is True
    assert options["server_fileWatcherType"] == "none"


def test_streamlit_knows_every_option():
    """Streamlit silently ignores a misspelt option."""
    known = set(config.get_config_options())
    asked = {name.replace("_", ".") for name in streamlit_options(FrontendSettings())}
    assert asked - known == set()


def test_streamlit_accepts_no_files_itself():
    """It would hold them in memory; uploads are streamed to the backend instead."""
    assert streamlit_options(FrontendSettings())["server_maxUploadSize"] == 1


def test_streamlit_checks_the_host_of_websockets_as_well(monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", "speech.example")
    hosts = streamlit_options(FrontendSettings())["server_allowedHosts"]
    assert {"localhost", "127.0.0.1", "::1", "frontend", "speech.example"} <= set(hosts)
    monkeypatch.setenv("BIND_ADDRESS", "0.0.0.0")
    assert streamlit_options(FrontendSettings())["server_allowedHosts"] == []


def test_the_key_is_hidden_in_the_settings(monkeypatch):
    monkeypatch.setenv("BACKEND_API_KEY", "s3cret")
    settings = FrontendSettings()
    assert "s3cret" not in repr(settings)
    assert settings.backend_headers == {"Authorization": "Bearer s3cret"}


def test_key_is_read_from_a_file_too(monkeypatch, tmp_path):
    """Environment variables show in `docker inspect` and in /proc."""
    (tmp_path / "key").write_text("s3cret\n")
    monkeypatch.setenv("BACKEND_API_KEY_FILE", str(tmp_path / "key"))
    settings = FrontendSettings()
    assert "s3cret" not in repr(settings)
    assert settings.backend_headers == {"Authorization": "Bearer s3cret"}
    (tmp_path / "key").write_text("")
    monkeypatch.setenv("BACKEND_API_KEY", "s3cret")
    with pytest.raises(ValidationError, match="BACKEND_API_KEY_FILE is empty") as refused:
        FrontendSettings()
    assert "s3cret" not in str(refused.value)
    (tmp_path / "key").unlink()
    with pytest.raises(ValidationError, match="BACKEND_API_KEY_FILE cannot be read"):
        FrontendSettings()


def test_streamlit_never_logs_page_content(monkeypatch):
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert streamlit_options(FrontendSettings())["logger_level"] == "info"


def test_where_visitors_sign_in_no_call_is_made_with_the_pages_key():
    """Otherwise a visitor who has not signed in has the page's history."""
    own = {"_env_file": None, "backend_api_key": "k"}
    assert FrontendSettings(**own).backend_headers
    signed_in = {"sign_in_header": "X-Forwarded-User", "sign_in_secret": "s" * 16}
    assert FrontendSettings(**own, **signed_in).backend_headers == {}
    with pytest.raises(ValidationError, match="SIGN_IN_SECRET"):
        FrontendSettings(**own, sign_in_header="X-Forwarded-User")
