"""Dependencies of the routes."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Query, Request
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from backend.accounts import Account, Accounts
from backend.api_keys import ApiKeys
from backend.audit import AccountAudit, AuditTrail
from backend.errors import ForbiddenError
from backend.evaluation import ModelEvaluator
from backend.jobs.service import JobService
from backend.jobs.sharing import Sharing
from backend.jobs.submission import JobSubmission
from backend.jobs.voices import VoiceService
from backend.language_detection import LanguageDetector
from backend.llm_client import LlmClient
from backend.owner_limit import OwnerLimit
from backend.previews import Previews
from backend.settings import BackendSettings
from backend.statistics import StatisticsCounter
from backend.storage.blobs import BlobStore
from backend.storage.database import Database, FolderStore, GlossaryStore, NoteStore, UsageStore
from backend.storage.uploads import UploadStore
from backend.storage.work_folder import WorkFolder
from contracts.accounts import Role

_bearer = HTTPBearer(auto_error=False, description="An API key, if there are any.")
_key_header = APIKeyHeader(
    name="X-API-Key", auto_error=False, description="The same, for clients that send this header."
)


@dataclass(frozen=True)
class Services:
    """The parts of the running backend; `app.state.services`."""

    accounts: Accounts
    usage: UsageStore
    audit: AuditTrail
    metrics_keys: ApiKeys
    database: Database
    jobs: JobService
    sharing: Sharing
    submission: JobSubmission
    llm: LlmClient
    uploads: UploadStore
    blobs: BlobStore
    work: WorkFolder
    voices: VoiceService
    languages: LanguageDetector
    receiving_limit: OwnerLimit
    previews: Previews
    glossaries: GlossaryStore
    notes: NoteStore
    folders: FolderStore
    statistics: StatisticsCounter
    evaluator: ModelEvaluator
    settings: BackendSettings


def _services(request: Request) -> Services:
    return request.app.state.services


def _jobs(request: Request) -> JobService:
    return _services(request).jobs


def _sharing(request: Request) -> Sharing:
    return _services(request).sharing


def _submission(request: Request) -> JobSubmission:
    return _services(request).submission


def _llm(request: Request) -> LlmClient:
    return _services(request).llm


def _uploads(request: Request) -> UploadStore:
    return _services(request).uploads


def _blobs(request: Request) -> BlobStore:
    return _services(request).blobs


def _work(request: Request) -> WorkFolder:
    return _services(request).work


def _receiving_limit(request: Request) -> OwnerLimit:
    return _services(request).receiving_limit


def _accounts(request: Request) -> Accounts:
    return _services(request).accounts


def _usage(request: Request) -> UsageStore:
    return _services(request).usage


def _sent_key(
    sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    header: Annotated[str | None, Depends(_key_header)],
) -> str | None:
    return sent.credentials if sent else header


SentKey = Annotated[str | None, Depends(_sent_key)]


async def account_of(request: Request, key: SentKey) -> Account:
    """Return the account that a request acts for, or refuse it; see `Accounts.account_of`."""
    accounts, client = _services(request).accounts, _client_of(request)
    return accounts.signed_in(request.headers, client) or await accounts.account_of(key, client)


def _owner_of(account: Annotated[Account, Depends(account_of)]) -> str:
    return account.owner


def _audit(request: Request) -> AuditTrail:
    return _services(request).audit


def _own_audit(request: Request, account: Annotated[Account, Depends(account_of)]) -> AccountAudit:
    return _services(request).audit.of(account)


def require_admin(account: Annotated[Account, Depends(account_of)]) -> None:
    """Refuse a request of anybody but an admin.

    Raises: ForbiddenError: the account's role is another one.
    """
    if account.role is not Role.ADMIN:
        raise ForbiddenError("Only an admin may do this.")


async def require_metrics_key(request: Request, key: SentKey) -> None:
    """Refuse a request unless its key may read the metrics, which show the work for all keys."""
    services = _services(request)
    if not services.metrics_keys and services.accounts.are_required:
        if (await account_of(request, key)).role is not Role.ADMIN:
            raise ForbiddenError("Set METRICS_API_KEY to a key that may read the metrics.")
        return
    services.metrics_keys.owner_of(key, _client_of(request))


def _client_of(request: Request) -> str:
    return request.client.host if request.client else ""


def _voices(request: Request) -> VoiceService:
    return _services(request).voices


def _languages(request: Request) -> LanguageDetector:
    return _services(request).languages


def _previews(request: Request) -> Previews:
    return _services(request).previews


def _statistics(request: Request) -> StatisticsCounter:
    return _services(request).statistics


def _evaluator(request: Request) -> ModelEvaluator:
    return _services(request).evaluator


def _glossaries(request: Request) -> GlossaryStore:
    return _services(request).glossaries


def _notes(request: Request) -> NoteStore:
    return _services(request).notes


def _folders(request: Request) -> FolderStore:
    return _services(request).folders


def _settings(request: Request) -> BackendSettings:
    return _services(request).settings


Jobs = Annotated[JobService, Depends(_jobs)]
Shares = Annotated[Sharing, Depends(_sharing)]
Submission = Annotated[JobSubmission, Depends(_submission)]
Llm = Annotated[LlmClient, Depends(_llm)]
Uploads = Annotated[UploadStore, Depends(_uploads)]
Blobs = Annotated[BlobStore, Depends(_blobs)]
Work = Annotated[WorkFolder, Depends(_work)]
Voices = Annotated[VoiceService, Depends(_voices)]
LanguageDetection = Annotated[LanguageDetector, Depends(_languages)]
ReceivingLimit = Annotated[OwnerLimit, Depends(_receiving_limit)]
PreviewsOfUploads = Annotated[Previews, Depends(_previews)]
Counter = Annotated[StatisticsCounter, Depends(_statistics)]
Evaluator = Annotated[ModelEvaluator, Depends(_evaluator)]
Glossaries = Annotated[GlossaryStore, Depends(_glossaries)]
Folders = Annotated[FolderStore, Depends(_folders)]
Notes = Annotated[NoteStore, Depends(_notes)]
Settings = Annotated[BackendSettings, Depends(_settings)]
AccountKeys = Annotated[Accounts, Depends(_accounts)]
OwnerUsage = Annotated[UsageStore, Depends(_usage)]
Audit = Annotated[AuditTrail, Depends(_audit)]
OwnAudit = Annotated[AccountAudit, Depends(_own_audit)]
SignedIn = Annotated[Account, Depends(account_of)]
Owner = Annotated[str, Depends(_owner_of)]
WordTimestamps = Annotated[
    bool | None,
    Query(description="Return the times of each word; default: as in the job's options."),
]
