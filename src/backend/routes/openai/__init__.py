"""OpenAI's audio API, so that its clients work with another base URL.

Source: https://platform.openai.com/docs/api-reference/audio, and the types of OpenAI's
client.
"""

from backend.routes.openai.audio import router

__all__ = ["router"]
