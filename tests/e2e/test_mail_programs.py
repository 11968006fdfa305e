"""Mail programs of Debian fetch, compare and delete: each octet of each message, and nothing is left."""
import subprocess
import urllib.parse

import pytest

from person import MESSAGES, Person, assert_all_in, assert_nothing_left
from pop3_client import curl


@pytest.fixture
def person(deployment, tmp_path):
    return Person(deployment, tmp_path)


@pytest.mark.parametrize("way", ("ntlm", "ntlm_stls", "plain_tls", "login_tls"))
def test_curl(person, way):
    host = f"localhost:{person.port('POP3S' if way.endswith('_tls') else 'POP3')}"
    scheme = "pop3s" if way.endswith("_tls") else "pop3"
    options = ["--cacert", person.deployment.ca]
    if way == "ntlm_stls":
        options.append("--ssl-reqd")
    if way == "plain_tls":
        options += ["--login-options", "AUTH=PLAIN"]
    if way == "login_tls":
        options += ["--login-options", "AUTH=LOGIN"]
    for number, message in enumerate(MESSAGES, 1):
        received = curl(f"{scheme}://{host}/{number}", person.windows_name, person.password, *options)
        assert received.endswith(message), number
    for number in range(1, len(MESSAGES) + 1):
        curl(f"{scheme}://{host}/1", person.windows_name, person.password, *options, "-X", "DELE", "-l")
    assert_nothing_left(person)


@pytest.mark.parametrize("auth", ("user", "plain"))
@pytest.mark.parametrize("tls", ("tls", "stls"))
def test_mpop(person, tls, auth):
    settings = person.file("mpoprc", f"""account default
host localhost
port {person.port("POP3S" if tls == "tls" else "POP3")}
user {person.windows_name}
password {person.password}
auth {auth}
tls on
tls_starttls {"off" if tls == "tls" else "on"}
tls_trust_file {person.deployment.ca}
delivery mbox {person.directory}/mail
keep off
received_header off
""")
    person.run("mpop", "-q", "-C", settings)
    assert_all_in((person.directory / "mail").read_bytes())
    assert_nothing_left(person)


@pytest.mark.parametrize("tls", ("tls", "stls"))
def test_fetchmail(person, tls):
    port = person.port("POP3S" if tls == "tls" else "POP3")
    layer = 'ssl sslproto "auto"' if tls == "tls" else 'sslproto "tls1.2+"'
    settings = person.file("fetchmailrc", (
        f"poll localhost protocol pop3 port {port} auth password\n"
        f'  user "{person.windows_name}" password "{person.password}"\n'
        f'  {layer} sslcertck sslcertfile "{person.deployment.ca}" nokeep fetchall\n'
        f'  no rewrite mda "cat >> {person.directory}/mail"\n').replace("\\", "\\\\"))
    person.run("fetchmail", "-f", settings, "--nosyslog", "--pidfile", person.directory / "pid", "-s")
    # It puts a Received field on top.
    assert_all_in((person.directory / "mail").read_bytes())
    assert_nothing_left(person)


def test_getmail(person):
    mailbox = person.directory / "mail"
    append = person.file("append", f"#!/bin/sh\ncat >> {mailbox}\n")
    append.chmod(0o700)
    settings = person.file("getmailrc", f"""[retriever]
type = SimplePOP3SSLRetriever
server = localhost
port = {person.port("POP3S")}
username = {person.windows_name}
password = {person.password}
ca_certs = {person.deployment.ca}
[destination]
type = MDA_external
path = {append}
allow_root_commands = true
[options]
delete = true
received = false
delivered_to = false
""")
    person.run("getmail", "--quiet", "--getmaildir", person.directory, "--rcfile", settings)
    assert_all_in(mailbox.read_bytes())
    assert_nothing_left(person)


def test_mutt(person):
    mailbox = person.directory / "mail"
    mailbox.touch()
    settings = person.file("muttrc", f"""set pop_host="pops://localhost:{person.port('POP3S')}"
set pop_user="{person.windows_name.replace(chr(92), chr(92) * 2)}"
set pop_pass="{person.password}"
set pop_authenticators="user"
set pop_delete=yes
set pop_checkinterval=0
set certificate_file="{person.deployment.ca}"
set ssl_usesystemcerts=no
set spoolfile="{mailbox}"
set folder="{person.directory}"
set move=no
set quit=yes
""")
    person.run("script", "-qec", f"mutt -n -F {settings} -f {mailbox} -e 'push <fetch-mail><quit>'", "/dev/null",
               stdin=subprocess.DEVNULL)
    assert_all_in(mailbox.read_bytes(), whole=False)
    assert_nothing_left(person)


def test_s_nail(person):
    mailbox = person.directory / "mail"
    user = urllib.parse.quote(person.windows_name, safe="")
    settings = person.file("mailrc", f"""set v15-compat
set tls-ca-file={person.deployment.ca} tls-ca-no-defaults
set password={person.password}
set pop3-auth=plain nosave
""")
    commands = f"copy * {mailbox}\ndelete *\nquit\n".encode()
    person.run("s-nail", "-n", "-N", "-f", f"pop3s://{user}@localhost:{person.port('POP3S')}",
               input=commands, environment={"MAILRC": str(settings)})
    assert_all_in(mailbox.read_bytes(), whole=False)
    assert_nothing_left(person)


PERL = r"""
use strict; use Net::POP3;
my ($port, $ca, $user, $layer, $sasl, $into) = @ARGV;
chomp(my $password = <STDIN>);
my %tls = (SSL_ca_file => $ca, SSL_verifycn_name => 'localhost');
my $pop = Net::POP3->new('localhost', Port => $port, Timeout => 30, $layer eq 'tls' ? (SSL => 1, %tls) : ())
  or die "no connection: $@";
if ($layer eq 'stls') { $pop->starttls(%tls) or die "no STLS: $@"; }
defined($sasl ? $pop->auth($user, $password) : $pop->login($user, $password)) or die "no logon: " . $pop->message;
open my $out, '>:raw', $into or die;
my $list = $pop->list;
for my $number (sort { $a <=> $b } keys %$list) {
  print $out @{$pop->get($number)};
  $pop->delete($number) or die "no DELE: " . $pop->message;
}
$pop->quit or die "no QUIT";
"""


@pytest.mark.parametrize("layer, sasl", (("tls", 0), ("stls", 0), ("tls", 1), ("plain", 0)))
def test_perl(person, layer, sasl):
    script = person.file("fetch.pl", PERL)
    into = person.directory / "mail"
    person.run("perl", script, person.port("POP3S" if layer == "tls" else "POP3"), person.deployment.ca,
               person.windows_name, layer, sasl, into, input=f"{person.password}\n".encode())
    assert_all_in(into.read_bytes())
    assert_nothing_left(person)
