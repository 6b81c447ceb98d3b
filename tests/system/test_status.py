"""What the operator sees while all this happens."""

CONTRACT = {
    *("contacts", "cases_open", "work_due", "work_overdue", "pages_unacknowledged", "oldest_unacknowledged_seconds"),
    *("callbacks_due", "on_duty", "roster_gap_next_72h", "sweep_age_seconds", "database", "redis", "carrier"),
}


def test_status_during_and_after_a_page(line):
    """`hotline status --json` has the contract's keys, counts the page that nobody has, and names no number."""
    caller = line.an_urgent_call()
    line.first.rings()
    during = line.up.status()
    line.meet(caller, line.accepts(line.deputy, within=200))
    after = line.up.status()
    assert set(during) & set(after) >= CONTRACT
    assert (during["pages_unacknowledged"], after["pages_unacknowledged"]) == (1, 0)
    assert during["oldest_unacknowledged_seconds"] > 0
    assert after["oldest_unacknowledged_seconds"] is None
    assert [one["rank"] for one in after["on_duty"]] == ["on-duty", "deputy"]
    assert {after[each] for each in ("database", "redis", "carrier")} == {"up"}
    assert "+1" not in str(after)


def test_status_while_the_database_is_down(line):
    """With PostgreSQL stopped the rest is still said, and who is down is named."""
    with line.up.stopped("postgres"):
        told = line.up.status()
    assert (told["database"], told["redis"], told["carrier"]) == ("down", "up", "up")
