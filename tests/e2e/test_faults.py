"""Every promise about mail, while programs are killed and stopped and the power is cut. A short run; tests/fault-run
goes on for longer."""
import os
import random

import pytest

from deployment import Deployment
from fault_journal import BrokenPromise, MailboxJournal
from fault_run import Disk, FaultRun

SECONDS = float(os.environ.get("RESTANTE_FAULT_SECONDS", 50))


@pytest.fixture(params=("processes", "power"))
def disk(request, tmp_path_factory, port_slot):
    deployment = Deployment(tmp_path_factory.mktemp("restante"), port_slot.base)
    if request.param == "power" and not Disk.is_possible():
        pytest.skip("cutting the power needs root and loop devices")
    deployment.up()
    found = Disk(deployment) if request.param == "power" else None
    if found:
        found.attach()
    yield deployment, found
    deployment.down(kill=True)
    if found:
        found.detach()


def test_every_promise_holds(disk):
    deployment, power = disk
    persons = []
    for number in range(3):
        name = f"CORP\\p{number}"
        address = f"p{number}@corp.example"
        persons.append((name, deployment.create_account(f"p{number}", name, f"p{number}", address), address))
    seed = int(os.environ.get("RESTANTE_FAULT_SEED", random.randrange(1 << 30)))
    print(f"RESTANTE_FAULT_SEED={seed}")
    run = FaultRun(deployment, persons, seed, power)
    counts = run.run(SECONDS)
    print(f"faults: {len(run.faults)}; accepted and deleted by mailbox: {counts}")
    # It was worth something.
    assert len(run.faults) >= SECONDS / 10
    assert all(accepted > 10 and deleted > 0 for accepted, deleted in counts)
    if power:
        assert "power" in run.faults


def seen(journal, *tokens):
    for token in tokens:
        journal.offer(token)
        journal.accept(token)
        journal.see(f"uidl-of-{token}", token)


@pytest.mark.parametrize("promise, breach", (
    ("D1", lambda journal: journal.hold_against({"a", "b"}, ["uidl-of-a"])),
    ("D3", lambda journal: (journal.delete(["a"]), journal.hold_against(set(), ["uidl-of-a", "uidl-of-b"]))),
    ("D4", lambda journal: (journal.leave_undecided(["a", "b"]), journal.hold_against(set(), ["uidl-of-a"]))),
    ("D5", lambda journal: journal.see("another", "a")),
    ("D6", lambda journal: journal.see("uidl-of-a", "b")),
    ("X1", lambda journal: journal.see("another", "never sent")),
))
def test_the_journal_notices(promise, breach):
    journal = MailboxJournal("m")
    seen(journal, "a", "b")
    journal.hold_against({"a", "b"}, ["uidl-of-a", "uidl-of-b"])
    with pytest.raises(BrokenPromise, match=promise):
        breach(journal)


def test_the_journal_allows_what_may_be():
    journal = MailboxJournal("m")
    seen(journal, "a", "b")
    journal.leave_undecided(["a", "b"])
    journal.hold_against({"a", "b"}, ["uidl-of-a", "uidl-of-b"])
    journal.leave_undecided(["a", "b"])
    journal.hold_against({"a", "b"}, [])
    journal.hold_against({"a", "b"}, [])
