"""The languages of a multilingual Whisper checkpoint by their own names, and those of clients.

Source: the Whisper paper, appendix E; the codes are those of its tokenizer, ISO 639-1
where there is one.
"""

AUTO_LANGUAGE = "auto"
"""Used in place of a language code: the model detects the language."""

LANGUAGE_NAMES: dict[str, str] = {
    "ru": "русский", "en": "English", "uk": "українська", "be": "беларуская",
    "kk": "қазақ тілі", "de": "Deutsch", "fr": "français", "es": "español",
    "it": "italiano", "pt": "português", "pl": "polski", "tr": "Türkçe",
    "zh": "中文", "ja": "日本語", "ko": "한국어", "ar": "العربية",
    "af": "Afrikaans", "am": "አማርኛ", "as": "অসমীয়া", "az": "azərbaycanca",
    "ba": "башҡортса", "bg": "български", "bn": "বাংলা", "bo": "བོད་ཡིག",
    "br": "brezhoneg", "bs": "bosanski", "ca": "català", "cs": "čeština",
    "cy": "Cymraeg", "da": "dansk", "el": "ελληνικά", "et": "eesti",
    "eu": "euskara", "fa": "فارسی", "fi": "suomi", "fo": "føroyskt",
    "gl": "galego", "gu": "ગુજરાતી", "ha": "Hausa", "haw": "ʻŌlelo Hawaiʻi",
    "he": "עברית", "hi": "हिन्दी", "hr": "hrvatski", "ht": "kreyòl ayisyen",
    "hu": "magyar", "hy": "հայերեն", "id": "Bahasa Indonesia", "is": "íslenska",
    "jw": "basa Jawa", "ka": "ქართული", "km": "ខ្មែរ", "kn": "ಕನ್ನಡ",
    "la": "Latina", "lb": "Lëtzebuergesch", "ln": "lingála", "lo": "ລາວ",
    "lt": "lietuvių", "lv": "latviešu", "mg": "Malagasy", "mi": "Māori",
    "mk": "македонски", "ml": "മലയാളം", "mn": "монгол", "mr": "मराठी",
    "ms": "Bahasa Melayu", "mt": "Malti", "my": "မြန်မာ", "ne": "नेपाली",
    "nl": "Nederlands", "nn": "nynorsk", "no": "norsk", "oc": "occitan",
    "pa": "ਪੰਜਾਬੀ", "ps": "پښتو", "ro": "română", "sa": "संस्कृतम्",
    "sd": "سنڌي", "si": "සිංහල", "sk": "slovenčina", "sl": "slovenščina",
    "sn": "chiShona", "so": "Soomaali", "sq": "shqip", "sr": "српски",
    "su": "basa Sunda", "sv": "svenska", "sw": "Kiswahili", "ta": "தமிழ்",
    "te": "తెలుగు", "tg": "тоҷикӣ", "th": "ไทย", "tk": "türkmençe",
    "tl": "Tagalog", "tt": "татарча", "ur": "اردو", "uz": "oʻzbekcha",
    "vi": "Tiếng Việt", "yi": "ייִדיש", "yo": "Yorùbá",
}  # fmt: skip
"""Code to endonym; the first rows are the most requested languages."""

ENGLISH_NAMES: dict[str, str] = {
    "af": "afrikaans", "am": "amharic", "ar": "arabic", "as": "assamese",
    "az": "azerbaijani", "ba": "bashkir", "be": "belarusian", "bg": "bulgarian",
    "bn": "bengali", "bo": "tibetan", "br": "breton", "bs": "bosnian",
    "ca": "catalan", "cs": "czech", "cy": "welsh", "da": "danish",
    "de": "german", "el": "greek", "en": "english", "es": "spanish",
    "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fo": "faroese", "fr": "french", "gl": "galician", "gu": "gujarati",
    "ha": "hausa", "haw": "hawaiian", "he": "hebrew", "hi": "hindi",
    "hr": "croatian", "ht": "haitian creole", "hu": "hungarian", "hy": "armenian",
    "id": "indonesian", "is": "icelandic", "it": "italian", "ja": "japanese",
    "jw": "javanese", "ka": "georgian", "kk": "kazakh", "km": "khmer",
    "kn": "kannada", "ko": "korean", "la": "latin", "lb": "luxembourgish",
    "ln": "lingala", "lo": "lao", "lt": "lithuanian", "lv": "latvian",
    "mg": "malagasy", "mi": "maori", "mk": "macedonian", "ml": "malayalam",
    "mn": "mongolian", "mr": "marathi", "ms": "malay", "mt": "maltese",
    "my": "myanmar", "ne": "nepali", "nl": "dutch", "nn": "nynorsk",
    "no": "norwegian", "oc": "occitan", "pa": "punjabi", "pl": "polish",
    "ps": "pashto", "pt": "portuguese", "ro": "romanian", "ru": "russian",
    "sa": "sanskrit", "sd": "sindhi", "si": "sinhala", "sk": "slovak",
    "sl": "slovenian", "sn": "shona", "so": "somali", "sq": "albanian",
    "sr": "serbian", "su": "sundanese", "sv": "swedish", "sw": "swahili",
    "ta": "tamil", "te": "telugu", "tg": "tajik", "th": "thai",
    "tk": "turkmen", "tl": "tagalog", "tr": "turkish", "tt": "tatar",
    "uk": "ukrainian", "ur": "urdu", "uz": "uzbek", "vi": "vietnamese",
    "yi": "yiddish", "yo": "yoruba", "zh": "chinese",
}  # fmt: skip
"""Code to English name in lower case, as in OpenAI's API."""

OTHER_CODES: dict[str, str] = {
    "afr": "af", "amh": "am", "ara": "ar", "asm": "as", "aze": "az", "bak": "ba",
    "bel": "be", "bul": "bg", "ben": "bn", "bod": "bo", "tib": "bo", "bre": "br",
    "bos": "bs", "cat": "ca", "ces": "cs", "cze": "cs", "cym": "cy", "wel": "cy",
    "dan": "da", "deu": "de", "ger": "de", "ell": "el", "gre": "el", "eng": "en",
    "spa": "es", "est": "et", "eus": "eu", "baq": "eu", "fas": "fa", "per": "fa",
    "fin": "fi", "fao": "fo", "fra": "fr", "fre": "fr", "glg": "gl", "guj": "gu",
    "hau": "ha", "heb": "he", "iw": "he", "hin": "hi", "hrv": "hr", "hat": "ht",
    "hun": "hu", "hye": "hy", "arm": "hy", "ind": "id", "isl": "is", "ice": "is",
    "ita": "it", "jpn": "ja", "jav": "jw", "jv": "jw", "kat": "ka", "geo": "ka",
    "kaz": "kk", "khm": "km", "kan": "kn", "kor": "ko", "lat": "la", "ltz": "lb",
    "lin": "ln", "lao": "lo", "lit": "lt", "lav": "lv", "mlg": "mg", "mri": "mi",
    "mao": "mi", "mkd": "mk", "mac": "mk", "mal": "ml", "mon": "mn", "mar": "mr",
    "msa": "ms", "may": "ms", "mlt": "mt", "mya": "my", "bur": "my", "nep": "ne",
    "nld": "nl", "dut": "nl", "nno": "nn", "nor": "no", "nob": "no", "nb": "no",
    "oci": "oc", "pan": "pa", "pol": "pl", "pus": "ps", "por": "pt", "ron": "ro",
    "rum": "ro", "rus": "ru", "san": "sa", "snd": "sd", "sin": "si", "slk": "sk",
    "slo": "sk", "slv": "sl", "sna": "sn", "som": "so", "sqi": "sq", "alb": "sq",
    "srp": "sr", "sun": "su", "swe": "sv", "swa": "sw", "tam": "ta", "tel": "te",
    "tgk": "tg", "tha": "th", "tuk": "tk", "tgl": "tl", "fil": "tl", "tur": "tr",
    "tat": "tt", "ukr": "uk", "urd": "ur", "uzb": "uz", "vie": "vi", "yid": "yi",
    "yor": "yo", "zho": "zh", "chi": "zh", "cmn": "zh",
}  # fmt: skip
"""The codes of ISO 639-2, and other ISO 639 codes that clients send, to Whisper's code."""

_CODES = {name: code for code, name in ENGLISH_NAMES.items()} | OTHER_CODES


def language_code(text: str) -> str:
    """Return the code of a language that a client names in its own way.

    Args:
        text: a code (`ru`, `rus`), a locale (`ru-RU`, `ru_RU`) or an English name (`Russian`), in
            upper or lower case; or `auto`.

    Raises: ValueError: the language is unknown.
    """
    name = text.strip().lower()
    if name in _CODES:  # an English name may have a space
        return _CODES[name]
    code = name.replace("_", "-").partition("-")[0]
    code = _CODES.get(code, code)
    if code in LANGUAGE_NAMES or name == AUTO_LANGUAGE:
        return code
    raise ValueError(f"unknown language {text!r}: an ISO 639-1 code or {AUTO_LANGUAGE!r}")


def preferred_languages(accept_language: str) -> list[str]:
    """Return the codes of the languages that a client asks for, without regions, best first.

    Args:
        accept_language: the value of the header, such as `en-GB,en;q=0.9,ru;q=0.8`.
    """
    weights: list[tuple[float, str]] = []
    for part in accept_language.split(","):
        tag, *parameters = (each.strip() for each in part.split(";"))
        weights.append((_weight(parameters), tag.split("-")[0].lower()))
    return [code for weight, code in sorted(weights, key=lambda each: -each[0]) if weight > 0]


def _weight(parameters: list[str]) -> float:
    quality = next((each for each in parameters if each.startswith("q=")), "q=1")
    try:
        return float(quality.removeprefix("q="))
    except ValueError:
        return 0.0
