"""What was promised to senders and readers, written down as it is promised, and held against what is there."""
import threading


class BrokenPromise(AssertionError):
    pass


class MailboxJournal:
    """One mailbox: which messages were accepted, which are deleted, and which UIDL each has. Messages go by a
    token that stands in their subject."""

    def __init__(self, name):
        self.name = name
        self._lock = threading.Lock()
        self._accepted = set()
        self._offered = set()
        self._deleted = set()
        self._undecided = set()  # of the QUIT whose answer did not come
        self._uidl_of = {}
        self._token_of = {}

    def _fail(self, promise, what):
        raise BrokenPromise(f"{promise}: {self.name}: {what}")

    def offer(self, token):
        with self._lock:
            self._offered.add(token)

    def accept(self, token):
        """The message was answered 250."""
        with self._lock:
            self._accepted.add(token)

    def accepted(self):
        with self._lock:
            return set(self._accepted)

    def counts(self):
        with self._lock:
            return len(self._accepted), len(self._deleted)

    def token_of(self, uidl):
        with self._lock:
            return self._token_of.get(uidl)

    def see(self, uidl, token):
        """A message was read."""
        with self._lock:
            if token not in self._offered:
                self._fail("X1", f"{token} was never sent")
            if self._token_of.setdefault(uidl, token) != token:
                self._fail("D6", f"UIDL {uidl} was that of {self._token_of[uidl]} and is that of {token}")
            if self._uidl_of.setdefault(token, uidl) != uidl:
                self._fail("D5", f"{token} is there twice, as {self._uidl_of[token]} and {uidl}")

    def hold_against(self, accepted_before, uidls):
        """A session opened after `accepted_before` were accepted, and lists these UIDLs, all of which were seen."""
        with self._lock:
            there = [self._token_of[uidl] for uidl in uidls]
            if len(set(there)) != len(there):
                self._fail("D5", "a message is listed twice")
            there = set(there)
            if self._undecided:
                stayed = self._undecided & there
                if stayed and stayed != self._undecided:
                    self._fail("D4", f"of {len(self._undecided)} deletions {len(stayed)} were not made")
                if not stayed:
                    self._deleted |= self._undecided
                self._undecided = set()
            if back := self._deleted & there:
                self._fail("D3", f"deleted and there again: {sorted(back)[:5]}")
            if lost := accepted_before - self._deleted - there:
                self._fail("D1", f"accepted and not there: {sorted(lost)[:5]}")

    def delete(self, tokens):
        """QUIT was answered +OK."""
        with self._lock:
            self._deleted |= set(tokens)

    def leave_undecided(self, tokens):
        """QUIT was sent, and its answer did not come, or said that it is not known."""
        with self._lock:
            self._undecided = set(tokens)
