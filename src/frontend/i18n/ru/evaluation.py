"""Models compared on corrected recordings, in Russian."""

TEXTS: dict[str, str | dict[str, str]] = {
    "evaluation.title": "Точность на ваших записях",
    "evaluation.empty": "Исправьте расшифровку целиком, и здесь появится число ошибок модели. "
    "Чтобы сравнить две модели, расшифруйте ту же запись другой.",
    "evaluation.help": "Исправленный текст считается верным, поэтому выбирайте расшифровки, "
    "исправленные целиком. Знаки препинания и заглавные буквы не учитываются.",
    "evaluation.recordings": "Исправленные записи",
    "evaluation.recording": {
        "one": "{name}, {day}, {model}: исправлено {corrected} из {count} фразы",
        "few": "{name}, {day}, {model}: исправлено {corrected} из {count} фраз",
        "many": "{name}, {day}, {model}: исправлено {corrected} из {count} фраз",
        "other": "{name}, {day}, {model}: исправлено {corrected} из {count} фраз",
    },
    "evaluation.scope": {
        "one": "Слов: {words}, {count} запись",
        "few": "Слов: {words}, {count} записи",
        "many": "Слов: {words}, {count} записей",
        "other": "Слов: {words}, {count} записи",
    },
    "evaluation.wer": "Ошибки в словах (WER)",
    "evaluation.cer": "Ошибки в символах (CER)",
    "evaluation.rtf": "Секунд обработки на секунду аудио",
    "evaluation.figure": "{value}\xa0% (от {low} до {high})",
    "evaluation.interval": "В скобках — доверительный интервал 95\xa0%. Чем больше исправленной "
    "речи, тем меньше интервал.",
    "evaluation.recommended": "Лучше всего подходит {model}: она самая быстрая из моделей, у "
    "которых на общих записях меньше всего ошибок (с учётом погрешности).",
    "evaluation.one_model": "Расшифруйте одну из этих записей другой моделью, и здесь появится "
    "сравнение.",
}
