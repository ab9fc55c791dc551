"""The login form: the one page that is written by the server, since it comes before the others."""

from __future__ import annotations

from html import escape

from aiohttp import web

WORDS = {
    "en": {
        "title": "Open clocks",
        "label": "Token",
        "hint": "The worker asks for the token that its operator set as SLA_HTTP_TOKEN.",
        "wrong": "This is not the token.",
        "enter": "Enter",
    },
    "fr": {
        "title": "Horloges ouvertes",
        "label": "Jeton",
        "hint": "Le serveur demande le jeton fixé dans SLA_HTTP_TOKEN.",
        "wrong": "Ce n\N{RIGHT SINGLE QUOTATION MARK}est pas le bon jeton.",
        "enter": "Entrer",
    },
}

FORM = """<!doctype html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
<link rel="icon" href="/assets/icon.svg">
<link rel="stylesheet" href="/assets/desk.css">
</head>
<body class="login">
<main>
<form method="post" action="/login" class="login">
<h1>{title}</h1>
{said}<label for="token">{label}</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus>
<input type="hidden" name="next" value="{back}">
<button>{enter}</button>
<p class="quiet">{hint}</p>
</form>
</main>
</body>
</html>
"""


def form(request: web.Request, back: str, *, wrong: bool = False) -> str:
    """Write the form in the reader's language; it leads `back` to where he wanted to go."""
    lang = _language(request)
    words = WORDS[lang]
    said = f'<p role="alert">{words["wrong"]}</p>\n' if wrong else ""
    return FORM.format(lang=lang, said=said, back=escape(back, quote=True), **words)


def _language(request: web.Request) -> str:
    """Give the first language of the reader's that there are words for."""
    asked = [request.query.get("lang", ""), *request.headers.get("Accept-Language", "").split(",")]
    found = (one.strip()[:2].lower() for one in asked)
    return next((lang for lang in found if lang in WORDS), "en")
