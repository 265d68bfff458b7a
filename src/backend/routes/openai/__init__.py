"""OpenAI's own API for audio, so that programmes written for it need another address only.

Source: https://platform.openai.com/docs/api-reference/audio, and the types of OpenAI's own
client.
"""

from backend.routes.openai.audio import router

__all__ = ["router"]
