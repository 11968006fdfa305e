"""Replayed, swapped, foreign and changed NTLM messages, made by real clients: none of them logs on."""
import base64
import contextlib
import struct

import pytest

import ntlm_client
import ntlm_library
from grpc_caller import GrpcCaller
from meddler import Meddler
from person import Person
from pop3_client import RawPop3, assert_delivered, curl

MESSAGE = b"Subject: guarded\r\n\r\nFor the right one alone.\r\n"
INVALID_ARGUMENT = 3
_USER, _WORKSTATION, _NT, _FLAGS, _MIC = 36, 44, 20, 60, 72
_AV_FLAGS, _AV_TIMESTAMP = 6, 7
_AV_PAIRS_IN_RESPONSE = 16 + 28


@pytest.fixture(scope="module")
def person(deployment, tmp_path_factory):
    return Person(deployment, tmp_path_factory.mktemp("person"), [MESSAGE])


@pytest.fixture(scope="module")
def other(deployment, tmp_path_factory):
    return Person(deployment, tmp_path_factory.mktemp("other"), [MESSAGE])


def challenge_for(session, negotiate):
    assert session.command("AUTH NTLM") == "+ "
    challenge = session.command(base64.b64encode(negotiate).decode())
    assert challenge.startswith("+ ")
    return challenge[2:]


def say(session, octets):
    return session.command(base64.b64encode(octets).decode())


def assert_refused(person, reply):
    assert ntlm_library.explain(person, reply)["reason"] == "WRONG_PASSWORD"


@pytest.fixture(scope="module", params=("curl", "python_ntlm_auth.py", "gss_ntlmssp.py"))
def recorded(request, person):
    """The messages of a logon that succeeded."""
    with Meddler(person.deployment.address("POP3")) as meddler:
        if request.param == "curl":
            received = curl(f"pop3://127.0.0.1:{meddler.port}/1", person.user, person.password)
        else:
            received = ntlm_library.first_message(request.param, person, "plain", person.user, port=meddler.port)
    assert_delivered(received, MESSAGE)
    return meddler.messages


def test_a_replay_on_a_new_connection(deployment, person, recorded):
    with RawPop3(deployment.address("POP3")) as session:
        challenge_for(session, recorded[1])
        assert_refused(person, say(session, recorded[3]))


def test_an_answer_to_an_earlier_challenge_of_the_same_connection(deployment, person):
    with RawPop3(deployment.address("POP3")) as session:
        negotiate = base64.b64decode(ntlm_client.negotiate())
        earlier = challenge_for(session, negotiate)
        assert session.command("*").startswith("-ERR")
        challenge_for(session, negotiate)
        late = ntlm_client.authenticate(earlier, person.user, "CORP", person.password)
        assert_refused(person, session.command(late))
        assert session.ntlm_logon(person.user, "CORP", person.password).startswith("+OK")


def test_answers_of_two_connections_swapped(deployment, person, other):
    with contextlib.ExitStack() as stack:
        people = person, other
        sessions = [stack.enter_context(RawPop3(deployment.address("POP3"))) for _ in people]
        negotiate = base64.b64decode(ntlm_client.negotiate())
        challenges = [challenge_for(session, negotiate) for session in sessions]
        for session, challenge, who in zip(sessions, reversed(challenges), people):
            answer = ntlm_client.authenticate(challenge, who.user, "CORP", who.password)
            assert_refused(who, session.command(answer))


# --- what a man in the middle changes

def flip(octets, offset, bits=1):
    return octets[:offset] + bytes([octets[offset] ^ bits]) + octets[offset + 1:]


def field(message, at):
    """(offset, length) of a field."""
    length, _, offset = struct.unpack_from("<HHI", message, at)
    return offset, length


def av_value(octets, begin, kind):
    """Where the value of an AV pair begins."""
    while (found := struct.unpack_from("<HH", octets, begin))[0] != kind:
        assert found[0] != 0, f"no AV pair {kind}"
        begin += 4 + found[1]
    return begin + 4


def offered_flags(message):
    """128-bit keys are not offered any more."""
    return flip(message, 15, 0x20)


def server_challenge(message):
    return flip(message, 24)


def time_of_challenge(message):
    return flip(message, av_value(message, field(message, 40)[0], _AV_TIMESTAMP))


def name_of_server(message):
    """The domain among the AV pairs, which the client repeats: CORP becomes BORP."""
    return flip(message, field(message, 40)[0] + 4)


def promise_of_mic(message):
    return flip(message, av_value(message, field(message, _NT)[0] + _AV_PAIRS_IN_RESPONSE, _AV_FLAGS), 2)


def mic(message):
    return flip(message, _MIC + 3)


def no_mic(message):
    """The promise is in the proof, so that leaving the MIC out takes more than leaving it out."""
    return message[:_MIC] + bytes(16) + message[_MIC + 16:]


def proof(message):
    return flip(message, field(message, _NT)[0])


def client_challenge(message):
    return flip(message, field(message, _NT)[0] + 32)


def workstation(message):
    return flip(message, field(message, _WORKSTATION)[0])


def chosen_flags(message):
    return flip(message, _FLAGS + 3, 0x80)


def user(message):
    """The first letter in upper case: the same person to us, but not what was sent."""
    return flip(message, field(message, _USER)[0], 0x20)


MIC_CLIENT, NO_MIC_CLIENT = "python_ntlm_auth.py", "gss_ntlmssp.py"
CHANGES = (
    (1, offered_flags, MIC_CLIENT, "MIC_WRONG"),
    (2, server_challenge, MIC_CLIENT, "WRONG_PASSWORD"),
    (2, server_challenge, NO_MIC_CLIENT, "WRONG_PASSWORD"),
    (2, time_of_challenge, MIC_CLIENT, "TIMESTAMP_CHANGED"),
    (2, time_of_challenge, NO_MIC_CLIENT, "TIMESTAMP_CHANGED"),
    (2, name_of_server, MIC_CLIENT, "MIC_WRONG"),
    (3, promise_of_mic, MIC_CLIENT, "WRONG_PASSWORD"),
    (3, mic, MIC_CLIENT, "MIC_WRONG"),
    (3, no_mic, MIC_CLIENT, "MIC_WRONG"),
    (3, proof, NO_MIC_CLIENT, "WRONG_PASSWORD"),
    (3, client_challenge, NO_MIC_CLIENT, "WRONG_PASSWORD"),
    (3, workstation, MIC_CLIENT, "MIC_WRONG"),
    (3, chosen_flags, MIC_CLIENT, "MIC_WRONG"),
    (3, user, MIC_CLIENT, "MIC_WRONG"),
)


@pytest.mark.parametrize("number, change, program, reason", CHANGES,
                         ids=[f"{change[1].__name__}-{change[2].partition('_')[0]}" for change in CHANGES])
def test_a_changed_message(deployment, person, number, change, program, reason):
    def meddle(which, octets):
        return change(octets) if which == number else octets

    with Meddler(deployment.address("POP3"), meddle) as meddler:
        refused = ntlm_library.refusal(program, person, "plain", person.user, port=meddler.port)
    assert refused["reason"] == reason, refused


def test_somebody_elses_name_in_the_answer(deployment, person, other):
    def meddle(which, octets):
        if which != 3:
            return octets
        begin, length = field(octets, _USER)
        wide = other.user.encode("utf-16-le")
        assert len(wide) == length
        return octets[:begin] + wide + octets[begin + length:]

    with Meddler(deployment.address("POP3"), meddle) as meddler:
        refused = ntlm_library.refusal(NO_MIC_CLIENT, person, "plain", person.user, port=meddler.port)
    assert refused["reason"] == "WRONG_PASSWORD"


def test_nothing_changed_is_let_in(deployment, person):
    with Meddler(deployment.address("POP3")) as meddler:
        for program in (MIC_CLIENT, NO_MIC_CLIENT):
            received = ntlm_library.first_message(program, person, "plain", person.user, port=meddler.port)
            assert_delivered(received, MESSAGE)


# --- what a front end does that is in a stranger's hands

@pytest.fixture(scope="module")
def front_end(deployment, tmp_path_factory):
    return GrpcCaller(deployment, "pop3", tmp_path_factory.mktemp("protos"))


class Attempt:
    """An NTLM logon as a front end leads it."""

    def __init__(self, front_end, begin="0", connection="0"):
        from restante.auth.v1 import logon_service_pb2 as protos
        self._front_end, self._protos = front_end, protos
        self.id = begin.rjust(32, "0")
        self.channel = protos.Channel(protocol="pop3", client_address="127.0.0.1", client_port=2000,
                                      connection_id=connection.rjust(32, "0"))

    def begin(self):
        status, answer = self._front_end.call("BeginLogon", self._protos.BeginLogonRequest(
            attempt_id=self.id, channel=self.channel, mechanism="NTLM", session_id=self.id,
            initial_response=base64.b64decode(ntlm_client.negotiate())), self._protos.BeginLogonResponse)
        assert status == 0 and answer.WhichOneof("outcome") == "challenge"
        return answer.challenge

    def end(self, challenge, sealed_state, who):
        """(status, outcome)"""
        line = base64.b64encode(challenge.server_message).decode()
        response = base64.b64decode(ntlm_client.authenticate(line, who.user, "CORP", who.password))
        status, answer = self._front_end.call("ContinueLogon", self._protos.ContinueLogonRequest(
            attempt_id=self.id, channel=self.channel, sealed_state=sealed_state, response=response),
            self._protos.ContinueLogonResponse)
        return status, answer and answer.WhichOneof("outcome")


def test_sealed_state_opens_for_its_own_attempt_and_connection_alone(front_end, person):
    own = Attempt(front_end, "a", "a")
    challenge = own.begin()
    state = challenge.sealed_state
    for foreign in (Attempt(front_end, "a", "b"), Attempt(front_end, "b", "a")):
        assert foreign.end(challenge, state, person) == (INVALID_ARGUMENT, None)
    # A state of its own, but the answer to another's challenge.
    foreign = Attempt(front_end, "c", "c")
    assert foreign.end(challenge, foreign.begin().sealed_state, person) == (0, "rejected")
    for changed in (flip(state, len(state) - 1), flip(state, len(state) // 2), state[:-1], b""):
        assert own.end(challenge, changed, person) == (INVALID_ARGUMENT, None)
    assert own.end(challenge, state, person) == (0, "accepted")
