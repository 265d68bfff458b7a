"""The glossary that an owner saves for all new transcriptions."""

from fastapi import APIRouter, Request

from backend.dependencies import Glossaries, Owner
from backend.routes.json_body import json_body_of, json_body_schema
from contracts.glossary import GlossaryAddition, SavedGlossary
from contracts.problems import ProblemType
from servicekit.problems import problem_responses

router = APIRouter(prefix="/v1/glossary", tags=["glossary"])

_BODY_PROBLEMS = problem_responses(
    ProblemType.BAD_REQUEST, ProblemType.INVALID_OPTION, ProblemType.TOO_LARGE
)


@router.get("", summary="The saved names and terms")
async def read_glossary(glossaries: Glossaries, owner: Owner) -> SavedGlossary:
    """Return the glossary of new transcriptions that are sent without one."""
    return SavedGlossary(glossary=await glossaries.get(owner))


@router.put(
    "",
    summary="Save names and terms for all new transcriptions",
    openapi_extra=json_body_schema(SavedGlossary),
    responses=_BODY_PROBLEMS,
)
async def save_glossary(request: Request, glossaries: Glossaries, owner: Owner) -> SavedGlossary:
    """Return the glossary as it is saved: tidied; an empty one deletes it."""
    saved = await json_body_of(request, SavedGlossary)
    await glossaries.put(owner, saved.glossary)
    return saved


@router.post(
    "",
    summary="Add names and terms to the saved ones",
    openapi_extra=json_body_schema(GlossaryAddition),
    responses=_BODY_PROBLEMS,
)
async def add_to_glossary(request: Request, glossaries: Glossaries, owner: Owner) -> SavedGlossary:
    """Return the whole glossary; added terms replace those that are spoken alike."""
    addition = await json_body_of(request, GlossaryAddition)
    return SavedGlossary(glossary=await glossaries.add(owner, addition.terms))
