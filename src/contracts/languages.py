"""The languages of a multilingual Whisper checkpoint, by their own names.

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
