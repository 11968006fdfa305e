#include "common/net/connection.h"

#include <openssl/crypto.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/posix/stream_descriptor.hpp>
#include <cerrno>
#include <deque>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "common/base/check.h"
#include "common/net/client_hello.h"
#include "common/net/proxy_header.h"
#include "common/net/transport.h"

namespace restante::net {
namespace {

constexpr size_t kReadOctets = 16'384;
// Then other connections of the loop have their turn.
constexpr int kReadsPerTurn = 4;
// Small replies to pipelined commands leave together.
constexpr size_t kJoinedOctets = 16'384;
constexpr absl::Duration kLingerLimit = absl::Seconds(2);

}  // namespace

AcceptedSocket::AcceptedSocket(AcceptedSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), peer_(std::move(other.peer_)) {}

AcceptedSocket::~AcceptedSocket() {
  if (fd_ >= 0) close(fd_);
}

int AcceptedSocket::Release() { return std::exchange(fd_, -1); }

void AcceptedSocket::SayBeforeClosing(absl::string_view text) {
  [[maybe_unused]] ssize_t sent = send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
}

// What waits for the socket keeps the engine; what it then finds may be that the connection is
// gone.
class Connection::Engine : public std::enable_shared_from_this<Engine> {
 public:
  Engine(EventLoop* loop, AcceptedSocket socket)
      : loop_(*loop),
        peer_(socket.peer()),
        descriptor_(loop->io_context(), socket.Release()),
        transport_(MakePlainTransport(descriptor_.native_handle())) {}

  void Start(ConnectionHandler* handler, absl::Duration stall_limit) {
    handler_ = handler;
    stall_limit_ = stall_limit;
    Schedule();
  }

  void ExpectProxyHeader() { proxy_header_.emplace(); }

  void StartTls(std::shared_ptr<const TlsContext> context) {
    RESTANTE_CHECK(tls_to_start_ == nullptr && !tls_info_);
    tls_to_start_ = std::move(context);
    Schedule();
  }

  void Write(std::string octets) {
    if (octets.empty() || handler_ == nullptr) return;
    ChangeBacklog(static_cast<int64_t>(octets.size()));
    if (backlog_ > low_mark_) was_high_ = true;
    if (!queue_.empty() && queue_.back().size() + octets.size() <= kJoinedOctets) {
      queue_.back() += octets;
    } else {
      queue_.push_back(std::move(octets));
    }
    Schedule();
  }

  void SetPaused(bool paused) {
    paused_ = paused;
    if (!paused) Schedule();
  }

  void Finish() {
    finishing_ = true;
    finishing_since_ = loop_.Now();
    Schedule();
  }

  void Abandon() {
    handler_ = nullptr;
    Close();
  }

  void SetLowMark(size_t octets) {
    low_mark_ = octets;
    if (backlog_ > low_mark_) was_high_ = true;
    if (was_high_) Schedule();
  }

  void CountBacklogIn(std::atomic<int64_t>* total) { total_backlogs_.push_back(total); }

  size_t backlog() const { return backlog_; }
  const Endpoint& peer() const { return peer_; }
  const std::optional<TlsInfo>& tls() const { return tls_info_; }

 private:
  // Not at once: the owner hears of nothing while it calls, and what it writes in one turn leaves
  // together.
  void Schedule() {
    if (std::exchange(scheduled_, true)) return;
    loop_.Post([weak = weak_from_this()] {
      if (auto self = weak.lock()) {
        self->scheduled_ = false;
        self->Progress();
      }
    });
  }

  void Progress() {
    auto alive = shared_from_this();
    if (handler_ == nullptr) return;
    if (proxy_header_ && !ReadProxyHeader()) return;
    if (handshaking_ && !ContinueHandshake()) return;
    Flush();
    TellBacklog();
    ReadAvailable();
  }

  // Whether the header was read and the connection still there. Octets behind the header may be
  // a TLS handshake's, so they are left in the socket.
  bool ReadProxyHeader() {
    if (finishing_) {
      End(absl::OkStatus());
      return false;
    }
    while (!proxy_header_->done()) {
      char buffer[ProxyHeaderReader::kMaxOctets];
      ssize_t count = recv(descriptor_.native_handle(), buffer, sizeof(buffer), MSG_PEEK);
      if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        Await(IoState::kWantRead);
        return false;
      }
      absl::StatusOr<size_t> taken = absl::UnavailableError("the peer left ahead of its header");
      if (count > 0) {
        taken = proxy_header_->Take(absl::string_view(buffer, static_cast<size_t>(count)));
      }
      if (!taken.ok() || recv(descriptor_.native_handle(), buffer, *taken, 0) < 0) {
        End(taken.ok() ? absl::UnavailableError("the connection broke") : taken.status());
        return false;
      }
    }
    if (const auto& client = proxy_header_->client()) peer_ = {client->address, client->port};
    // Whoever is behind a balancer, it is not this machine's own user.
    peer_.loopback = false;
    proxy_header_.reset();
    handler_->OnProxyHeader();
    return handler_ != nullptr;
  }

  // Whether the ClientHello is there, or what can be none, and the connection as well. Until then
  // no octet is read, so that who never goes on costs a socket: a handshake takes some 20 KiB, and
  // up to 128 KiB for a ClientHello that is only announced.
  bool ClientHelloIsThere() {
    if (waiting_to_read_) return false;
    const int fd = descriptor_.native_handle();
    // Ahead of the look at it, so that what counts was looked at.
    int there = 0;
    if (ioctl(fd, FIONREAD, &there) != 0) there = 0;
    char begin[kClientHelloPrefixOctets];
    const ssize_t peeked = recv(fd, begin, sizeof(begin), MSG_PEEK);
    absl::string_view known(begin, peeked > 0 ? static_cast<size_t>(peeked) : 0);
    absl::StatusOr<size_t> wanted = ClientHelloOctets(known);
    if (!wanted.ok()) {
      End(wanted.status());
      return false;
    }
    // From a peer that has left nothing more comes: the handshake finds out why.
    const bool enough = static_cast<size_t>(there) >= *wanted || PeerHasLeft();
    const int low_water = enough ? 1 : static_cast<int>(*wanted);
    setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &low_water, sizeof(low_water));
    if (!enough) Await(IoState::kWantRead);
    return enough;
  }

  // Seen ahead of what it sent last. That a wait ended says nothing: an event may be of octets that
  // were read meanwhile.
  bool PeerHasLeft() {
    pollfd asked = {descriptor_.native_handle(), POLLRDHUP, 0};
    return poll(&asked, 1, 0) > 0;
  }

  // Whether the handshake is over and the connection still there.
  bool ContinueHandshake() {
    if (finishing_) {
      End(absl::OkStatus());
      return false;
    }
    if (tls_to_start_ != nullptr) {
      if (!ClientHelloIsThere()) return false;
      transport_ = MakeTlsTransport(descriptor_.native_handle(), std::move(tls_to_start_));
      tls_to_start_ = nullptr;
    }
    IoState state = transport_->Handshake();
    if (state == IoState::kEnd) {
      End(absl::UnavailableError("the peer left during the TLS handshake"));
    } else if (state != IoState::kDone) {
      Await(state);
    } else {
      handshaking_ = false;
      tls_info_ = transport_->Describe();
      handler_->OnTlsReady();
    }
    return handler_ != nullptr && !handshaking_;
  }

  void Flush() {
    while (handler_ != nullptr && !queue_.empty()) {
      absl::string_view rest = absl::string_view(queue_.front()).substr(sent_of_front_);
      IoResult result = transport_->Write(rest);
      if (result.state != IoState::kDone) {
        WatchForStall();
        return Await(result.state);
      }
      last_sent_ = loop_.Now();
      ChangeBacklog(-static_cast<int64_t>(result.octets));
      sent_of_front_ += result.octets;
      if (result.octets < rest.size()) continue;
      queue_.pop_front();
      sent_of_front_ = 0;
    }
    if (handler_ == nullptr) return;
    if (std::exchange(watching_for_stall_, false)) stall_timer_.Cancel();
    if (tls_to_start_ != nullptr) return BeginHandshake();
    if (finishing_ && !said_goodbye_) SayGoodbye();
  }

  void BeginHandshake() {
    handshaking_ = true;
    ContinueHandshake();
  }

  // Closing with unread octets in the kernel would reset the connection and could take away the
  // last reply, so the peer is waited for.
  void SayGoodbye() {
    said_goodbye_ = true;
    transport_->SayGoodbye();
    transport_ = MakePlainTransport(descriptor_.native_handle());
    shutdown(descriptor_.native_handle(), SHUT_WR);
    if (peer_finished_) return End(absl::OkStatus());
    stall_timer_ = loop_.After(kLingerLimit, [this] { End(absl::OkStatus()); });
  }

  void WatchForStall() {
    if (std::exchange(watching_for_stall_, true)) return;
    last_sent_ = loop_.Now();
    stall_timer_ = loop_.After(stall_limit_, [this] { CheckForStall(); });
  }

  void CheckForStall() {
    // A last word that is read octet by octet would keep the connection for ever.
    absl::Duration silent = loop_.Now() - (finishing_ ? finishing_since_ : last_sent_);
    if (silent >= stall_limit_) {
      return End(absl::DeadlineExceededError("the peer does not read"));
    }
    stall_timer_ = loop_.After(stall_limit_ - silent, [this] { CheckForStall(); });
  }

  void TellBacklog() {
    if (handler_ == nullptr || finishing_ || !was_high_ || backlog_ > low_mark_) return;
    was_high_ = false;
    handler_->OnBacklogLow();
  }

  bool ReadsNow() const {
    if (handler_ == nullptr || handshaking_ || tls_to_start_ != nullptr || peer_finished_) {
      return false;
    }
    // The socket says when there is something.
    if (waiting_to_read_) return false;
    return finishing_ ? said_goodbye_ : !paused_;
  }

  void ReadAvailable() {
    for (int i = 0; i < kReadsPerTurn; ++i) {
      if (!ReadsNow()) return;
      char buffer[kReadOctets];
      IoResult result = transport_->Read(buffer, sizeof(buffer));
      if (result.state == IoState::kEnd) return EndReading();
      if (result.state != IoState::kDone) return Await(result.state);
      if (!finishing_) handler_->OnOctets(absl::string_view(buffer, result.octets));
      OPENSSL_cleanse(buffer, result.octets);
      if (result.drained && ReadsNow()) return Await(IoState::kWantRead);
    }
    if (ReadsNow()) Schedule();
  }

  void EndReading() {
    peer_finished_ = true;
    if (finishing_) return End(absl::OkStatus());
    handler_->OnPeerFinished();
  }

  void Await(IoState state) {
    if (state == IoState::kBroken || state == IoState::kEnd) {
      return End(said_goodbye_ ? absl::OkStatus() : transport_->error());
    }
    bool read = state == IoState::kWantRead;
    bool& waiting = read ? waiting_to_read_ : waiting_to_write_;
    if (std::exchange(waiting, true)) return;
    auto what =
        read ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
    descriptor_.async_wait(what, [self = shared_from_this(), read](const std::error_code& error) {
      (read ? self->waiting_to_read_ : self->waiting_to_write_) = false;
      if (!error) self->loop_.Handle([&self] { self->Progress(); });
    });
  }

  void End(const absl::Status& why) {
    ConnectionHandler* handler = std::exchange(handler_, nullptr);
    if (handler == nullptr) return;
    auto alive = shared_from_this();
    Close();
    handler->OnEnd(why);
  }

  void ChangeBacklog(int64_t octets) {
    backlog_ = static_cast<size_t>(static_cast<int64_t>(backlog_) + octets);
    for (std::atomic<int64_t>* total : total_backlogs_) *total += octets;
  }

  void Close() {
    stall_timer_.Cancel();
    queue_.clear();
    ChangeBacklog(-static_cast<int64_t>(backlog_));
    transport_.reset();
    std::error_code ignored;
    descriptor_.close(ignored);
  }

  EventLoop& loop_;
  Endpoint peer_;
  asio::posix::stream_descriptor descriptor_;
  std::unique_ptr<Transport> transport_;
  ConnectionHandler* handler_ = nullptr;  // null before Start and after the end
  absl::Duration stall_limit_;

  std::optional<ProxyHeaderReader> proxy_header_;   // until it was read
  std::shared_ptr<const TlsContext> tls_to_start_;  // until the ClientHello is there
  std::optional<TlsInfo> tls_info_;

  std::deque<std::string> queue_;
  size_t sent_of_front_ = 0;
  size_t backlog_ = 0;
  size_t low_mark_ = kLowMark;
  absl::InlinedVector<std::atomic<int64_t>*, 2> total_backlogs_;
  bool was_high_ = false;
  absl::Duration last_sent_;
  absl::Duration finishing_since_;
  Timer stall_timer_;  // after the goodbye: for the peer's end

  bool scheduled_ = false;
  bool waiting_to_read_ = false;
  bool waiting_to_write_ = false;
  bool watching_for_stall_ = false;
  bool handshaking_ = false;
  bool paused_ = false;
  bool peer_finished_ = false;
  bool finishing_ = false;
  bool said_goodbye_ = false;
};

Connection::Connection(EventLoop* loop, AcceptedSocket socket)
    : engine_(std::make_shared<Engine>(loop, std::move(socket))) {}
Connection::~Connection() { engine_->Abandon(); }
void Connection::Start(ConnectionHandler* handler, absl::Duration stall_limit) {
  engine_->Start(handler, stall_limit);
}
void Connection::ExpectProxyHeader() { engine_->ExpectProxyHeader(); }
void Connection::StartTls(std::shared_ptr<const TlsContext> context) {
  engine_->StartTls(std::move(context));
}
void Connection::Write(std::string octets) { engine_->Write(std::move(octets)); }
size_t Connection::backlog_octets() const { return engine_->backlog(); }
void Connection::SetLowMark(size_t octets) { engine_->SetLowMark(octets); }
void Connection::CountBacklogIn(std::atomic<int64_t>* total) { engine_->CountBacklogIn(total); }
void Connection::PauseReading() { engine_->SetPaused(true); }
void Connection::ResumeReading() { engine_->SetPaused(false); }
void Connection::Finish() { engine_->Finish(); }
const Endpoint& Connection::peer() const { return engine_->peer(); }
const std::optional<TlsInfo>& Connection::tls() const { return engine_->tls(); }

}  // namespace restante::net
