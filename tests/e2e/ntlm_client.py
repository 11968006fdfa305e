"""A small NTLMv2 client ([MS-NLMP] 2.2.1, 3.3.2), for tests that steer each step of a logon."""
import base64
import hmac
import os
import struct

_SIGNATURE = b"NTLMSSP\0"
_UNICODE, _REQUEST_TARGET, _NTLM, _TARGET_INFO = 0x1, 0x4, 0x200, 0x800000
_FLAGS = _UNICODE | _REQUEST_TARGET | _NTLM
_TYPE3_HEAD_SIZE = 64


def md4(data):
    """RFC 1320; OpenSSL 3 no longer offers it."""
    mask = 0xFFFFFFFF

    def rotate(value, bits):
        value &= mask
        return (value << bits | value >> (32 - bits)) & mask

    data += b"\x80" + b"\0" * ((55 - len(data)) % 64) + struct.pack("<Q", len(data) * 8)
    a, b, c, d = 0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476
    rounds = (
        (lambda x, y, z: x & y | ~x & z, 0, list(range(16)), (3, 7, 11, 19)),
        (lambda x, y, z: x & y | x & z | y & z, 0x5A827999,
         [i % 4 * 4 + i // 4 for i in range(16)], (3, 5, 9, 13)),
        (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1,
         [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], (3, 9, 11, 15)),
    )
    for offset in range(0, len(data), 64):
        words = struct.unpack_from("<16I", data, offset)
        before = a, b, c, d
        for function, constant, order, shifts in rounds:
            for step, index in enumerate(order):
                mixed = a + function(b, c, d) + words[index] + constant
                a, b, c, d = d, rotate(mixed, shifts[step % 4]), b, c
        a, b, c, d = ((x + y) & mask for x, y in zip(before, (a, b, c, d)))
    return struct.pack("<4I", a, b, c, d)


def nt_hash(password):
    return md4(password.encode("utf-16-le"))


def negotiate():
    return base64.b64encode(_SIGNATURE + struct.pack("<II", 1, _FLAGS) + bytes(16)).decode()


def authenticate(challenge_line, user, domain, password):
    """The answer to a challenge, both in base64."""
    challenge = base64.b64decode(challenge_line)
    assert challenge[:8] == _SIGNATURE and challenge[8:12] == b"\2\0\0\0", challenge
    flags, server_challenge = struct.unpack_from("<I8s", challenge, 20)
    assert flags & _TARGET_INFO, "a challenge without target info"
    length, _, start = struct.unpack_from("<HHI", challenge, 40)
    target_info = challenge[start : start + length]

    key = hmac.digest(nt_hash(password), (user.upper() + domain).encode("utf-16-le"), "md5")
    temp = b"\1\1" + bytes(6) + _timestamp(target_info) + os.urandom(8) + bytes(4)
    temp += target_info + bytes(4)
    nt_response = hmac.digest(key, server_challenge + temp, "md5") + temp
    return base64.b64encode(_type3(bytes(24), nt_response, domain, user)).decode()


def _type3(lm_response, nt_response, domain, user):
    fields, payload = b"", b""
    for field in (
        lm_response, nt_response, domain.encode("utf-16-le"), user.encode("utf-16-le"),
        "TEST".encode("utf-16-le"), b"",
    ):
        fields += struct.pack("<HHI", len(field), len(field), _TYPE3_HEAD_SIZE + len(payload))
        payload += field
    return _SIGNATURE + struct.pack("<I", 3) + fields + struct.pack("<I", _FLAGS) + payload


def _timestamp(target_info):
    """The server's time from its AV pairs, as [MS-NLMP] 3.1.5.1.2 has it."""
    position = 0
    while position + 4 <= len(target_info):
        kind, length = struct.unpack_from("<HH", target_info, position)
        if kind == 7:
            return target_info[position + 4 : position + 4 + length]
        position += 4 + length
    raise AssertionError("a challenge without a timestamp")
