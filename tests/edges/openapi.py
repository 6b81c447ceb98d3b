"""A small reader of Twilio's OpenAPI file: whether one exchange is described by it. Only the parts that file uses.

Stricter than OpenAPI in one thing: an answer has every property described and no other, because the SDKs read them all.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

TYPES = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list, "number": (int, float)}
ERROR = {"code": int, "message": str, "more_info": str, "status": int}
WORDS = {"integer": r"-?\d+", "number": r"-?\d+(\.\d+)?", "boolean": "true|false"}


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, as they were on the wire."""

    method: str
    target: str
    form: str
    status: int
    kind: str
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    def __str__(self) -> str:
        return f"{self.method} {self.target} -> {self.status}"


# What the file's own examples have and its schemas do not allow.
UNLIKE_ITSELF = ("_application_sid is ", ".capabilities.fax is missing", "price is '")


class Description:
    """Twilio's file, and what is wrong with an exchange by it: sentences, none where all is well."""

    def __init__(self, file: Path) -> None:
        whole = json.loads(file.read_text())
        self._schemas = whole["components"]["schemas"]
        self._paths = [(_pattern(path), path, operations) for path, operations in whole["paths"].items()]

    def name_of(self, exchange: Exchange) -> str:
        """The operation's name in the file, such as CreateCall."""
        name: str = self._operation(exchange)[0]["operationId"]
        return name

    def examples(self) -> Iterator[tuple[str, list[str]]]:
        """Every example answer of the file, and what is wrong with it."""
        for _, path, operations in self._paths:
            for operation in (operations[method] for method in ("get", "post") if method in operations):
                for answer in operation["responses"].values():
                    content = answer.get("content", {}).get("application/json", {})
                    for example in content.get("examples", {}).values():
                        yield path, self._value("", example["value"], content["schema"])

    def problems(self, exchange: Exchange) -> list[str]:
        found = self._operation(exchange)
        if found is None:
            return ["no such path and method"]
        operation, parts = found
        described = {one["name"]: one for one in operation.get("parameters", [])}
        wrong = [
            problem for name, value in parts.items() for problem in self._word(name, value, described[name]["schema"])
        ]
        query = parse_qs(urlsplit(exchange.target).query, keep_blank_values=True)
        wrong += self._fields(query, {name: one["schema"] for name, one in described.items() if one["in"] == "query"})
        body = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
        schema = body.get("schema", {})
        form = parse_qs(exchange.form, keep_blank_values=True)
        wrong += self._fields(form, schema.get("properties", {}))
        wrong += [f"{name} is required" for name in schema.get("required", []) if name not in form]
        return wrong + self._answer(exchange, operation)

    def _operation(self, exchange: Exchange) -> Any:
        for pattern, _, operations in self._paths:
            match = pattern.fullmatch(exchange.path)
            if match and exchange.method.lower() in operations:
                return operations[exchange.method.lower()], match.groupdict()
        return None

    def _fields(self, given: dict[str, list[str]], described: dict[str, Any]) -> list[str]:
        wrong = []
        for name, values in given.items():
            if name not in described:
                wrong.append(f"{name} is not described")
                continue
            schema = self._resolved(described[name])
            if len(values) > 1 and schema.get("type") != "array":
                wrong.append(f"{name} is repeated")
            each = schema["items"] if schema.get("type") == "array" else schema
            wrong += [problem for value in values for problem in self._word(name, value, each)]
        return wrong

    def _word(self, name: str, value: str, given: dict[str, Any]) -> list[str]:
        """What is wrong with a value of a path, a query or a form, which are all text."""
        schema = self._resolved(given)
        wrong = []
        if schema.get("type") in WORDS and not re.fullmatch(WORDS[schema["type"]], value):
            wrong.append(f"{name}={value} is no {schema['type']}")
        if schema.get("enum") and value not in schema["enum"]:
            wrong.append(f"{name}={value} is none of {schema['enum']}")
        if "pattern" in schema and not re.search(schema["pattern"], value):
            wrong.append(f"{name}={value} is not like {schema['pattern']}")
        if schema.get("type") == "integer" and value.lstrip("-").isdecimal():
            least, most = schema.get("minimum", int(value)), schema.get("maximum", int(value))
            wrong += [] if least <= int(value) <= most else [f"{name}={value} is not from {least} to {most}"]
        if len(value) > schema.get("maxLength", len(value)):
            wrong.append(f"{name} is too long")
        return wrong

    def _answer(self, exchange: Exchange, operation: dict[str, Any]) -> list[str]:
        if exchange.status >= 400:
            return _error(exchange)
        answer = operation["responses"].get(str(exchange.status))
        if answer is None:
            return [f"status {exchange.status} is not described"]
        content = answer.get("content", {}).get("application/json")
        if content is None:
            return ["a body where there is none"] if exchange.body else []
        if not exchange.kind.startswith("application/json"):
            return [f"the content type is {exchange.kind}"]
        return self._value("", json.loads(exchange.body), content["schema"])

    def _value(self, at: str, value: Any, given: dict[str, Any]) -> list[str]:
        schema = self._resolved(given)
        if value is None:
            # Of an enumeration that stands apart the file cannot say that it may be null; its own examples are.
            return [] if schema.get("nullable") or "type" not in schema or "$ref" in given else [f"{at} is null"]
        wanted = schema.get("type")
        if wanted and (not isinstance(value, TYPES[wanted]) or (wanted == "integer" and isinstance(value, bool))):
            return [f"{at} is {value!r}, not {wanted}"]
        if isinstance(value, dict) and "properties" in schema:
            return self._object(at, value, schema["properties"])
        if isinstance(value, list):
            items = [self._value(f"{at}[]", one, schema.get("items", {})) for one in value]
            return sorted({problem for problems in items for problem in problems})
        return _text(at, value, schema) if isinstance(value, str) else []

    def _object(self, at: str, value: dict[str, Any], properties: dict[str, Any]) -> list[str]:
        wrong = [f"{at}.{name} is missing" for name in properties.keys() - value.keys()]
        wrong += [f"{at}.{name} is not described" for name in value.keys() - properties.keys()]
        known = properties.keys() & value.keys()
        return wrong + [
            problem for name in known for problem in self._value(f"{at}.{name}", value[name], properties[name])
        ]

    def _resolved(self, schema: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rsplit("/", 1)[1]]
        return schema


def _pattern(path: str) -> re.Pattern[str]:
    pieces = re.split(r"\{(\w+)\}", path)
    return re.compile(
        "".join(f"(?P<{one}>[^/]+?)" if index % 2 else re.escape(one) for index, one in enumerate(pieces))
    )


def _text(at: str, value: str, schema: dict[str, Any]) -> list[str]:
    if schema.get("enum") and value not in schema["enum"]:
        return [f"{at} is {value}, none of {schema['enum']}"]
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return [f"{at} is {value}, not like {schema['pattern']}"]
    if schema.get("format") == "date-time-rfc-2822":
        try:
            parsedate_to_datetime(value)
        except ValueError:
            return [f"{at} is {value}, not a date of RFC 2822"]
    return []


def _error(exchange: Exchange) -> list[str]:
    """Error bodies are not in the file: four fields, as contract 4.2 gives them."""
    body = json.loads(exchange.body)
    same = body.keys() == ERROR.keys() and all(isinstance(body[name], kind) for name, kind in ERROR.items())
    return [] if same and body["status"] == exchange.status else [f"an error body of {body}"]
