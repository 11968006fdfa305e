"""Some hundred inputs that no sound client sends, by where they are sent.

A case is (name, octets). POP3: ahead of a logon. SESSION: after it. EXCHANGE: what follows a first line
that begins a SASL exchange. NTLM: what becomes of a right last message, given as a function. TLS: on the
POP3S port, and behind STLS. LMTP: on the LMTP port. VICTIM is replaced by an address that exists.
"""
import base64
import random
import struct

CRLF = b"\r\n"
LONG = (253, 254, 255, 256, 512, 12_287, 12_288, 12_289, 100_000)
CONTROLS = [bytes([octet]) for octet in range(0x20) if octet not in (0x0A, 0x0D)] + [b"\x7f"]
HIGH = [b"\x80", b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", "ｓｔａｔ".encode()]
# Verb and an argument of a sound command.
COMMANDS = {
    b"USER": b"somebody-else", b"PASS": b"not-the-password", b"AUTH": b"UNKNOWN-MECHANISM", b"CAPA": b"",
    b"STAT": b"", b"LIST": b"1", b"RETR": b"1", b"TOP": b"1 1", b"DELE": b"99", b"RSET": b"",
    b"NOOP": b"", b"UIDL": b"1", b"UTF8": b"", b"LANG": b"en",
}
NUMBERS = (
    b"0", b"-1", b"+1", b"00000000001", b"1.0", b"1e0", b"0x1", b"2147483647", b"2147483648", b"4294967297",
    b"9223372036854775808", b"18446744073709551617", b"9" * 200, b" 1", b"1\t", b"1 1", b"\xd9\xa1",
    b"%s%s%n", b"' OR 1=1 --", b"../../etc/passwd",
)


def _lines():
    yield "nothing", b""
    yield "empty lines", CRLF * 50
    yield "only spaces", b" " * 100 + CRLF
    yield "tab for space", b"USER\tsomebody-else" + CRLF
    yield "leading space", b" CAPA" + CRLF
    yield "bare line feeds", b"NOOP\nNOOP\nNOOP\n"
    yield "bare carriage returns", b"NOOP\rNOOP\rNOOP\r"
    yield "two carriage returns", b"NOOP\r\r\n"
    yield "line feed first", b"NOOP\n\rNOOP\n\r"
    yield "no end of line", b"CAPA"
    yield "another protocol: HTTP", b"GET /secret-path HTTP/1.1\r\nHost: localhost-name\r\n\r\n"
    yield "another protocol: SMTP", b"EHLO client.example.net\r\nMAIL FROM:<attacker@example>\r\n"
    yield "another protocol: IMAP", b'a1 LOGIN "somebody-else" "not-the-password"\r\n'
    yield "another protocol: SSH", b"SSH-2.0-OpenSSH_9.2p1\r\n"
    yield "another protocol: PROXY 1", b"PROXY TCP4 203.0.113.77 192.0.2.100 40000 110\r\n"
    yield "another protocol: PROXY 2", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12)
    yield "another protocol: TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)
    yield "megabyte without an end", b"A" * 1_000_000
    yield "megabyte of commands", b"NOOPNOOP\r\n" * 100_000
    yield "format directives", b"%n%n%n%n%s%s%s%s" + CRLF
    yield "terminal escapes", b"\x1b]0;window-title\x07\x1b[2J" + CRLF
    yield "log forgery", b'USER x","event":"forged-event' + CRLF
    for octet in CONTROLS:
        yield f"octet {octet.hex()} in a verb", b"NO" + octet + b"OP-suffix" + CRLF
        yield f"octet {octet.hex()} in a name", b"USER some" + octet + b"body-else" + CRLF
    for octets in HIGH:
        yield f"octets {octets.hex()} as a verb", octets * 10 + CRLF
        yield f"octets {octets.hex()} as a name", b"USER " + octets * 10 + b"\r\nPASS x" + octets + CRLF
    for size in LONG:
        yield f"line of {size}", b"X" * size + CRLF
        yield f"name of {size}", b"USER " + b"n" * size + CRLF
        yield f"password of {size}", b"USER somebody-else\r\nPASS " + b"p" * size + CRLF
        yield f"mechanism of {size}", b"AUTH " + b"M" * size + CRLF
        yield f"response of {size}", b"AUTH NTLM\r\n" + b"T" * size + CRLF
        yield f"initial response of {size}", b"AUTH PLAIN " + b"T" * size + CRLF


def _commands():
    for verb, argument in COMMANDS.items():
        line = verb + b" " + argument if argument else verb
        yield f"{verb.decode()} with a NUL", line + b"\0" + CRLF
        yield f"{verb.decode()} twice in a line", line + b"; " + line + CRLF
        yield f"{verb.decode()} with much behind", line + b" surplus-words" * 10 + CRLF
        yield f"{verb.decode()} cut", verb[:-1] + CRLF
        yield f"{verb.decode()} with more", verb + b"suffixed-verb" + CRLF
    for verb in (b"LIST", b"RETR", b"DELE", b"UIDL", b"TOP"):
        for number in NUMBERS:
            yield f"{verb.decode()} {number[:30]!r}", verb + b" " + number + CRLF
    for number in NUMBERS:
        yield f"TOP 1 {number[:30]!r}", b"TOP 1 " + number + CRLF


def _responses():
    plain = base64.b64encode(b"\0somebody-else\0not-the-password")
    for name, response in (
        ("spaces inside", plain[:8] + b" " + plain[8:]), ("padding inside", b"QQ==QUJDREVGRw=="),
        ("no padding", b"QUJDREVGRwA"), ("too much padding", b"QUJDREVG===="), ("loose bits", b"QUJDREVGRx=="),
        ("url alphabet", b"_-_-_-_-_-_-"), ("not base64", b"!!!!not-base64!!!!"), ("NUL", b"QUJD\0REVG"),
        ("only padding", b"===="), ("star and more", b"*cancelled-now"), ("8-bit", b"\xff" * 16),
        ("much", base64.b64encode(bytes(9_000))), ("too much", base64.b64encode(bytes(9_300))),
        ("empty", b""), ("random", base64.b64encode(random.Random(7).randbytes(200))),
    ):
        for begin in (b"AUTH NTLM\r\n", b"AUTH PLAIN\r\n", b"AUTH LOGIN\r\n", b"AUTH NTLM ", b"AUTH PLAIN "):
            yield f"{begin.decode().strip()}, {name}", begin + response + CRLF
    for name, text in (
        ("no separators", b"somebody-else"), ("one separator", b"somebody\0else-else"),
        ("four separators", b"a\0b\0c\0d\0e"), ("all empty", b"\0\0"), ("no password", b"\0somebody-else\0"),
        ("no name", b"\0\0not-the-password"), ("invalid UTF-8", b"\0\xff\xfe\xff\xfe\0\xc0\x80"),
        ("overlong name", b"\0" + b"n" * 5_000 + b"\0p"), ("overlong password", b"\0n\0" + b"p" * 5_000),
        ("other mailbox", b"victim\0somebody-else\0not-the-password"),
    ):
        yield f"PLAIN {name}", b"AUTH PLAIN " + base64.b64encode(text) + CRLF
    negotiate = b"NTLMSSP\0\1\0\0\0"
    for name, message in (
        ("signature only", b"NTLMSSP\0"), ("cut type", b"NTLMSSP\0\1\0"), ("type 0", b"NTLMSSP\0" + bytes(24)),
        ("type 2 from the client", b"NTLMSSP\0\2\0\0\0" + bytes(40)), ("type 3 first", b"NTLMSSP\0\3\0\0\0" + bytes(60)),
        ("no flags", negotiate), ("all flags", negotiate + b"\xff" * 20), ("fields out of range",
            negotiate + b"\x07\x82\x08\xa2" + struct.pack("<HHI", 500, 500, 0xFFFFFFF0) * 2),
        ("long", negotiate + bytes(9_000)), ("Kerberos", b"\x60\x82\x02\x00\x06\x09\x2a\x86\x48" + bytes(100)),
    ):
        yield f"NEGOTIATE {name}", b"AUTH NTLM\r\n" + base64.b64encode(message) + CRLF


_FIELDS = {"lm": 12, "nt": 20, "domain": 28, "user": 36, "workstation": 44, "session key": 52}


def _put(message, offset, octets):
    return message[:offset] + octets + message[offset + len(octets):]


def _field(message, name, length=None, start=None):
    offset = _FIELDS[name]
    old_length, _, old_start = struct.unpack_from("<HHI", message, offset)
    length = old_length if length is None else length
    return _put(message, offset, struct.pack("<HHI", length, length, old_start if start is None else start))


def _nt_octet(message, index):
    _, _, start = struct.unpack_from("<HHI", message, _FIELDS["nt"])
    return _put(message, start + index, bytes([message[start + index] ^ 0x40]))


def _ntlm():
    """(name, function from a right AUTHENTICATE message to a wrong one)."""
    for name in ("nt", "domain", "user"):
        for start in (0xFFFFFFFF, 0x7FFFFFFF, 0x10000, 5_000):
            yield f"{name} at {start:#x}", lambda m, n=name, s=start: _field(m, n, start=s)
        yield f"{name} of 65535", lambda m, n=name: _field(m, n, length=0xFFFF)
        yield f"{name} odd", lambda m, n=name: _field(m, n, length=struct.unpack_from("<H", m, _FIELDS[n])[0] - 1)
    for name in ("lm", "workstation", "session key"):
        yield f"{name} of 65535 at the end", lambda m, n=name: _field(m, n, length=0xFFFF, start=0xFFFFFFFF)
    for size in (0, 7, 8, 11, 12, 20, 27, 28, 43, 59, 63, 64, 80, 100):
        yield f"cut at {size}", lambda m, s=size: m[:s]
    for size in (0, 1, 15, 16, 17, 23, 24, 25, 43, 44, 47):
        yield f"NT response of {size}", lambda m, s=size: _field(m, "nt", length=s)
    for index in (0, 15, 16, 17, 24, 40):
        yield f"NT response with octet {index} changed", lambda m, i=index: _nt_octet(m, i)
    yield "type 1 again", lambda m: _put(m, 8, struct.pack("<I", 1))
    yield "type 4", lambda m: _put(m, 8, struct.pack("<I", 4))
    yield "other signature", lambda m: b"NTLMSSQ" + m[7:]
    yield "no user", lambda m: _field(m, "user", length=0)
    yield "anonymous", lambda m: _field(_field(_field(m, "nt", length=0), "user", length=0), "lm", length=0)
    yield "user is the domain", lambda m: _field(m, "user", start=struct.unpack_from("<I", m, 32)[0])
    yield "all fields on the header", lambda m: m[:12] + struct.pack("<HHI", 64, 64, 0) * 6 + m[60:]
    yield "nothing but zeros", lambda m: bytes(len(m))
    yield "nothing but ones", lambda m: b"\xff" * len(m)
    yield "twice", lambda m: m[:8] + m


def _tls():
    rng = random.Random(11)
    hello = (b"\x16\x03\x01\x00\x31\x01\x00\x00\x2d\x03\x03" + bytes(32) + b"\x00\x00\x02\x13\x01\x01\x00")
    yield "plain command", b"CAPA\r\nUSER somebody-else\r\n"
    yield "nothing", b""
    for size in (1, 5, 6, 100, 70_000):
        yield f"{size} random octets", rng.randbytes(size)
    for cut in (1, 4, 5, 6, 9, 11, 40):
        yield f"hello cut at {cut}", hello[:cut]
    yield "record of 65535", b"\x16\x03\x01\xff\xff" + bytes(66_000)
    yield "record of 0", b"\x16\x03\x01\x00\x00" * 1_000
    yield "SSL 2 hello", b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + bytes(40)
    yield "SSL 3 hello", b"\x16\x03\x00" + hello[3:]
    yield "alert first", b"\x15\x03\x03\x00\x02\x02\x28"
    yield "data first", b"\x17\x03\x03\x00\x10" + bytes(16)
    yield "change of cipher first", b"\x14\x03\x03\x00\x01\x01" * 100
    yield "handshake message of 16 MB", b"\x16\x03\x01\x40\x00\x01\xff\xff\xff" + bytes(16_380)
    yield "host name of 65535", (b"\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03" + bytes(32) +
                                 b"\x00\x00\x02\x13\x01\x01\x00\x00\x0f\x00\x00\xff\xff\xff\xff\x00\xff\xff" + b"a" * 20)
    yield "hello twice", hello + hello
    yield "heartbeat", b"\x18\x03\x02\x00\x03\x01\x40\x00"


def _lmtp():
    envelope = b"LHLO client.example\r\nMAIL FROM:<sender@example.net>\r\nRCPT TO:<VICTIM>\r\n"
    for name, octets in (
        ("nothing", b""), ("empty lines", CRLF * 50), ("HTTP", b"GET /secret-path HTTP/1.1\r\n\r\n"),
        ("HELO", b"HELO client-name\r\n"), ("MAIL first", b"MAIL FROM:<sender@example.net>\r\n"),
        ("LHLO without name", b"LHLO\r\n"), ("LHLO with NUL", b"LHLO a\0b-client-name\r\n"),
        ("DATA first", b"LHLO client.example\r\nDATA\r\n"), ("line of 100000", b"A" * 100_000 + CRLF),
        ("megabyte", b"B" * 1_000_000), ("BDAT", envelope + b"BDAT 10 LAST\r\n0123456789"),
        ("STARTTLS", b"LHLO client.example\r\nSTARTTLS\r\n"), ("VRFY", b"VRFY somebody-else\r\n"),
        ("10,000 RCPT", b"LHLO client.example\r\nMAIL FROM:<>\r\n" + b"RCPT TO:<x@example.invalid>\r\n" * 10_000),
    ):
        yield name, octets
    for path in (
        b"", b"<>", b"<", b"<a", b"a@example.net", b"<a@example.net", b"<@>", b"<a@>", b"<@example.net>", b"<a b@example.net>",
        b"<a\0b@example.net>", b'<""@example.net>', b'<"unterminated@example.net>', b"<a@[127.0.0.1>", b"<a@example..net>",
        b"<" + b"a" * 300 + b"@example.net>", b"<a@" + b"b" * 400 + b">", b"<\xff\xfe@example.net>", b"<@hop,@hop:a@example.net>",
        b"<a@example.net> SIZE=-1", b"<a@example.net> SIZE=99999999999999999999", b"<a@example.net> NOT-KNOWN=value",
        b"<a@example.net> BODY=STRANGE-BODY",
    ):
        yield f"MAIL {path[:40]!r}", b"LHLO client.example\r\nMAIL FROM:" + path + CRLF
        yield f"RCPT {path[:40]!r}", b"LHLO client.example\r\nMAIL FROM:<>\r\nRCPT TO:" + path + CRLF
    for name, end in (
        ("bare LF dot", b"\n.\n"), ("LF dot CRLF", b"\n.\r\n"), ("CRLF dot LF", b"\r\n.\n"), ("CR dot CR", b"\r.\r"),
        ("CRLF dot CR", b"\r\n.\r"), ("NUL dot", b"\r\n\0.\r\n"), ("dot NUL", b"\r\n.\0\r\n"), ("two CR", b"\r\r\n.\r\r\n"),
        ("no end", b""), ("only a dot", b"."),
    ):
        smuggled = b"MAIL FROM:<smuggled@example.net>\r\nRCPT TO:<VICTIM>\r\nDATA\r\nSubject: smuggled-mail\r\n"
        yield f"end of text: {name}", envelope + b"DATA\r\nSubject: first\r\n\r\ntext" + end + smuggled


POP3 = [*_lines(), *_commands(), *_responses()]
SESSION = [*_lines(), *_commands()]
NTLM = list(_ntlm())
TLS = list(_tls())
LMTP = list(_lmtp())
