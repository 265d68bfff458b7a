"""Problems and what to do about them, in Russian."""

TEXTS: dict[str, str | dict[str, str]] = {
    "problem.request_id": "Номер запроса: {id}",
    "problem.unavailable": "Сервис не ответил",
    "problem.unavailable.next": "Подождите немного и попробуйте ещё раз.",
    "problem.unexpected": "Что-то пошло не так",
    "problem.unexpected.next": "Обновите страницу. Если не поможет, "
    "подробности есть в журнале сервиса.",
    "problem.job_not_found": "Расшифровка не найдена",
    "problem.job_not_found.next": "Возможно, её удалили или адрес скопирован не полностью.",
    "problem.empty_audio": "В файле нет звука",
    "problem.empty_audio.next": "Он пустой или длится ноль секунд. Выберите другой файл.",
    "problem.unreadable_audio": "Не удалось прочитать запись",
    "problem.unreadable_audio.next": "Возможно, файл повреждён. Скачайте его заново "
    "или сохраните в другом формате, например MP3 или WAV.",
    "problem.no_audio_stream": "В этом видео нет звука",
    "problem.no_audio_stream.next": "Выберите видео со звуком или аудиозапись.",
    "problem.decoder_crashed": "Эту запись не удалось декодировать: сбой декодера",
    "problem.decoder_crashed.next": "Возможно, файл повреждён. Сохраните его в другом формате, "
    "например MP3 или WAV.",
    "problem.backend_crashed": "На этой записи сервис несколько раз аварийно завершился",
    "problem.backend_crashed.next": "Сохраните её в другом формате, например MP3 или WAV, "
    "или разделите на части. Если виновата не запись, а, скажем, сбой питания, "
    "запустите расшифровку снова.",
    "problem.decoding_limit": "Для этой записи нужно слишком много памяти или времени",
    "problem.decoding_limit.next": "Возможно, файл повреждён. Сохраните его в другом формате, "
    "например MP3 или WAV, или разделите на части.",
    "problem.bad_request": "Неверный запрос",
    "problem.bad_request.next": "Обновите страницу и попробуйте ещё раз.",
    "problem.unauthorized": "У страницы нет действующего ключа API",
    "problem.unauthorized.next": "Попросите администратора задать его.",
    "problem.cross_origin": "Запрос пришёл с другого сайта",
    "problem.cross_origin.next": "Откройте страницу по её адресу и попробуйте ещё раз.",
    "problem.forbidden": "Сервис не разрешает это действие",
    "problem.forbidden.next": "Если оно вам нужно, обратитесь к администратору.",
    "problem.not_found": "Запись не найдена",
    "problem.not_found.next": "Возможно, её удалили с сервера. Загрузите её ещё раз.",
    "problem.method_not_allowed": "Сервис отклонил запрос",
    "problem.method_not_allowed.next": "Возможно, у страницы и сервиса разные версии. "
    "Обновите и перезапустите их вместе.",
    "problem.too_slow": "Слишком медленное соединение",
    "problem.too_slow.next": "Продолжите загрузку, когда связь станет лучше.",
    "problem.wrong_state": "Сейчас это сделать нельзя",
    "problem.wrong_state.next": "Состояние расшифровки могло измениться. Обновите страницу.",
    "problem.too_many_voices": "Сохранено слишком много голосов",
    "problem.too_many_voices.next": "Удалите лишние в разделе «Статистика».",
    "problem.upload_offset_mismatch": "Загрузка прервалась",
    "problem.upload_offset_mismatch.next": "Загрузите запись ещё раз.",
    "problem.unsupported_tus_version": "Версии несовместимы",
    "problem.unsupported_tus_version.next": "Возможно, у страницы и сервиса разные версии. "
    "Обновите и перезапустите их вместе.",
    "problem.too_large": "Файл слишком большой",
    "problem.too_large.next": "Разделите запись на части или сохраните её в сжатом формате, "
    "например MP3.",
    "problem.too_long": "Запись слишком длинная",
    "problem.too_long.next": "Разделите её на части и расшифруйте их по очереди.",
    "problem.unsupported_media": "Это не аудио и не видео",
    "problem.unsupported_media.next": "Проверьте, тот ли файл выбран. Важно содержимое, "
    "а не расширение; только телефонные записи без заголовка узнаются по расширению: "
    ".ulaw, .alaw, .sln, .sln16, .g722, .gsm.",
    "problem.unknown_model": "Такой модели нет",
    "problem.unknown_model.next": "Выберите другую модель или обновите страницу.",
    "problem.unknown_host": "Сервис не принимает это имя хоста",
    "problem.unknown_host.next": "Попросите администратора разрешить его в настройках.",
    "problem.invalid_option": "Недопустимое значение настройки",
    "problem.invalid_option.next": "Верните обычное значение и попробуйте ещё раз.",
    "problem.too_little_speech": "Этот человек говорит слишком мало",
    "problem.too_little_speech.next": "Нужно хотя бы пять секунд, когда говорит только он.",
    "problem.queue_full": "Очередь заполнена",
    "problem.queue_full.next": "Подождите несколько минут и попробуйте ещё раз.",
    "problem.audio_quota": "Часы аудио на сегодня израсходованы",
    "problem.audio_quota.next": "Попробуйте после полуночи UTC или обратитесь к администратору.",
    "problem.storage_quota": "Ваши записи заняли всё отведённое место",
    "problem.storage_quota.next": "Удалите ненужные записи и попробуйте ещё раз.",
    "problem.upload_quota": "Слишком много загруженных записей ждут расшифровки",
    "problem.upload_quota.next": "Расшифруйте или удалите часть из них и попробуйте ещё раз.",
    "problem.too_many_requests": "Слишком много запросов одновременно",
    "problem.too_many_requests.next": "Подождите немного и попробуйте ещё раз.",
    "problem.too_many_wrong_keys": "Слишком много неверных ключей API",
    "problem.too_many_wrong_keys.next": "Проверьте ключ страницы, подождите минуту и попробуйте "
    "ещё раз.",
    "problem.checksum_mismatch": "Запись повредилась при передаче",
    "problem.checksum_mismatch.next": "Проверьте соединение и загрузите её ещё раз.",
    "problem.internal": "Внутренняя ошибка сервиса",
    "problem.internal.next": "Попробуйте ещё раз. Если ошибка повторится, "
    "сообщите администратору номер запроса.",
    "problem.llm_failed": "Модель не смогла расшифровать запись",
    "problem.llm_failed.next": "Попробуйте ещё раз. Если ошибка повторится, "
    "сообщите администратору номер запроса.",
    "problem.not_ready": "Сервис ещё не готов",
    "problem.not_ready.next": "Модель загружается или база данных не отвечает. "
    "Подождите минуту и попробуйте ещё раз.",
    "problem.overloaded": "Сервис занят",
    "problem.overloaded.next": "Подождите несколько минут и попробуйте ещё раз.",
    "problem.disk_full": "На сервере закончилось место",
    "problem.disk_full.next": "Попросите администратора освободить место на диске.",
}
