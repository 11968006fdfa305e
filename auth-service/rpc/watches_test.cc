// The calls that watch something.

#include "auth-service/rpc/testing/services_fixture.h"

namespace restante::rpc {
namespace {

// A watch read on the test's thread.
class Watch {
 public:
  explicit Watch(auth::v1::LogonService::Stub& stub, const char* protocol = "pop3") {
    auth::v1::WatchMechanismPolicyRequest request;
    request.set_protocol(protocol);
    context_.set_wait_for_ready(true);
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    reader_ = stub.WatchMechanismPolicy(&context_, request);
  }
  // Whether NTLM is enabled in the next policy; nullopt at the end.
  std::optional<bool> Next() {
    auth::v1::WatchMechanismPolicyResponse response;
    if (!reader_->Read(&response)) return std::nullopt;
    EXPECT_EQ(response.policy().mechanisms_size(), 2);
    EXPECT_TRUE(response.policy().mechanisms(0).client_first());
    return response.policy().mechanisms(0).enabled();
  }
  absl::Status Finish() { return FromGrpcStatus(reader_->Finish()); }
  void Cancel() { context_.TryCancel(); }

 private:
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<auth::v1::WatchMechanismPolicyResponse>> reader_;
};

TEST_F(ServicesTest, TellsManyWatchersOfAChangeAndOfTheEnd) {
  std::vector<std::unique_ptr<Watch>> watches;
  for (int i = 0; i < 5; ++i) watches.push_back(std::make_unique<Watch>(*logon_stub_));
  for (const auto& watch : watches) EXPECT_EQ(watch->Next(), true);

  auth::v1::UpdateProtocolPolicyRequest update;
  update.mutable_policy()->set_name("protocolPolicies/pop3");
  auth::v1::MechanismSetting* ntlm = update.mutable_policy()->add_mechanisms();
  ntlm->set_mechanism("NTLM");
  update.mutable_update_mask()->add_paths("mechanisms");
  const auto policy =
      Call<auth::v1::ProtocolPolicy>(admin_stub_, &Admin::UpdateProtocolPolicy, update);
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_FALSE(policy->mechanisms(0).enabled());
  for (const auto& watch : watches) EXPECT_EQ(watch->Next(), false);
  watches.front()->Cancel();
  EXPECT_EQ(watches.front()->Finish().code(), absl::StatusCode::kCancelled);

  logon_.Drain();
  for (size_t i = 1; i < watches.size(); ++i) {
    EXPECT_EQ(watches[i]->Next(), std::nullopt);
    EXPECT_EQ(GetErrorReason(watches[i]->Finish()), ErrorReason::kDraining);
  }
  Watch late(*logon_stub_);
  late.Next();
  EXPECT_EQ(GetErrorReason(late.Finish()), ErrorReason::kDraining);
}

TEST_F(ServicesTest, WatchesGoOnUnderChangesAndCancellations) {
  std::thread changer([this] {
    for (int i = 0; i < 200; ++i) {
      EXPECT_TRUE(
          directory_->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", i % 2 != 0, true}}}, {}).ok());
    }
  });
  for (int i = 0; i < 20; ++i) {
    Watch watch(*logon_stub_);
    EXPECT_TRUE(watch.Next().has_value());
    watch.Cancel();
    EXPECT_FALSE(watch.Finish().ok());
  }
  changer.join();
  Watch last(*logon_stub_);
  EXPECT_EQ(last.Next(), true);
  EXPECT_EQ(Watch(*logon_stub_, "imap").Finish().code(), absl::StatusCode::kNotFound);
  logon_.Drain();
}

class WatchesTest : public ServicesTest {
 protected:
  template <typename Response>
  struct Reading {
    grpc::ClientContext context;
    std::unique_ptr<grpc::ClientReader<Response>> reader;
    // An empty piece at the end.
    Response Next() {
      Response response;
      if (!reader->Read(&response)) response.Clear();
      return response;
    }
    absl::Status Finish() { return FromGrpcStatus(reader->Finish()); }
  };
  using Accounts = Reading<auth::v1::WatchAccountsResponse>;

  template <typename Response, typename Method, typename Request>
  std::unique_ptr<Reading<Response>> Open(Method method, const Request& request) {
    auto reading = std::make_unique<Reading<Response>>();
    reading->context.set_wait_for_ready(true);
    reading->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    reading->reader = (reader_stub_.get()->*method)(&reading->context, request);
    return reading;
  }
  std::unique_ptr<Accounts> WatchAccounts(const std::string& token) {
    auth::v1::WatchAccountsRequest request;
    request.set_resume_token(token);
    return Open<auth::v1::WatchAccountsResponse>(&Admin::WatchAccounts, request);
  }
  void Create(const std::string& id) {
    directory::NewAccount account;
    account.id = id;
    account.placement = "mailstore-0";
    ASSERT_TRUE(directory_->Create(account, {}).ok());
  }
  // "a,-b current", for each event.
  static std::string TextOf(const auth::v1::WatchAccountsResponse& piece) {
    std::string text;
    for (const auth::v1::AccountEvent& event : piece.events()) {
      absl::StrAppend(&text, text.empty() ? "" : ",",
                      event.has_account() ? event.account().name().substr(9)
                                          : absl::StrCat("-", event.purged_account().substr(9)));
    }
    return absl::StrCat(text, piece.current() ? " current" : "", piece.reset() ? " reset" : "");
  }
};

TEST_F(WatchesTest, TellsOfEveryAccountThenOfEachChange) {
  const auto empty = WatchAccounts("");
  EXPECT_EQ(TextOf(empty->Next()), " current");
  for (int i = 100; i < 350; ++i) Create(absl::StrCat("a", i));
  const auto watch = WatchAccounts("");
  const auth::v1::WatchAccountsResponse first = watch->Next();
  EXPECT_EQ(first.events_size(), 200);
  EXPECT_FALSE(first.current());
  const auth::v1::WatchAccountsResponse second = watch->Next();
  EXPECT_EQ(second.events_size(), 50);
  EXPECT_TRUE(second.current());
  ASSERT_TRUE(directory_->Update("a100", {.alias = "x"}, {}).ok());
  EXPECT_EQ(TextOf(watch->Next()), "a100 current");
  ASSERT_TRUE(directory_->Purge("a101", {}).ok());
  const auth::v1::WatchAccountsResponse last = watch->Next();
  EXPECT_EQ(TextOf(last), "-a101 current");
  watch->context.TryCancel();

  // A watcher that comes back goes on where it was.
  Create("b");
  const auto resumed = WatchAccounts(last.resume_token());
  EXPECT_EQ(TextOf(resumed->Next()), "b current");
  for (const std::string& token : {std::string("x"), std::string("1 2"), std::string("1 2 /"),
                                   std::string("1 2 ") + std::string(200, 'a')}) {
    EXPECT_EQ(GetInvalidField(WatchAccounts(token)->Finish()), "resume_token");
  }
  admin_.Drain();
  EXPECT_EQ(TextOf(resumed->Next()), "");
  EXPECT_EQ(GetErrorReason(resumed->Finish()), ErrorReason::kDraining);
}

TEST_F(WatchesTest, TellsOfAPolicyThatTheWatcherDoesNotHave) {
  const auto open = [this](const std::string& name, const std::string& etag) {
    auth::v1::WatchProtocolPolicyRequest request;
    request.set_name(name);
    request.set_after_etag(etag);
    return Open<auth::v1::WatchProtocolPolicyResponse>(&Admin::WatchProtocolPolicy, request);
  };
  const std::string etag = open("protocolPolicies/pop3", "")->Next().policy().etag();
  EXPECT_NE(etag, "");
  const auto watch = open("protocolPolicies/pop3", etag);
  // An account is no change of the policy.
  Create("a");
  ASSERT_TRUE(directory_->UpdatePolicy("pop3", {.mechanisms = {{"NTLM", false, true}}}, {}).ok());
  EXPECT_FALSE(watch->Next().policy().mechanisms(0).enabled());
  EXPECT_EQ(GetInvalidField(open("pop3", "")->Finish()), "name");
  EXPECT_EQ(open("protocolPolicies/imap", "")->Finish().code(), absl::StatusCode::kNotFound);
  admin_.Drain();
}

TEST_F(WatchesTest, TellsOfLogonsAsTheyAreDecided) {
  CreateSmith();
  const auto log_on = [this](const char* user) {
    const std::string response =
        absl::StrCat(std::string(1, '\0'), user, std::string(1, '\0'), "wrong");
    EXPECT_TRUE(Call<auth::v1::BeginLogonResponse>(logon_stub_, &Logon::BeginLogon,
                                                   Begin("PLAIN", response))
                    .ok());
  };
  const auto open = [this](const std::string& filter, int backlog) {
    auth::v1::WatchLogonEventsRequest request;
    request.set_filter(filter);
    request.set_backlog(backlog);
    return Open<auth::v1::WatchLogonEventsResponse>(&Admin::WatchLogonEvents, request);
  };
  log_on("first");
  log_on("jsmith");
  log_on("nobody");
  const auto watch = open("outcome = UNKNOWN_NAME", 2);
  auth::v1::WatchLogonEventsResponse piece = watch->Next();
  ASSERT_EQ(piece.events_size(), 2);
  EXPECT_EQ(piece.events(0).client_name(), "first");
  EXPECT_EQ(piece.events(1).client_name(), "nobody");
  log_on("jsmith");
  log_on("another");
  piece = watch->Next();
  ASSERT_EQ(piece.events_size(), 1);
  EXPECT_EQ(piece.events(0).client_name(), "another");
  EXPECT_EQ(GetInvalidField(open("nothing", 0)->Finish()), "filter");
  EXPECT_EQ(GetInvalidField(open("", 1'001)->Finish()), "backlog");
  EXPECT_EQ(GetInvalidField(open("", -1)->Finish()), "backlog");
  admin_.Drain();
}

TEST_F(WatchesTest, TellsWhenRecipientsMayHaveChanged) {
  CreateSmith();
  Reading<auth::v1::WatchRecipientsResponse> watch;
  watch.reader = ingress_stub_->WatchRecipients(&watch.context, {});
  const uint64_t before = watch.Next().directory_revision();
  auth::v1::ResolveRecipientsRequest request;
  request.add_addresses("john.smith@corp.example");
  const auto resolve = [&] {
    return Call<auth::v1::ResolveRecipientsResponse>(ingress_stub_, &Logon::ResolveRecipients,
                                                     request);
  };
  auto resolved = resolve();
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_TRUE(resolved->recipients(0).found());
  EXPECT_EQ(resolved->directory_revision(), before);

  ASSERT_TRUE(directory_->Delete("jsmith", absl::Hours(1), {}).ok());
  const uint64_t after = watch.Next().directory_revision();
  EXPECT_GT(after, before);
  resolved = resolve();
  EXPECT_FALSE(resolved->recipients(0).found());
  EXPECT_EQ(resolved->directory_revision(), after);
  logon_.Drain();
  EXPECT_EQ(GetErrorReason(watch.Finish()), ErrorReason::kDraining);
}

TEST_F(WatchesTest, RefusesOneTooMany) {
  std::vector<std::unique_ptr<Accounts>> watches;
  for (size_t i = 0; i < DirectoryService::kMaxWatches; ++i) {
    watches.push_back(WatchAccounts(""));
    EXPECT_TRUE(watches.back()->Next().current());
  }
  const absl::Status refused = WatchAccounts("")->Finish();
  EXPECT_EQ(GetErrorReason(refused), ErrorReason::kLimitExceeded);
  EXPECT_TRUE(GetRetryDelay(refused).has_value());
  watches.front()->context.TryCancel();
  EXPECT_FALSE(watches.front()->Finish().ok());
  // The server hears of it a little later.
  while (!WatchAccounts("")->Next().current()) std::this_thread::yield();
  admin_.Drain();
}

}  // namespace
}  // namespace restante::rpc
