"""A shared transcript, in Russian."""

TEXTS: dict[str, str | dict[str, str]] = {
    "shared.title": "Расшифровка",
    "shared.loading": "Загружаем расшифровку…",
    "shared.until": "доступно до {day}",
    "shared.gone": "Эта ссылка не работает",
    "shared.gone.next": "Срок её действия истёк, или её отозвали. "
    "Попросите новую у того, кто её прислал.",
    # making a link
    "share.open": "Поделиться ссылкой",
    "share.title": "Ссылка для чтения",
    "share.about": "По ссылке без пароля видны только эта расшифровка и её запись.",
    "share.days": "Действует",
    "share.for_days": {
        "one": "{count} день",
        "few": "{count} дня",
        "many": "{count} дней",
        "other": "{count} дня",
    },
    "share.create": "Создать ссылку",
    "share.copy": "Скопировать",
    "share.copied": "Скопировано",
    "share.once": "Скопируйте ссылку сейчас: показать её ещё раз не получится.",
    "share.valid": "Действующие ссылки",
    "share.until": "до {day}",
    "share.revoke": "Отозвать",
    "share.close": "Закрыть",
    "share.moment": "Скопировать ссылку на это место",
    "share.moment_copied": "Ссылка на {time} скопирована",
}
