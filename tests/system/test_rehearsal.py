"""A rehearsal as a trainer runs it, its report held against the simulator's own ledger and handsets."""

import json
import os
import subprocess
import sys
import time
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import pytest

SCENARIOS = Path(__file__).parents[2] / "docs" / "rehearsals"
LINE = "+15145550100"
# Between a key and the webhook that carries it, between a room's event and its callback: seconds of the wall.
CARRIED_WITHIN = 0.5


class Rehearsed:
    """One rehearsal: what the command said, and what the simulator itself had noted."""

    def __init__(self, name, data):
        file = name if isinstance(name, Path) else SCENARIOS / f"{name}.toml"
        argv = [sys.executable, "-m", "hotline.cli", "rehearse", str(file)]
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        began = time.monotonic()
        self.done = subprocess.run(
            [*argv, "--json", "--data", str(data)], env=kept, capture_output=True, text=True, timeout=400, check=False
        )
        self.took = time.monotonic() - began
        assert self.done.stdout, self.done.stderr
        self.report = json.loads(self.done.stdout)
        record = json.loads((data / "rehearsal.json").read_text())
        self.ledger, self.handsets = record["ledger"], record["handsets"]

    def webhooks(self, purpose):
        """The requests of one kind, in order: when, and with what fields."""
        found = [one for one in self.ledger if one["kind"] == "webhook" and one["purpose"] == purpose]
        return [(datetime.fromisoformat(one["at"]), one["form"]) for one in found]

    def asked_at(self, call):
        """The first 9 or 5 the line was told of, else the first key, else the call itself."""
        told = [(at, form.get("Digits", "")) for at, form in self.webhooks("twiml") if form["CallSid"] == call]
        urgent = [at for at, digits in told if set(digits) & set("95")]
        keys = [at for at, digits in told if digits]
        return (urgent or keys or [at for at, _ in told])[0]

    def joined_at(self, call):
        """When the room's own events say that a second one was in it with this call, each time."""
        inside, meetings = defaultdict(set), []
        for at, form in self.webhooks("conference"):
            event, room = form["StatusCallbackEvent"], inside[form["ConferenceSid"]]
            met = call in room and len(room) > 1
            if event == "participant-join":
                room.add(form["CallSid"])
            elif event == "participant-leave":
                room.discard(form["CallSid"])
            if call in room and len(room) > 1 and not met:
                meetings.append(at)
        return meetings

    def read_at(self, body):
        """When a handset first heard what somebody wrote."""
        said = (heard for one in self.handsets for call in one["calls"] for heard in call["heard"])
        return min(datetime.fromisoformat(heard["at"]) for heard in said if heard["text"] == body)

    def waits(self):
        """What the ledger says each contact waited, by its call, or None."""
        for contact in self.report["contacts"]:
            if contact["channel"] == "voice":
                met = self.joined_at(contact["call"])
                yield contact, (met[0] - self.asked_at(contact["call"])).total_seconds() if met else None

    def holds(self):
        """Every wait of a call, and every reading of a text, is the ledger's."""
        slack = CARRIED_WITHIN * self.report["pace"]
        for contact, waited in self.waits():
            assert (contact["waited"] is None) == (waited is None), contact
            assert waited is None or contact["waited"] == pytest.approx(waited, abs=slack), contact
        written = [form for _, form in self.webhooks("sms")]
        assert len(written) == sum(one["channel"] == "text" for one in self.report["contacts"])
        rung = [one for one in self.ledger if one["kind"] == "rest" and one["path"].endswith("/Calls.json")]
        assert len(self.report["rings"]) == len(rung)
        faults = [one for one in self.ledger if one["kind"] == "fault"]
        assert len(self.report["faults"]) == len(faults)


def test_a_short_rehearsal_is_right(tmp_path):
    """One call, played to its end in seconds: what was expected held, and the report says what the ledger says."""
    played = Rehearsed("premier-appel", tmp_path / "line")
    assert played.done.returncode == 0, played.done.stdout
    assert (played.report["totals"]["reached"], played.report["totals"]["missed"]) == (1, 0)
    played.holds()


def test_a_long_silence_is_jumped_over(tmp_path):
    """Half an hour in which nothing is under way takes no half hour; the text and its reading stay right."""
    played = Rehearsed("au-secours-puis-rien", tmp_path / "line")
    contact = played.report["contacts"][0]
    assert played.done.returncode == 0, played.done.stdout
    assert played.report["jumped"] > 1500
    read = (played.read_at("au secours il est la") - played.webhooks("sms")[0][0]).total_seconds()
    assert contact["waited"] == pytest.approx(read, abs=CARRIED_WITHIN * played.report["pace"])
    played.holds()


def _refused(file, *options, env="demo"):
    """A rehearsal that never begins: its exit code and what it said."""
    argv = [sys.executable, "-m", "hotline.cli", "rehearse", str(file), *options]
    environment = {"PATH": os.environ["PATH"], "HOTLINE_ENV": env}
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout == ""
    return done.returncode, done.stderr


def test_production_is_refused():
    """Nobody rehearses on a line that people call."""
    code, said = _refused(SCENARIOS / "premier-appel.toml", env="production")
    assert (code, "production" in said) == (1, True)


def test_a_wrong_scenario_is_refused(tmp_path):
    """Exit 2, and each mistake on a line of its own, before anything starts."""
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('title = "x"\nstarts_at = "demain"\n[[roster]]\nname = "y"\n')
    code, said = _refused(wrong)
    assert (code, said.count("\n  - ") >= 3) == (2, True), said


def test_a_used_folder_is_refused(tmp_path):
    """What another line kept is not rehearsed over."""
    (tmp_path / "settings.json").write_text("{}")
    code, said = _refused(SCENARIOS / "premier-appel.toml", "--data", str(tmp_path))
    assert (code, "empty folder" in said) == (1, True)


@pytest.mark.long
def test_what_did_not_hold_is_listed(tmp_path):
    """Exit 1: nobody answers in one second, and the report says so last."""
    file = tmp_path / "hurried.toml"
    file.write_text((SCENARIOS / "premier-appel.toml").read_text().replace("within = 60", "within = 1"))
    played = Rehearsed(file, tmp_path / "line")
    assert played.done.returncode == 1
    assert "attendu au plus 1 s" in played.report["broken"][0]
    played.holds()


@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    [
        "samedi-2h40",
        "ne-peut-pas-parler",
        "canular-puis-vrai",
        "dernier-recours",
        "pile-a-plat",
    ],
)
def test_every_shipped_scenario_holds(name, tmp_path):
    """What ships is what the line does; and each report is the ledger's."""
    played = Rehearsed(name, tmp_path / "line")
    assert played.done.returncode == 0, played.done.stdout
    played.holds()


@pytest.mark.long
def test_a_night_runs_in_five_minutes(tmp_path):
    """Eight hours and thirty contacts, in under five minutes of the wall, with a report that is the ledger's."""
    played = Rehearsed("nuit", tmp_path / "line")
    began, ended = (datetime.fromisoformat(played.report[name]) for name in ("began_at", "ended_at"))
    sys.stdout.write(f"a night of {(ended - began).total_seconds() / 3600:.1f} h took {played.took:.0f} s\n")
    assert played.done.returncode == 0, played.done.stdout
    assert len(played.report["contacts"]) == 30
    played.holds()
    assert played.took < 300
