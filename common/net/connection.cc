#include "common/net/connection.h"

#include <openssl/crypto.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/posix/stream_descriptor.hpp>
#include <deque>
#include <utility>

#include "common/base/check.h"
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

  void StartTls(std::shared_ptr<const TlsContext> context) {
    RESTANTE_CHECK(tls_to_start_ == nullptr && !tls_info_);
    tls_to_start_ = std::move(context);
    Schedule();
  }

  void Write(std::string octets) {
    if (octets.empty() || handler_ == nullptr) return;
    backlog_ += octets.size();
    if (backlog_ > kLowMark) was_high_ = true;
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
    Schedule();
  }

  void Abandon() {
    handler_ = nullptr;
    Close();
  }

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
    if (handshaking_ && !ContinueHandshake()) return;
    Flush();
    TellBacklog();
    ReadAvailable();
  }

  // Whether the handshake is over and the connection still there.
  bool ContinueHandshake() {
    if (finishing_) {
      End(absl::OkStatus());
      return false;
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
      backlog_ -= result.octets;
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
    transport_ = MakeTlsTransport(descriptor_.native_handle(), std::move(tls_to_start_));
    tls_to_start_ = nullptr;
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
    absl::Duration silent = loop_.Now() - last_sent_;
    if (silent >= stall_limit_) {
      return End(absl::DeadlineExceededError("the peer does not read"));
    }
    stall_timer_ = loop_.After(stall_limit_ - silent, [this] { CheckForStall(); });
  }

  void TellBacklog() {
    if (handler_ == nullptr || finishing_ || !was_high_ || backlog_ > kLowMark) return;
    was_high_ = false;
    handler_->OnBacklogLow();
  }

  bool ReadsNow() const {
    if (handler_ == nullptr || handshaking_ || tls_to_start_ != nullptr || peer_finished_) {
      return false;
    }
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
      if (!error) self->Progress();
    });
  }

  void End(const absl::Status& why) {
    ConnectionHandler* handler = std::exchange(handler_, nullptr);
    if (handler == nullptr) return;
    auto alive = shared_from_this();
    Close();
    handler->OnEnd(why);
  }

  void Close() {
    stall_timer_.Cancel();
    queue_.clear();
    transport_.reset();
    std::error_code ignored;
    descriptor_.close(ignored);
  }

  EventLoop& loop_;
  const Endpoint peer_;
  asio::posix::stream_descriptor descriptor_;
  std::unique_ptr<Transport> transport_;
  ConnectionHandler* handler_ = nullptr;  // null before Start and after the end
  absl::Duration stall_limit_;

  std::shared_ptr<const TlsContext> tls_to_start_;
  std::optional<TlsInfo> tls_info_;

  std::deque<std::string> queue_;
  size_t sent_of_front_ = 0;
  size_t backlog_ = 0;
  bool was_high_ = false;
  absl::Duration last_sent_;
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
void Connection::StartTls(std::shared_ptr<const TlsContext> context) {
  engine_->StartTls(std::move(context));
}
void Connection::Write(std::string octets) { engine_->Write(std::move(octets)); }
size_t Connection::backlog_octets() const { return engine_->backlog(); }
void Connection::PauseReading() { engine_->SetPaused(true); }
void Connection::ResumeReading() { engine_->SetPaused(false); }
void Connection::Finish() { engine_->Finish(); }
const Endpoint& Connection::peer() const { return engine_->peer(); }
const std::optional<TlsInfo>& Connection::tls() const { return engine_->tls(); }

}  // namespace restante::net
