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
    "evaluation.rtf": "Секунд на секунду аудио",
    "evaluation.figure": "{value}\xa0% (от {low} до {high})",
    "evaluation.interval": "В скобках — границы, в которых значение лежит с вероятностью "
    "95\xa0%. Чем больше исправленной речи, тем они теснее.",
    "evaluation.recommended": "Лучше всего подходит {model}: из моделей, которые на общих записях "
    "ошибаются реже всего, насколько об этом можно судить, она самая быстрая.",
    "evaluation.one_model": "Расшифруйте одну из этих записей другой моделью, и здесь появится "
    "сравнение.",
}
