"""What is on every page: its frame, and the state of the service, in Russian."""

TEXTS: dict[str, str | dict[str, str]] = {
    # the page
    "app.title": "Речь в текст",
    "app.tagline": "Интервью, лекция, звонок или голосовое — загрузите запись и получите текст.",
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
    # the service's state
    "service.unavailable": "Сервис расшифровки сейчас не отвечает",
    "service.unavailable.next": "Страница подождёт его и продолжит сама, ничего нажимать не нужно.",
    "service.starting": "Сервис запускается",
    "service.starting.next": "Модель загружается в память. Обычно это меньше минуты; "
    "запись можно выбрать уже сейчас.",
    "service.degraded": "Сервис работает не так, как настроен",
    "service.fallback": "Пока работает запасная модель",
    "service.fallback.next": "Она быстрая, но ошибается чаще. Расшифровывать уже можно.",
    "service.fetching": "Основная модель скачивается.",
    "service.fetching_share": "Основная модель скачивается: {percent}.",
    "service.loading": "Основная модель загружается в память.",
    "service.fetch_failed": "Основную модель скачать не удалось. Сервис попробует ещё раз сам.",
}
