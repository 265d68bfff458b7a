"""Problems, and what to do next, in Russian."""

TEXTS: dict[str, str | dict[str, str]] = {
    "problem.request_id": "Номер запроса: {id}",
    "problem.unavailable": "Сервис не ответил",
    "problem.unavailable.next": "Подождите немного и попробуйте ещё раз.",
    "problem.unexpected": "На странице что-то пошло не так",
    "problem.unexpected.next": "Обновите страницу. Если не поможет, подробности есть "
    "в журнале сервиса.",
    "problem.job_not_found": "Такой расшифровки нет",
    "problem.job_not_found.next": "Возможно, её удалили или адрес скопирован не полностью.",
    "problem.empty_audio": "В файле нет звука",
    "problem.empty_audio.next": "Файл пустой или запись длится ноль секунд. Выберите другой.",
    "problem.unreadable_audio": "Запись не читается",
    "problem.unreadable_audio.next": "Файл повреждён. Скачайте его заново или сохраните "
    "в другом формате, например MP3 или WAV.",
    "problem.no_audio_stream": "В этом видео нет звуковой дорожки",
    "problem.no_audio_stream.next": "Выберите видео со звуком или отдельную аудиозапись.",
    "problem.bad_request": "Сервис не понял запрос",
    "problem.bad_request.next": "Обновите страницу и попробуйте ещё раз.",
    "problem.unauthorized": "У страницы нет действующего ключа к сервису",
    "problem.unauthorized.next": "Тот, кто обслуживает сервис, должен дать странице один "
    "из его ключей.",
    "problem.not_found": "Запись на сервисе не нашлась",
    "problem.not_found.next": "Возможно, она хранилась слишком долго. Отправьте её ещё раз.",
    "problem.method_not_allowed": "Сервис не понял запрос",
    "problem.method_not_allowed.next": "Страница и сервис, похоже, разных версий. "
    "Обновите и перезапустите их вместе.",
    "problem.wrong_state": "Сейчас это сделать нельзя",
    "problem.wrong_state.next": "Обновите страницу: состояние расшифровки могло измениться.",
    "problem.upload_offset_mismatch": "Отправка сбилась",
    "problem.upload_offset_mismatch.next": "Отправьте запись ещё раз.",
    "problem.unsupported_tus_version": "Страница и сервис не поняли друг друга",
    "problem.unsupported_tus_version.next": "Похоже, они разных версий. "
    "Обновите и перезапустите их вместе.",
    "problem.too_large": "Файл слишком большой",
    "problem.too_large.next": "Разделите запись на части или сохраните её в сжатом формате, "
    "например MP3.",
    "problem.too_long": "Запись слишком длинная",
    "problem.too_long.next": "Разделите её на части и расшифруйте по очереди.",
    "problem.unsupported_media": "Это не аудио и не видео",
    "problem.unsupported_media.next": "Проверьте, тот ли файл выбран: важно содержимое, "
    "а не расширение.",
    "problem.invalid_option": "Одна из настроек не подходит",
    "problem.invalid_option.next": "Верните обычное значение и попробуйте ещё раз.",
    "problem.queue_full": "Сейчас слишком много записей в очереди",
    "problem.queue_full.next": "Подождите пару минут и отправьте запись ещё раз.",
    "problem.internal": "В сервисе произошла ошибка",
    "problem.internal.next": "Попробуйте ещё раз. Если повторится, передайте номер запроса "
    "тому, кто следит за сервисом.",
    "problem.llm_failed": "Модель не справилась с записью",
    "problem.llm_failed.next": "Попробуйте ещё раз. Если повторится, передайте номер запроса "
    "тому, кто следит за сервисом.",
    "problem.not_ready": "Сервис ещё не готов",
    "problem.not_ready.next": "Модель загружается или база данных не отвечает. "
    "Подождите минуту и попробуйте ещё раз.",
    "problem.overloaded": "Сервис занят",
    "problem.overloaded.next": "Подождите пару минут и попробуйте ещё раз.",
    "problem.disk_full": "На диске сервиса нет места",
    "problem.disk_full.next": "Попросите того, кто следит за сервисом, освободить место.",
}
