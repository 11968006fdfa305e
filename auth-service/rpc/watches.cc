#include "auth-service/rpc/watches.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth-service/directory/validation.h"
#include "auth-service/logon/attempt_filter.h"
#include "auth-service/rpc/attempt_messages.h"
#include "auth-service/rpc/directory_messages.h"
#include "common/base/check.h"
#include "common/base/error_reason.h"
#include "common/base/status_macros.h"

namespace restante::rpc {
namespace {

constexpr size_t kMaxEvents = 200;
constexpr int kMaxBacklog = 1'000;
constexpr size_t kMaxResumeTokenOctets = 128;

// The present policy, then the latest one whenever it has changed.
template <typename Response>
class PolicyWatch final : public WatchStream<Response> {
 public:
  // `after_etag`: of the policy that the watcher has, or empty.
  PolicyWatch(directory::Directory& directory, WatchStreams& streams,
              const absl::StatusOr<std::string>& protocol, std::string after_etag)
      : WatchStream<Response>(streams), directory_(directory), sent_etag_(std::move(after_etag)) {
    this->Begin(Take(protocol),
                [this](auto callback) { return directory_.OnChange(std::move(callback)); });
  }

 private:
  absl::Status Take(const absl::StatusOr<std::string>& protocol) {
    RESTANTE_ASSIGN_OR_RETURN(protocol_, protocol);
    return directory_.GetPolicy(protocol_).status();
  }

  bool Next(Response* response) override {
    const absl::StatusOr<directory::ProtocolPolicy> policy = directory_.GetPolicy(protocol_);
    RESTANTE_CHECK(policy.ok());
    auth::v1::ProtocolPolicy proto = ToProto(*policy);
    if (proto.etag() == sent_etag_) return false;
    sent_etag_ = proto.etag();
    *response->mutable_policy() = std::move(proto);
    return true;
  }

  directory::Directory& directory_;
  std::string protocol_;
  std::string sent_etag_;
};

class RecipientWatch final : public WatchStream<auth::v1::WatchRecipientsResponse> {
 public:
  RecipientWatch(directory::Directory& directory, WatchStreams& streams)
      : WatchStream(streams), directory_(directory) {
    Begin(absl::OkStatus(),
          [this](auto callback) { return directory_.OnChange(std::move(callback)); });
  }

 private:
  bool Next(auth::v1::WatchRecipientsResponse* response) override {
    const uint64_t revision = directory_.Revision();
    if (sent_revision_ == revision) return false;
    sent_revision_ = revision;
    response->set_directory_revision(revision);
    return true;
  }

  directory::Directory& directory_;
  std::optional<uint64_t> sent_revision_;
};

std::string MakeResumeToken(const directory::ChangePosition& position) {
  return absl::StrCat(position.base, " ", position.revision, " ", position.account_id);
}

absl::StatusOr<std::optional<directory::ChangePosition>> ParseResumeToken(
    const std::string& token) {
  if (token.empty()) return std::nullopt;
  directory::ChangePosition position;
  std::vector<std::string> parts;
  if (token.size() <= kMaxResumeTokenOctets) parts = absl::StrSplit(token, ' ');
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &position.base) ||
      !absl::SimpleAtoi(parts[1], &position.revision) ||
      !(parts[2].empty() || directory::IsAccountId(parts[2]))) {
    return InvalidField("resume_token",
                        "is not one that this method gave out; watch from the beginning");
  }
  position.account_id = parts[2];
  return position;
}

class AccountWatch final : public WatchStream<auth::v1::WatchAccountsResponse> {
 public:
  AccountWatch(directory::Directory& directory, WatchStreams& streams,
               const auth::v1::WatchAccountsRequest& request)
      : WatchStream(streams), directory_(directory) {
    Begin(Take(request),
          [this](auto callback) { return directory_.OnChange(std::move(callback)); });
  }

 private:
  absl::Status Take(const auth::v1::WatchAccountsRequest& request) {
    RESTANTE_ASSIGN_OR_RETURN(position_, ParseResumeToken(request.resume_token()));
    return absl::OkStatus();
  }

  bool Next(auth::v1::WatchAccountsResponse* response) override {
    const directory::AccountChanges changes = directory_.ChangesAfter(position_, kMaxEvents);
    position_ = changes.position;
    if (changes.reset) is_current_ = false;
    // Who has all without an account being sent must hear of it too.
    if (changes.events.empty() && !changes.reset && is_current_) return false;
    is_current_ = is_current_ || changes.complete;
    for (const directory::AccountEvent& event : changes.events) {
      auth::v1::AccountEvent* added = response->add_events();
      if (event.account != nullptr) {
        *added->mutable_account() = ToProto(*event.account);
      } else {
        added->set_purged_account(absl::StrCat("accounts/", event.account_id));
      }
    }
    response->set_resume_token(MakeResumeToken(changes.position));
    response->set_current(is_current_);
    response->set_reset(changes.reset);
    return true;
  }

  directory::Directory& directory_;
  std::optional<directory::ChangePosition> position_;
  bool is_current_ = false;
};

class LogonEventWatch final : public WatchStream<auth::v1::WatchLogonEventsResponse> {
 public:
  LogonEventWatch(logon::RecentAttempts& attempts, WatchStreams& streams,
                  const auth::v1::WatchLogonEventsRequest& request)
      : WatchStream(streams), attempts_(attempts), sent_(attempts.Count()) {
    Begin(Take(request), [this](auto callback) { return attempts_.OnAdd(std::move(callback)); });
  }

 private:
  absl::Status Take(const auth::v1::WatchLogonEventsRequest& request) {
    RESTANTE_ASSIGN_OR_RETURN(filter_, logon::AttemptFilter::Parse(request.filter()));
    if (request.backlog() < 0 || request.backlog() > kMaxBacklog) {
      return InvalidField("backlog", "must be 0 to 1,000");
    }
    int left = request.backlog();
    if (left == 0) return absl::OkStatus();
    for (const auto& [number, attempt] : attempts_.Latest(sent_ + 1)) {
      if (!filter_->Matches(*attempt)) continue;
      sent_ = number - 1;
      if (--left == 0) break;
    }
    return absl::OkStatus();
  }

  bool Next(auth::v1::WatchLogonEventsResponse* response) override {
    while (response->events().empty()) {
      const logon::RecentAttempts::Since since = attempts_.After(sent_, kMaxEvents);
      response->set_missed(response->missed() + static_cast<int64_t>(since.missed));
      if (since.attempts.empty()) break;
      sent_ = since.attempts.back().number;
      for (const auto& [number, attempt] : since.attempts) {
        if (filter_->Matches(*attempt)) *response->add_events() = ToEvent(*attempt);
      }
    }
    return !response->events().empty() || response->missed() > 0;
  }

  logon::RecentAttempts& attempts_;
  std::optional<logon::AttemptFilter> filter_;
  uint64_t sent_;
};

}  // namespace

grpc::ServerWriteReactor<auth::v1::WatchMechanismPolicyResponse>* WatchMechanismPolicy(
    directory::Directory& directory, WatchStreams& streams,
    const auth::v1::WatchMechanismPolicyRequest& request) {
  return new PolicyWatch<auth::v1::WatchMechanismPolicyResponse>(
      directory, streams,
      ParsePolicyName("protocol", absl::StrCat("protocolPolicies/", request.protocol())), "");
}

grpc::ServerWriteReactor<auth::v1::WatchRecipientsResponse>* WatchRecipients(
    directory::Directory& directory, WatchStreams& streams) {
  return new RecipientWatch(directory, streams);
}

grpc::ServerWriteReactor<auth::v1::WatchProtocolPolicyResponse>* WatchProtocolPolicy(
    directory::Directory& directory, WatchStreams& streams,
    const auth::v1::WatchProtocolPolicyRequest& request) {
  return new PolicyWatch<auth::v1::WatchProtocolPolicyResponse>(
      directory, streams, ParsePolicyName("name", request.name()), request.after_etag());
}

grpc::ServerWriteReactor<auth::v1::WatchAccountsResponse>* WatchAccounts(
    directory::Directory& directory, WatchStreams& streams,
    const auth::v1::WatchAccountsRequest& request) {
  return new AccountWatch(directory, streams, request);
}

grpc::ServerWriteReactor<auth::v1::WatchLogonEventsResponse>* WatchLogonEvents(
    logon::RecentAttempts& attempts, WatchStreams& streams,
    const auth::v1::WatchLogonEventsRequest& request) {
  return new LogonEventWatch(attempts, streams, request);
}

}  // namespace restante::rpc
