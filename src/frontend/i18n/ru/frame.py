"""The page's frame and the state of the service, in Russian."""

TEXTS: dict[str, str | dict[str, str]] = {
    # the page
    "app.title": "Речь в текст",
    "app.tagline": "Загрузите интервью, лекцию, звонок или голосовое сообщение и получите текст.",
    # the frame
    "view.new": "Новая расшифровка",
    "view.history": "История",
    "view.system": "Статистика",
    "view.job": "Расшифровка",
    "header.views": "Разделы",
    "header.language": "Язык страницы",
    "header.theme": "Оформление",
    "header.theme.system": "Авто",
    "header.theme.light": "Светлое",
    "header.theme.dark": "Тёмное",
    # the state of the service
    "service.unavailable": "Сервис расшифровки не отвечает",
    "service.unavailable.next": "Страница продолжит работу, как только он ответит.",
    "service.starting": "Сервис запускается",
    "service.starting.next": "Модель загружается, обычно это занимает меньше минуты. "
    "Ждать не нужно: новые записи встанут в очередь.",
    "service.details": "Подробности — в разделе «Статистика».",
    "service.close": "Закрыть сообщение",
    "service.degraded": "Сервис работает с ограничениями",
    "service.fallback": "Пока работает небольшая запасная модель",
    "service.fetching": "Основная модель скачивается.",
    "service.fetching_share": "Основная модель скачивается: {percent}.",
    "service.loading": "Основная модель загружается.",
    "service.fetch_failed": "Не удалось скачать основную модель. Сервис попробует ещё раз.",
}
