# ruby-ntlm with Net::POP3, whose own logon it takes the place of. NTLMv2; no STLS.
require 'net/pop'
require 'net/ntlm'

host, port, layer, ca, user, domain = ARGV
password = $stdin.readline(chomp: true)

class Net::POP3Command
  def ntlm(user, domain, password)
    client = Net::NTLM::Client.new(user, password, domain: domain, workstation: 'WKS')
    expect('+ ', get_response('AUTH NTLM'))
    challenge = expect('+ ', get_response('%s', client.init_context.encode64))
    expect('+OK', get_response('%s', client.init_context(challenge).encode64))
  end

  def expect(status, reply)
    return reply.delete_prefix(status) if reply.start_with?(status)
    $stderr.puts reply
    exit 3
  end
end

class NtlmPop3 < Net::POP3
  attr_accessor :domain

  def do_start(user, password)
    domain = @domain
    @apop = false
    Net::POP3Command.define_method(:auth) { |_, _| ntlm(user, domain, password) }
    super
  end
end

pop3 = NtlmPop3.new(host, port.to_i)
pop3.domain = domain
pop3.enable_ssl(OpenSSL::SSL::VERIFY_PEER, ca) if layer == 'tls'
abort 'Net::POP3 knows no STLS' if layer == 'stls'
pop3.start(user, password) do |session|
  $stdout.binmode
  $stdout.write session.mails.first.pop
end
