"""The responders' door. For now it is only a door: the pages come later, and every address but these is refused.

Open: `/healthz`; and `/feed/TOKEN.ics`, to whoever knows a token. With OPS_TOKEN: `/readyz`, `/metrics`. It never
imports the carrier's door.
"""

import hmac

from flask import Flask, Response, request

from config.settings import ConsoleSettings, take
from hotline.console import feed

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
OPEN = frozenset({"healthz", "feed"})
FOR_OPERATORS = frozenset({"readyz", "metrics"})


def from_environment() -> Flask:
    """The console of this process, its secrets taken out of the environment."""
    return create_app(take(ConsoleSettings))


def create_app(settings: ConsoleSettings) -> Flask:
    """The console, denying by default: what is in neither list above is an empty 404."""
    app = Flask(__name__, static_folder=None)
    app.extensions["settings"] = settings
    app.extensions["feed"] = feed.Feed(settings)
    app.before_request(_deny_by_default)
    app.after_request(_strict)
    app.register_error_handler(Exception, _empty)
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)
    app.add_url_rule("/metrics", "metrics", metrics)
    app.add_url_rule("/feed/<token>.ics", "feed", feed.view)
    return app


def healthz() -> Response:
    """The process answers; nothing more is said to strangers."""
    return Response("ok", mimetype="text/plain")


def readyz() -> Response:
    """Whether the database answers this door."""
    up = _database_answers(_settings().database_url)
    return Response(f"database {'up' if up else 'down'}\n", 200 if up else 503, mimetype="text/plain")


def metrics() -> Response:
    """What Prometheus collects of this process."""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _settings() -> ConsoleSettings:
    from flask import current_app

    found = current_app.extensions["settings"]
    assert isinstance(found, ConsoleSettings)
    return found


def _deny_by_default() -> Response | None:
    if request.endpoint in OPEN:
        return None
    if request.endpoint not in FOR_OPERATORS:
        return Response(status=404)
    given = request.headers.get("Authorization", "").encode()
    return None if hmac.compare_digest(given, f"Bearer {_settings().ops_token}".encode()) else Response(status=401)


def _strict(response: Response) -> Response:
    response.headers.extend(HEADERS)
    return response


def _empty(error: Exception) -> Response:
    # An error's own page would name the framework, the route or the value that failed.
    return Response(status=getattr(error, "code", None) or 500)


def _database_answers(url: str) -> bool:
    import psycopg

    try:
        address = url.replace("+psycopg", "", 1)
        with psycopg.connect(address, connect_timeout=2, options="-c statement_timeout=1000") as connection:
            return connection.execute("select true").fetchone() == (True,)
    except psycopg.Error:
        return False
