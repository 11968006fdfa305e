# libauthen-ntlm-perl with Net::POP3: NTLMv2, or NTLMv1.
use strict;
use warnings;
use Authen::NTLM;
use Net::POP3;

my ($host, $port, $layer, $ca, $user, $domain, @options) = @ARGV;
chomp(my $password = <STDIN>);
my $version = grep({ $_ eq 'form=ntlmv1' } @options) ? 1 : 2;

my %tls = (SSL_ca_file => $ca, SSL_verifycn_name => $host);
my $pop3 = Net::POP3->new($host, Port => $port, Timeout => 60, $layer eq 'tls' ? (SSL => 1, %tls) : ())
  or die "no connection: $@";
if ($layer eq 'stls') { $pop3->starttls(%tls) or die "no STLS: $@"; }

my $client = Authen::NTLM->new(host => $host, user => $user, domain => $domain, password => $password, version => $version);

# Says a line, and gives what stands behind the status of the answer.
sub say_and_expect {
  my ($status, @line) = @_;
  $pop3->command(@line);
  my $class = $pop3->response;
  if (!defined $class) { die "the server closed the connection" }
  if ($class != $status) { print STDERR '-ERR ', $pop3->message; exit 3 }
  my $text = $pop3->message;
  chomp $text;
  return $text;
}

say_and_expect(3, 'AUTH', 'NTLM');
my $challenge = say_and_expect(3, $client->challenge);
say_and_expect(2, $client->challenge($challenge));
binmode STDOUT;
# Over TLS Net::POP3 leaves the ends of lines as they came, else not.
print map { s/\r?\n\z/\r\n/r } @{$pop3->get(1)};
$pop3->quit or die 'no QUIT';
