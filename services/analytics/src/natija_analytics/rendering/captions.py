"""The words of a printed table, by language. Names of channels, regions, topics and bodies stand in the directory."""

from typing import Literal, get_args

Language = Literal["ky", "ru", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_WORDS: dict[str, dict[Language, str]] = {
    "channels": {
        "ky": "Кайрылуулар келип түшүү каналдары боюнча",
        "ru": "Обращения по каналам поступления",
        "en": "Appeals by channel",
    },
    "regions": {
        "ky": "Кайрылуулар аймактар боюнча",
        "ru": "Обращения по регионам",
        "en": "Appeals by region",
    },
    "topics": {
        "ky": "Кайрылуулар маселелер боюнча",
        "ru": "Обращения по вопросам",
        "en": "Appeals by topic",
    },
    "channel": {"ky": "Канал", "ru": "Канал", "en": "Channel"},
    "region": {"ky": "Аймак", "ru": "Регион", "en": "Region"},
    "topic": {"ky": "Маселе", "ru": "Вопрос", "en": "Topic"},
    "body": {"ky": "Орган", "ru": "Орган", "en": "Body"},
    "appeals": {"ky": "Саны", "ru": "Количество", "en": "Appeals"},
    "percent": {"ky": "Үлүшү, %", "ru": "Доля, %", "en": "Share, %"},
    "subtotal": {"ky": "Негизги {n} топ", "ru": "Основные группы ({n})", "en": "The {n} main groups"},
    "rest": {"ky": "Башка маселелер", "ru": "Остальные вопросы", "en": "All other topics"},
    "unclassified": {"ky": "Көрсөтүлгөн эмес", "ru": "Не указано", "en": "Not classified"},
    "total": {"ky": "Жыйынтыгы", "ru": "Итого", "en": "Total"},
    "apart": {"ky": "Өзүнчө: {form}", "ru": "Отдельно: {form}", "en": "Apart: {form}"},
    "all": {"ky": "Бардык кайрылуулар", "ru": "Все обращения", "en": "All appeals"},
    "written": {"ky": "жазуу жүзүндө", "ru": "письменные", "en": "written"},
    "electronic": {"ky": "электрондук", "ru": "электронные", "en": "electronic"},
    "oral": {"ky": "оозеки", "ru": "устные", "en": "oral"},
    "video": {"ky": "видео аркылуу", "ru": "по видеосвязи", "en": "video"},
    "base": {
        "ky": "Үлүштүн негизи: {base}, {n} = 100 %",
        "ru": "База долей: {base}, {n} = 100 %",
        "en": "Base of the shares: {base}, {n} = 100 %",
    },
    "rounding": {"ky": "Тегеректөө: {mode}", "ru": "Округление: {mode}", "en": "Rounding: {mode}"},
    "overdue": {
        "ky": "Мөөнөтү бузулган кайрылуулар, {at} абалы боюнча",
        "ru": "Обращения с нарушением срока на {at}",
        "en": "Appeals past their term, as of {at}",
    },
    "number": {"ky": "Номери", "ru": "Номер", "en": "Number"},
    "external_id": {"ky": "Тышкы номери", "ru": "Внешний номер", "en": "External id"},
    "due": {"ky": "Мөөнөтү", "ru": "Срок", "en": "Due"},
    "closed": {"ky": "Бүттү", "ru": "Закрыто", "en": "Closed"},
    "with_due": {"ky": "Мөөнөтү бар", "ru": "Со сроком", "en": "With term"},
    "closed_late": {"ky": "Кеч бүткөн", "ru": "Закрыто поздно", "en": "Closed late"},
    "open_overdue": {"ky": "Ачык, кечиккен", "ru": "Открыто, просрочено", "en": "Open overdue"},
    "sums": {
        "ky": "Келип түштү: {received}, бүттү: {closed}, мөөнөтү бузулду: {overdue} (таблицада {shown})",
        "ru": "Поступило: {received}, закрыто: {closed}, с нарушением срока: {overdue} (в таблице {shown})",
        "en": "Received: {received}, closed: {closed}, past their term: {overdue} ({shown} shown)",
    },
    "time": {"ky": "Убактысы", "ru": "Время", "en": "Time"},
    "event": {"ky": "Окуя", "ru": "Событие", "en": "Event"},
    "source": {"ky": "Булагы", "ru": "Источник", "en": "Source"},
    "none": {"ky": "көрсөтүлгөн эмес", "ru": "не указано", "en": "none"},
}


def word(name: str, language: Language, **values: object) -> str:
    """The word *name* in *language*, *values* filled in; a name without a word is returned as it is."""
    entry = _WORDS.get(name)
    return name if entry is None else entry[language].format(**values)
