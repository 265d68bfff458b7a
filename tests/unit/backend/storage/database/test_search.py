"""Full-text search by lemma, the same on both databases."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from backend.storage.database import HistoryStore, Stores
from backend.storage.database.search.lemmas import word_lemmas
from contracts.jobs import Job, JobDescription, SegmentCorrection
from unit.backend.storage.database.recorded import CHUNK_S, OWNER, completed
from unit.backend.storage.database.test_speakers import conversation


async def search(history: HistoryStore, query: str) -> list[Job]:
    return (await history.page(OWNER, query=query)).items


def marked(job: Job) -> list[str]:
    assert job.snippet is not None
    assert job.hit is not None
    return [job.snippet[start:end] for start, end in job.hit.marks]


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("Назначили встречу на вторник", "встречи"),
        ("Пришли люди", "человек"),
        ("Он шёл домой", "иду"),
        ("Ёлки стоят", "елка"),
        ("Елки стоят", "ЁЛКОЙ"),
        ("Подпишем догово́р", "договора"),
        ("Онлайн-встреча в 10", "встречами"),
        ("Мы стали сильнее", "стать"),
        ("Марка стали", "сталь"),
        ("Версия v2 API", "api V2"),
        ("Ко\u0438\u0306от", "койот"),
        ("Глокая куздра штеко будланула", "куздру"),
        ("Ubuntu и straße", "STRASSE"),
        ("日本語 текст", "日本語"),
    ],
)
async def test_each_form_of_a_word_finds_it(
    stores: Stores, history: HistoryStore, text: str, query: str
) -> None:
    found = await completed(stores, text)
    await completed(stores, "Совсем о другом")
    assert [job.id for job in await search(history, query)] == [found]


@pytest.mark.parametrize(
    ("query", "is_found"),
    [
        ("speaker:Анна", True),
        ("Speaker: анной", True),
        ('speaker:"Анна Петрова"', True),
        ("говорящий:«Петрова Анна» слова", True),
        ("speaker:Петрову", True),
        ("speaker:Пётр", False),
        ("speaker:Анна speaker:Мария", False),
        ("speaker:Анна отпуск", False),
        ("speaker:Мария", False),
        ("Анна", False),
        ("speaker:", False),
    ],
)
async def test_a_recording_is_found_by_its_speakers(
    stores: Stores, history: HistoryStore, query: str, *, is_found: bool
) -> None:
    """A speaker who was merged into another one is none."""
    found = await conversation(stores)
    await stores.speakers.name(found, OWNER, "S1", "Анна Петрова")
    await stores.speakers.name(found, OWNER, "S2", "Пётр")
    await stores.speakers.name(found, OWNER, "S2", "Анна Петрова")
    await completed(stores, "слово без имён")
    assert [job.id for job in await search(history, query)] == [found] * is_found


async def test_a_match_has_its_time_and_its_marks(stores: Stores, history: HistoryStore) -> None:
    await completed(stores, "Вступление.", "🎉 <b>Встречи</b> и встреча!", "Встреча")
    (job,) = await search(history, "встречу")
    assert job.snippet == "🎉 <b>Встречи</b> и встреча!"
    assert marked(job) == ["Встречи", "встреча"]
    assert job.hit
    assert (job.hit.segment_index, job.hit.start) == (1, CHUNK_S)


async def test_all_matching_segments_are_counted_and_the_first_ones_shown(
    stores: Stores, history: HistoryStore
) -> None:
    """A visitor would have to open the transcript to learn how often a word is in it."""
    texts = [f"Встреча номер {number}" if number % 2 else "Перерыв" for number in range(14)]
    await completed(stores, *texts)
    (job,) = await search(history, "встречи")
    assert job.n_hits == 7
    assert [hit.segment_index for hit in job.hits] == [1, 3, 5, 7, 9]
    assert job.hits[1].snippet == "Встреча номер 3"
    assert job.hit == job.hits[0]


async def test_a_long_segment_is_cut_around_the_match(
    stores: Stores, history: HistoryStore
) -> None:
    await completed(stores, " ".join(["слово"] * 50 + ["встреча"] + ["слово"] * 50))
    (job,) = await search(history, "встреча")
    assert job.snippet == f"…{'слово ' * 10}встреча{' слово' * 10}…"
    assert marked(job) == ["встреча"]


async def test_all_words_must_match_but_in_any_segments(
    stores: Stores, history: HistoryStore
) -> None:
    apart = await completed(stores, "Договор", "пустое", "аренда")
    near = await completed(stores, "Договор", "про аренду по договору")
    await completed(stores, "Договор")
    first, second = await search(history, "договор аренды")
    assert (first.id, second.id) == (near, apart)
    assert first.hit
    assert first.hit.segment_index == 1
    assert second.hit
    assert second.hit.segment_index == 0
    assert await search(history, "договор аренды кошки") == []


async def test_corrections_and_the_model_s_text_are_both_found(
    stores: Stores, history: HistoryStore
) -> None:
    job_id = await completed(stores, "Ошибку распознали тут")
    await stores.transcripts.edit_segment(
        job_id, OWNER, 0, SegmentCorrection(text="Рыбу приготовили тут")
    )
    for query, word in (("ошибка", "Ошибку"), ("рыба", "Рыбу")):
        (job,) = await search(history, query)
        assert marked(job) == [word]
    await stores.transcripts.edit_segment(
        job_id, OWNER, 0, SegmentCorrection(text="Мясо приготовили тут")
    )
    assert await search(history, "рыба") == []
    await stores.transcripts.edit_segment(
        job_id, OWNER, 0, SegmentCorrection(text="Ошибку распознали тут")
    )
    assert await search(history, "мясо") == []
    assert [job.id for job in await search(history, "ошибка")] == [job_id]


async def test_a_deleted_job_is_not_found(stores: Stores, history: HistoryStore) -> None:
    first, second = await completed(stores, "встреча"), await completed(stores, "встреча")
    await stores.jobs.delete(second)
    assert [job.id for job in await search(history, "встреча")] == [first]


async def test_matches_are_paged_and_belong_to_the_owner(
    stores: Stores, history: HistoryStore
) -> None:
    ids = []
    for _ in range(3):
        ids.append(await completed(stores, "встреча"))
        await completed(stores, "другое")
        await completed(stores, "встреча", owner="another")
    page = await history.page(OWNER, query="встреча", limit=2)
    rest = await history.page(OWNER, query="встреча", limit=2, cursor=page.next_cursor)
    assert [job.id for job in page.items + rest.items] == ids[::-1]
    assert rest.next_cursor is None


async def test_old_matches_are_found_beside_new_ones_in_texts_and_titles(
    stores: Stores, history: HistoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest jobs are searched first; what only older ones have would be missing."""
    monkeypatch.setattr("backend.storage.database.history._FIRST_SEARCHED", 1)
    monkeypatch.setattr("backend.storage.database.history._SEARCHED_GROWTH", 2)
    in_text = await completed(stores, "встреча", "договор")
    in_both = await completed(stores, "договор")
    await stores.jobs.describe(in_both, OWNER, JobDescription(title="Встреча"))
    in_title = await completed(stores, "другое")
    await stores.jobs.describe(in_title, OWNER, JobDescription(title="Договоры и встречи"))
    for _ in range(5):
        await completed(stores, "другое")
    newest = await completed(stores, "встреча о договоре")
    ids = [newest, in_title, in_both, in_text]
    assert [job.id for job in await search(history, "договор встреча")] == ids
    page = await history.page(OWNER, query="договор встреча", limit=2)
    rest = await history.page(OWNER, query="договор встреча", limit=2, cursor=page.next_cursor)
    assert [job.id for job in page.items + rest.items] == ids


async def test_a_blank_query_is_ignored_and_one_without_words_finds_nothing(
    stores: Stores, history: HistoryStore
) -> None:
    await completed(stores, "встреча")
    assert len(await search(history, "  ")) == 1
    assert await search(history, "!?") == []
    assert await search(history, "_") == []


HOSTILE = [
    "\0",
    "встреча\0встреча",
    '"',
    '"встреча',
    "встреча*",
    "^встреча",
    "lemmas:встреча",
    "segments_fts: x",
    "NEAR(встреча другое, 5)",
    "NOT встреча",
    "AND OR NOT",
    "встреча AND",
    "(((",
    "встреча & !другое | <-> x:*A",
    "'; DROP TABLE segments; --",
    "\\' \\",
    "%s %(x)s {0} :x ?",
    "\ud800встреча",
    "\u0301\u0301",
    "é" * 10_000,
    "я" * 10_000,
    "встреча " * 1250,
    "'" * 10_000,
    " ".join(f"слово{n}" for n in range(1500)),
    "²½①ⅷ ٣ 𝟘",
    "ﷺ ﬁ ǅ İ ŉ",
    "а-б_в.г,д",
]


@pytest.mark.parametrize("query", HOSTILE, ids=range(len(HOSTILE)))
async def test_no_query_breaks_the_search(
    stores: Stores, history: HistoryStore, query: str
) -> None:
    job_id = await completed(stores, "встреча")
    assert {job.id for job in await search(history, query)} <= {job_id}
    assert [job.id for job in await search(history, "встреча")] == [job_id]


async def test_each_text_can_be_stored_and_finds_itself(
    stores: Stores, history: HistoryStore
) -> None:
    """Random texts from all of Unicode: some characters could break a tokenizer."""
    chosen = random.Random(4)
    special = "\0\"'\\*():^&|!<>-_%$:;\n\t\u0301\u200b\ud800"
    for _ in range(60):
        letters = [
            chosen.choice(special) if chosen.random() < 0.3 else chr(chosen.randrange(0x11_0000))
            for _ in range(chosen.randrange(1, 40))
        ]
        text = "".join(letters) + " конец"
        job_id = await completed(stores, text)
        assert job_id in [
            job.id for job in (await history.page(OWNER, query=text, limit=100)).items
        ]
        await stores.jobs.delete(job_id)


def test_concurrent_threads_get_the_right_lemmas() -> None:
    words = [
        f"{root}{end}" for root in ("встреч", "договор", "лун") for end in ("а", "у", "ой", "ы")
    ]
    alone = [word_lemmas(word) for word in words]
    word_lemmas.__globals__["_lemmas"].cache_clear()
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(word_lemmas, words * 20)) == alone * 20
