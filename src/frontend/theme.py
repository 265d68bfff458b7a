"""Colours and shapes as Streamlit options; the browser's preference picks light or dark."""

_SHARED = {
    "baseFontSize": 16,
    "baseRadius": "0.75rem",
    "buttonRadius": "0.75rem",
    "showWidgetBorder": True,
    "headingFontWeights": [600, 600, 600],
}

_LIGHT = {
    "primaryColor": "#0f766e",
    "backgroundColor": "#fbfaf8",
    "secondaryBackgroundColor": "#f2f0eb",
    "textColor": "#22272e",
    "borderColor": "#dedad2",
    "linkColor": "#0f766e",
    "chartCategoricalColors": ["#0f766e"],
}

_DARK = {
    "primaryColor": "#3fb8a8",
    "backgroundColor": "#15181c",
    "secondaryBackgroundColor": "#1e2328",
    "textColor": "#e7e5e0",
    "borderColor": "#363c43",
    "linkColor": "#5cc4b6",
    "chartCategoricalColors": ["#3fb8a8"],
}


def theme_options() -> dict[str, object]:
    """Return the options of both themes under the names of Streamlit's flags."""
    themes = {"theme_light": _LIGHT, "theme_dark": _DARK, "theme": _SHARED}
    return {
        f"{section}_{name}": value
        for section, options in themes.items()
        for name, value in options.items()
    }
