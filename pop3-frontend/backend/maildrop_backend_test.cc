#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error_reason.h"
#include "common/log/logger.h"
#include "common/rpc/status.h"
#include "pop3-frontend/backend/grpc_maildrop_backend.h"
#include "restante/mailstore/v1/maildrop_service.grpc.pb.h"
#include "tests/support/fake_clock.h"
#include "tests/support/plain_server.h"
#include "tests/support/task_queue.h"

namespace restante::pop3 {
namespace {

using mailstore::v1::CloseMaildropRequest;
using mailstore::v1::CloseMaildropResponse;
using mailstore::v1::OpenMaildropRequest;
using mailstore::v1::OpenMaildropResponse;
using mailstore::v1::ReadMessagesRequest;
using mailstore::v1::ReadMessagesResponse;
using mailstore::v1::RenewLeasesRequest;
using mailstore::v1::RenewLeasesResponse;

constexpr char kSession[] = "fedcba9876543210fedcba9876543210";
constexpr size_t kChunkOctets = 256 * 1024;

using Writer = grpc::ServerWriter<ReadMessagesResponse>;

grpc::Status Error(absl::StatusCode code, ErrorReason reason) {
  return rpc::ToGrpcStatus(MakeError(code, reason, "as the test says"));
}

// A store whose every method does what the test says, and that remembers what it was asked.
class ScriptedStore : public mailstore::v1::MaildropService::Service {
 public:
  using Open = std::function<grpc::Status(const OpenMaildropRequest&, OpenMaildropResponse*)>;
  using Read =
      std::function<grpc::Status(grpc::ServerContext*, const ReadMessagesRequest&, Writer*)>;
  using Close = std::function<grpc::Status(const CloseMaildropRequest&)>;

  grpc::Status OpenMaildrop(grpc::ServerContext*, const OpenMaildropRequest* request,
                            OpenMaildropResponse* response) override {
    MutexLock lock(&mutex_);
    opens.push_back(*request);
    response->mutable_lease()->set_mailbox_id(request->mailbox_id());
    response->mutable_lease()->set_session_id(request->session_id());
    response->mutable_lease()->set_epoch_counter(7);
    return on_open(*request, response);
  }

  grpc::Status ReadMessages(grpc::ServerContext* context, const ReadMessagesRequest* request,
                            Writer* writer) override {
    Read read;
    {
      MutexLock lock(&mutex_);
      reads.push_back(*request);
      read = on_read;
    }
    return read(context, *request, writer);
  }

  grpc::Status CloseMaildrop(grpc::ServerContext*, const CloseMaildropRequest* request,
                             CloseMaildropResponse*) override {
    MutexLock lock(&mutex_);
    closes.push_back(*request);
    changed_.SignalAll();
    return on_close(*request);
  }

  grpc::Status RenewLeases(grpc::ServerContext*, const RenewLeasesRequest* request,
                           RenewLeasesResponse* response) override {
    MutexLock lock(&mutex_);
    renewals.push_back(*request);
    for (const mailstore::v1::Lease& lease : request->leases()) {
      response->add_leases()->set_renewed(lost_mailboxes.count(lease.mailbox_id()) == 0);
    }
    changed_.SignalAll();
    return grpc::Status::OK;
  }

  // Waits until `reached`, which is evaluated under the lock.
  void Await(const std::function<bool()>& reached) {
    MutexLock lock(&mutex_);
    while (!reached()) changed_.Wait(&mutex_);
  }
  // The test's own access to the members below.
  template <typename Function>
  auto With(Function function) {
    MutexLock lock(&mutex_);
    return function();
  }

  // Set before the call they are for; guarded by the lock.
  Open on_open = [](const OpenMaildropRequest&, OpenMaildropResponse*) { return grpc::Status::OK; };
  Read on_read;
  Close on_close = [](const CloseMaildropRequest&) { return grpc::Status::OK; };
  std::set<std::string> lost_mailboxes;
  std::vector<OpenMaildropRequest> opens;
  std::vector<ReadMessagesRequest> reads;
  std::vector<CloseMaildropRequest> closes;
  std::vector<RenewLeasesRequest> renewals;

 private:
  Mutex mutex_;
  CondVar changed_;
};

// The text of message `id`, of which no two octets in a row tell where they are.
std::string TextOf(uint64_t id, size_t octets) {
  std::string text(octets, ' ');
  uint32_t state = static_cast<uint32_t>(id) * 2654435761u + 1;
  for (char& c : text) {
    state = state * 1664525u + 1013904223u;
    c = static_cast<char>('a' + (state >> 24) % 26);
  }
  return text;
}

// A store's answer to ReadMessages over these messages, whole.
ScriptedStore::Read Serves(std::map<uint64_t, std::string> texts) {
  return [texts](grpc::ServerContext*, const ReadMessagesRequest& request, Writer* writer) {
    for (int i = 0; i < request.reads_size(); ++i) {
      std::string rest = texts.at(request.reads(i).message_id())
                             .substr(static_cast<size_t>(request.reads(i).offset_octets()));
      while (true) {
        ReadMessagesResponse response;
        mailstore::v1::MessageChunk* chunk = response.add_chunks();
        chunk->set_read_index(i);
        chunk->set_data(rest.substr(0, kChunkOctets));
        rest.erase(0, kChunkOctets);
        chunk->set_end(rest.empty());
        if (!writer->Write(response)) return grpc::Status(grpc::CANCELLED, "");
        if (rest.empty()) break;
      }
    }
    return grpc::Status::OK;
  };
}

class MaildropBackendTest : public testing::Test {
 protected:
  MaildropBackendTest() {
    options_.calls.retry_delay = absl::Milliseconds(5);
    options_.renew_interval = absl::Hours(1);
  }

  // A maildrop of messages 1, 2, ... of these sizes.
  void Holds(std::vector<int64_t> sizes) {
    store_.on_open = [sizes](const OpenMaildropRequest&, OpenMaildropResponse* response) {
      for (size_t i = 0; i < sizes.size(); ++i) {
        mailstore::v1::MaildropMessage* message = response->add_messages();
        message->set_message_id(i + 1);
        message->set_size_octets(sizes[i]);
        if (i > 0) message->set_uidl(absl::StrCat("u", i + 1));
      }
      response->set_uidl_prefix("0123abcd");
      return grpc::Status::OK;
    };
  }

  GrpcMaildropBackend& backend() {
    if (backend_ == nullptr) {
      backend_ = std::make_unique<GrpcMaildropBackend>(&router_, logger_, options_);
    }
    return *backend_;
  }

  absl::StatusOr<OpenedMaildrop> Open(const std::string& mailbox_id = "mbx-1") {
    std::optional<absl::StatusOr<OpenedMaildrop>> result;
    backend().Open(
        {{mailbox_id, "mailstore-0", "grant"}, kSession, "192.0.2.7"}, queue_.executor(),
        [this, mailbox_id] { lost_.push_back(mailbox_id); },
        [&result](absl::StatusOr<OpenedMaildrop> opened) { result = std::move(opened); });
    queue_.RunUntil([&result] { return result.has_value(); });
    return *std::move(result);
  }

  std::unique_ptr<Maildrop> OpenMaildrop() {
    absl::StatusOr<OpenedMaildrop> opened = Open();
    EXPECT_TRUE(opened.ok()) << opened.status();
    return std::move(opened->maildrop);
  }

  absl::StatusOr<BodyChunk> Await(const std::function<void(Maildrop::ChunkDone)>& read) {
    std::optional<absl::StatusOr<BodyChunk>> result;
    read([&result](absl::StatusOr<BodyChunk> chunk) { result = std::move(chunk); });
    queue_.RunUntil([&result] { return result.has_value(); });
    return *std::move(result);
  }

  absl::StatusOr<BodyChunk> First(Maildrop* maildrop, uint64_t id,
                                  std::optional<int32_t> top = std::nullopt) {
    return Await([&](Maildrop::ChunkDone done) { maildrop->Read(id, top, std::move(done)); });
  }
  absl::StatusOr<BodyChunk> More(Maildrop* maildrop) {
    return Await([&](Maildrop::ChunkDone done) { maildrop->ReadMore(std::move(done)); });
  }

  absl::StatusOr<std::string> ReadAll(Maildrop* maildrop, uint64_t id,
                                      std::optional<int32_t> top = std::nullopt) {
    std::string text;
    absl::StatusOr<BodyChunk> chunk = First(maildrop, id, top);
    while (true) {
      if (!chunk.ok()) return chunk.status();
      text += chunk->text;
      if (chunk->end) return text;
      chunk = More(maildrop);
    }
  }

  absl::Status Close(Maildrop* maildrop, std::vector<uint64_t> ids,
                     std::vector<uint64_t> read_ids = {}) {
    std::optional<absl::Status> result;
    maildrop->Close({std::move(ids), true, std::move(read_ids)},
                    [&result](absl::Status status) { result = status; });
    queue_.RunUntil([&result] { return result.has_value(); });
    return *result;
  }

  size_t reads() {
    return store_.With([this] { return store_.reads.size(); });
  }

  FakeClock clock_;
  log::Logger logger_{"test", log::Level::kInfo, clock_, [](absl::string_view) {}};
  TaskQueue queue_;
  ScriptedStore store_;
  PlainServer server_{&store_};
  rpc::PlacementRouter router_{{{"{placement}", "", {}}, {}},
                               [this](const rpc::ChannelOptions& options) {
                                 EXPECT_EQ(options.target, "mailstore-0");
                                 return server_.MakeChannel();
                               }};
  GrpcMaildropOptions options_;
  std::vector<std::string> lost_;
  std::unique_ptr<GrpcMaildropBackend> backend_;
};

TEST_F(MaildropBackendTest, OpensAndLists) {
  Holds({100, 20});
  absl::StatusOr<OpenedMaildrop> opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_EQ(opened->messages.size(), 2u);
  EXPECT_EQ(opened->messages[1].message_id, 2u);
  EXPECT_EQ(opened->messages[1].size_octets, 20);
  EXPECT_EQ(opened->messages[0].uidl, "");
  EXPECT_EQ(opened->messages[1].uidl, "u2");
  EXPECT_EQ(opened->uidl_prefix, "0123abcd");
  ASSERT_EQ(store_.opens.size(), 1u);
  EXPECT_EQ(store_.opens[0].maildrop_grant(), "grant");
  EXPECT_EQ(store_.opens[0].mailbox_id(), "mbx-1");
  EXPECT_EQ(store_.opens[0].session_id(), kSession);
  EXPECT_EQ(store_.opens[0].client_address(), "192.0.2.7");
}

TEST_F(MaildropBackendTest, ListsEveryPage) {
  store_.on_open = [](const OpenMaildropRequest& request, OpenMaildropResponse* response) {
    uint64_t page = request.page_token().empty() ? 1 : 2;
    response->add_messages()->set_message_id(page);
    if (page == 1) response->set_next_page_token("next");
    if (page == 1) response->set_retention_days(30);
    return grpc::Status::OK;
  };
  absl::StatusOr<OpenedMaildrop> opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_EQ(opened->messages.size(), 2u);
  EXPECT_EQ(opened->messages[1].message_id, 2u);
  EXPECT_EQ(opened->retention_days, 30);
}

TEST_F(MaildropBackendTest, ListsWhatIsSaidInNumbers) {
  store_.on_open = [](const OpenMaildropRequest& request, OpenMaildropResponse* response) {
    if (request.page_token().empty()) {
      for (int i = 1; i <= 2; ++i) response->add_message_ids(static_cast<uint64_t>(i));
      for (int i = 1; i <= 2; ++i) response->add_sizes_octets(100 * i);
      response->set_next_page_token("next");
    } else {
      response->add_messages()->set_message_id(3);
    }
    return grpc::Status::OK;
  };
  absl::StatusOr<OpenedMaildrop> opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_EQ(opened->messages.size(), 3u);
  EXPECT_EQ(opened->messages[1].message_id, 2u);
  EXPECT_EQ(opened->messages[1].size_octets, 200);
  EXPECT_EQ(opened->messages[1].uidl, "");
  EXPECT_EQ(opened->messages[2].message_id, 3u);
}

TEST_F(MaildropBackendTest, NumbersWithoutSizesAreNoList) {
  store_.on_open = [](const OpenMaildropRequest&, OpenMaildropResponse* response) {
    response->add_message_ids(1);
    response->add_message_ids(2);
    response->add_sizes_octets(100);
    return grpc::Status::OK;
  };
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kInternal);
  store_.Await([this] { return store_.closes.size() == 1; });
}

TEST_F(MaildropBackendTest, ListsNoMoreThanOneSessionMayDelete) {
  store_.on_open = [](const OpenMaildropRequest& request, OpenMaildropResponse* response) {
    for (int i = 0; i < request.page_size(); ++i) response->add_messages();
    response->set_next_page_token("and so on");
    return grpc::Status::OK;
  };
  absl::StatusOr<OpenedMaildrop> opened = Open();
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->messages.size(), MaildropBackend::kMaxMessages);
}

TEST_F(MaildropBackendTest, LetsGoWhenALaterPageFails) {
  store_.on_open = [](const OpenMaildropRequest& request, OpenMaildropResponse* response) {
    if (!request.page_token().empty()) return grpc::Status(grpc::INTERNAL, "");
    response->add_messages();
    response->set_next_page_token("next");
    return grpc::Status::OK;
  };
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kInternal);
  store_.Await([this] { return store_.closes.size() == 1; });
  EXPECT_EQ(store_.closes[0].delete_message_ids_size(), 0);
}

TEST_F(MaildropBackendTest, TellsThatAnotherSessionHasIt) {
  options_.busy_wait = absl::ZeroDuration();
  store_.on_open = [](const OpenMaildropRequest&, OpenMaildropResponse*) {
    return Error(absl::StatusCode::kFailedPrecondition, ErrorReason::kMaildropInUse);
  };
  EXPECT_EQ(GetErrorReason(Open().status()), ErrorReason::kMaildropInUse);
  EXPECT_EQ(store_.opens.size(), 1u);
}

TEST_F(MaildropBackendTest, WaitsForASessionOnItsWayOut) {
  std::atomic<int> refusals = 0;
  store_.on_open = [&](const OpenMaildropRequest&, OpenMaildropResponse*) {
    if (refusals++ == 0) {
      return Error(absl::StatusCode::kFailedPrecondition, ErrorReason::kMaildropInUse);
    }
    return grpc::Status::OK;
  };
  EXPECT_TRUE(Open().ok());
}

TEST_F(MaildropBackendTest, BridgesARestartOfTheStore) {
  Holds({});
  server_.Stop();
  std::optional<absl::StatusOr<OpenedMaildrop>> result;
  backend().Open(
      {{"mbx-1", "mailstore-0", "grant"}, kSession, ""}, queue_.executor(), [] {},
      [&](absl::StatusOr<OpenedMaildrop> opened) { result = std::move(opened); });
  server_.Start();
  queue_.RunUntil([&] { return result.has_value(); });
  EXPECT_TRUE(result->ok()) << result->status();
}

TEST_F(MaildropBackendTest, NeverWaitsBeyondTheDeadline) {
  options_.calls.deadline = absl::Milliseconds(200);
  server_.Stop();
  EXPECT_FALSE(Open().ok());
}

TEST_F(MaildropBackendTest, APlacementThatIsNoneIsAnError) {
  std::optional<absl::Status> result;
  backend().Open(
      {{"mbx-1", "evil:1/", "grant"}, kSession, ""}, queue_.executor(), [] {},
      [&](absl::StatusOr<OpenedMaildrop> opened) { result = opened.status(); });
  queue_.RunUntil([&] { return result.has_value(); });
  EXPECT_EQ(result->code(), absl::StatusCode::kInternal);
}

TEST_F(MaildropBackendTest, DroppedMaildropIsLetGoWithNothingDeleted) {
  OpenMaildrop().reset();
  store_.Await([this] { return store_.closes.size() == 1; });
  EXPECT_EQ(store_.closes[0].delete_message_ids_size(), 0);
  EXPECT_EQ(store_.closes[0].lease().epoch_counter(), 7u);
}

TEST_F(MaildropBackendTest, MaildropForAConnectionThatIsGoneIsLetGo) {
  backend().Open(
      {{"mbx-1", "mailstore-0", "grant"}, kSession, ""}, queue_.executor(), [] {},
      [](absl::StatusOr<OpenedMaildrop>) { FAIL(); });
  // The task is taken and destroyed, as a loop that ends does.
  { net::Task never_run = queue_.Take(); }
  store_.Await([this] { return store_.closes.size() == 1; });
}

TEST_F(MaildropBackendTest, DestructionWaitsUntilTheMaildropIsFree) {
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  maildrop.reset();
  backend_.reset();
  EXPECT_EQ(store_.closes.size(), 1u);
}

TEST_F(MaildropBackendTest, MaildropMayOutliveTheBackend) {
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  backend_.reset();
  maildrop.reset();
  EXPECT_TRUE(store_.closes.empty());
}

TEST_F(MaildropBackendTest, ReadsAMessageInPieces) {
  std::string text = TextOf(1, 5 * kChunkOctets + 17);
  Holds({static_cast<int64_t>(text.size())});
  store_.on_read = Serves({{1, text}});
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  EXPECT_EQ(*ReadAll(maildrop.get(), 1), text);
  EXPECT_EQ(*ReadAll(maildrop.get(), 1), text);
  EXPECT_EQ(store_.reads[0].lease().epoch_counter(), 7u);
}

// Two chunks of the message, then the end of the call with `status`; later calls go on well.
ScriptedStore::Read BreaksAfterTwoChunks(const std::string& text, const grpc::Status& status) {
  auto broken = std::make_shared<std::atomic<bool>>(false);
  return [=](grpc::ServerContext* context, const ReadMessagesRequest& request, Writer* writer) {
    if (broken->exchange(true)) return Serves({{1, text}})(context, request, writer);
    for (size_t i = 0; i < 2; ++i) {
      ReadMessagesResponse response;
      response.add_chunks()->set_data(text.substr(i * kChunkOctets, kChunkOctets));
      writer->Write(response);
    }
    return status;
  };
}

TEST_F(MaildropBackendTest, GoesOnAtTheOctetReached) {
  std::string text = TextOf(1, 5 * kChunkOctets + 17);
  Holds({static_cast<int64_t>(text.size())});
  store_.on_read = BreaksAfterTwoChunks(text, grpc::Status(grpc::UNAVAILABLE, "restart"));
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  EXPECT_EQ(*ReadAll(maildrop.get(), 1), text);
  ASSERT_EQ(reads(), 2u);
  EXPECT_EQ(store_.reads[1].reads(0).offset_octets(), static_cast<int64_t>(2 * kChunkOctets));
}

TEST_F(MaildropBackendTest, GoesOnAfterARestartOfTheStore) {
  std::string text = TextOf(1, 64 * kChunkOctets);
  Holds({static_cast<int64_t>(text.size())});
  store_.on_read = Serves({{1, text}});
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  std::string got = First(maildrop.get(), 1)->text;
  server_.Stop();
  server_.Start();
  while (true) {
    absl::StatusOr<BodyChunk> chunk = More(maildrop.get());
    ASSERT_TRUE(chunk.ok()) << chunk.status();
    got += chunk->text;
    if (chunk->end) break;
  }
  EXPECT_EQ(got, text);
  EXPECT_GE(reads(), 2u);
}

TEST_F(MaildropBackendTest, LostLeaseEndsTheRead) {
  std::string text = TextOf(1, 5 * kChunkOctets);
  Holds({static_cast<int64_t>(text.size())});
  store_.on_read =
      BreaksAfterTwoChunks(text, Error(absl::StatusCode::kAborted, ErrorReason::kLeaseLost));
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  EXPECT_EQ(GetErrorReason(ReadAll(maildrop.get(), 1).status()), ErrorReason::kLeaseLost);
  EXPECT_EQ(reads(), 1u);
}

TEST_F(MaildropBackendTest, EndInMidMessageIsNotTakenForWhole) {
  std::string text = TextOf(1, 5 * kChunkOctets);
  Holds({static_cast<int64_t>(text.size())});
  store_.on_read = BreaksAfterTwoChunks(text, grpc::Status::OK);
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  EXPECT_FALSE(ReadAll(maildrop.get(), 1).ok());
}

TEST_F(MaildropBackendTest, AStoreThatHangsIsGivenUp) {
  options_.calls.deadline = absl::Milliseconds(200);
  Holds({10});
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  store_.on_read = [](grpc::ServerContext* context, const ReadMessagesRequest&, Writer*) {
    Mutex mutex;
    CondVar never;
    MutexLock lock(&mutex);
    while (!context->IsCancelled()) never.WaitFor(&mutex, absl::Milliseconds(5));
    return grpc::Status::OK;
  };
  EXPECT_EQ(ReadAll(maildrop.get(), 1).status().code(), absl::StatusCode::kDeadlineExceeded);
  store_.With([this] {
    store_.on_read = Serves({{1, "text"}});
    return 0;
  });
  EXPECT_EQ(*ReadAll(maildrop.get(), 1), "text");
}

TEST_F(MaildropBackendTest, EachPieceHasTheWholeTimeAndNoMore) {
  constexpr int kPieces = 6;
  options_.calls.deadline = absl::Milliseconds(400);
  Holds({kPieces + 1});
  store_.on_read = [](grpc::ServerContext* context, const ReadMessagesRequest&, Writer* writer) {
    Mutex mutex;
    CondVar never;
    MutexLock lock(&mutex);
    for (int i = 0; i < kPieces; ++i) {
      never.WaitFor(&mutex, absl::Milliseconds(100));
      ReadMessagesResponse response;
      response.add_chunks()->set_data("x");
      writer->Write(response);
    }
    while (!context->IsCancelled()) never.WaitFor(&mutex, absl::Milliseconds(5));
    return grpc::Status::OK;
  };
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  ASSERT_TRUE(First(maildrop.get(), 1).ok());
  for (int i = 1; i < kPieces; ++i) ASSERT_TRUE(More(maildrop.get()).ok()) << i;
  EXPECT_EQ(More(maildrop.get()).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(MaildropBackendTest, DamagedMessageCostsItselfAlone) {
  Holds({10, 10, 10});
  store_.on_read = [](grpc::ServerContext*, const ReadMessagesRequest& request, Writer* writer) {
    ReadMessagesResponse response;
    for (int i = 0; i < request.reads_size(); ++i) {
      mailstore::v1::MessageChunk* chunk = response.add_chunks();
      chunk->set_read_index(i);
      if (request.reads(i).message_id() == 2) {
        chunk->mutable_error()->set_code(grpc::DATA_LOSS);
      } else {
        chunk->set_data("text");
        chunk->set_end(true);
      }
    }
    writer->Write(response);
    return grpc::Status::OK;
  };
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  EXPECT_EQ(*ReadAll(maildrop.get(), 1), "text");
  EXPECT_EQ(ReadAll(maildrop.get(), 2).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(*ReadAll(maildrop.get(), 3), "text");
  EXPECT_EQ(*ReadAll(maildrop.get(), 1), "text");
}

TEST_F(MaildropBackendTest, SmallMessagesInARowShareACall) {
  Holds({5, 5, 5, 5});
  store_.on_read = Serves({{1, "one"}, {2, "two"}, {3, "three"}, {4, "four"}});
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  EXPECT_EQ(*ReadAll(maildrop.get(), 1), "one");
  EXPECT_EQ(*ReadAll(maildrop.get(), 2), "two");
  EXPECT_EQ(*ReadAll(maildrop.get(), 3), "three");
  EXPECT_EQ(reads(), 1u);
  EXPECT_EQ(*ReadAll(maildrop.get(), 1), "one");
  EXPECT_EQ(reads(), 2u);
  EXPECT_EQ(*ReadAll(maildrop.get(), 3), "three");
  EXPECT_EQ(reads(), 3u);
  EXPECT_EQ(*ReadAll(maildrop.get(), 4), "four");
  EXPECT_EQ(reads(), 3u);
}

TEST_F(MaildropBackendTest, ReadAheadStaysWithinItsBudgets) {
  Holds({60, 30, 30, 131, 30});
  options_.read_ahead_octets = 130;
  options_.total_read_ahead_octets = 100;
  std::vector<ReadAheadLimit> limits;
  options_.on_read_ahead_limit = [&](ReadAheadLimit limit) { limits.push_back(limit); };
  store_.on_read = Serves({{1, "one"}, {2, "two"}, {3, "three"}, {4, "four"}});
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  EXPECT_EQ(*ReadAll(maildrop.get(), 1), "one");
  EXPECT_EQ(store_.reads[0].reads_size(), 3);  // the next is larger than all that may be held
  EXPECT_EQ(store_.reads[0].packed_octets(), 130);
  EXPECT_EQ(limits, std::vector<ReadAheadLimit>{ReadAheadLimit::kSession});
  std::unique_ptr<Maildrop> other = OpenMaildrop();
  EXPECT_EQ(*ReadAll(other.get(), 1), "one");
  EXPECT_EQ(store_.reads[1].reads_size(), 1);  // the process has no more
  EXPECT_EQ(limits.back(), ReadAheadLimit::kAll);
  maildrop.reset();
  EXPECT_EQ(*ReadAll(other.get(), 1), "one");
  EXPECT_EQ(store_.reads[2].reads_size(), 3);
}

TEST_F(MaildropBackendTest, AMaildropIsReadInOneCallHoweverLittleMayBeHeld) {
  options_.read_ahead_octets = 8;
  options_.total_read_ahead_octets = 8;
  Holds(std::vector<int64_t>(1'500, 5));
  std::map<uint64_t, std::string> texts;
  for (uint64_t id = 1; id <= 1'500; ++id) texts[id] = absl::StrCat("m", id);
  store_.on_read = Serves(texts);
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  for (uint64_t id = 1; id <= 1'500; ++id) ASSERT_EQ(*ReadAll(maildrop.get(), id), texts[id]);
  EXPECT_EQ(reads(), 2u);  // 1,000 is what a call may have
}

TEST_F(MaildropBackendTest, HeadersInARowShareACall) {
  Holds({5, 5, 5});
  store_.on_read = Serves({{1, "one"}, {2, "two"}, {3, "three"}});
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  for (uint64_t id = 1; id <= 3; ++id) {
    ASSERT_TRUE(First(maildrop.get(), id, 0).ok());
    EXPECT_EQ(store_.reads[0].reads(static_cast<int>(id) - 1).top_lines(), 0);
  }
  EXPECT_EQ(reads(), 1u);
  ASSERT_TRUE(First(maildrop.get(), 2, 7).ok());
  EXPECT_EQ(store_.reads[1].reads(0).top_lines(), 7);
  EXPECT_EQ(*ReadAll(maildrop.get(), 3), "three");
  EXPECT_FALSE(store_.reads[2].reads(0).has_top_lines());
}

TEST_F(MaildropBackendTest, OneSourceDoesNotTakeAllReadAhead) {
  Holds({60, 30});
  options_.read_ahead_octets_per_source = 29;
  std::vector<ReadAheadLimit> limits;
  options_.on_read_ahead_limit = [&](ReadAheadLimit limit) { limits.push_back(limit); };
  store_.on_read = Serves({{1, "one"}, {2, "two"}});
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  EXPECT_EQ(*ReadAll(maildrop.get(), 1), "one");
  EXPECT_EQ(store_.reads[0].reads_size(), 1);
  EXPECT_EQ(limits, std::vector<ReadAheadLimit>{ReadAheadLimit::kSource});
}

TEST_F(MaildropBackendTest, FetchesNoMoreThanWasAskedFor) {
  constexpr int kChunks = 512;
  std::atomic<int> written{0};
  Holds({kChunks * static_cast<int64_t>(kChunkOctets)});
  store_.on_read = [&](grpc::ServerContext*, const ReadMessagesRequest&, Writer* writer) {
    const std::string data(kChunkOctets, 'x');
    for (int i = 0; i < kChunks; ++i) {
      ReadMessagesResponse response;
      response.add_chunks()->set_data(data);
      response.mutable_chunks(0)->set_end(i + 1 == kChunks);
      // Ahead of the writing, which the client may see before it returns.
      ++written;
      if (!writer->Write(response)) break;
    }
    return grpc::Status::OK;
  };
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  ASSERT_TRUE(First(maildrop.get(), 1).ok());
  // Other calls on the same connection give the store all the time it needs to run ahead.
  for (int i = 0; i < 200; ++i) OpenMaildrop();
  EXPECT_LT(written, kChunks / 4);
  for (int i = 1; i < kChunks; ++i) ASSERT_TRUE(More(maildrop.get()).ok());
  EXPECT_EQ(written, kChunks);
}

TEST_F(MaildropBackendTest, NothingIsDeliveredAfterDestruction) {
  Holds({10});
  store_.on_read = Serves({{1, "text"}});
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  maildrop->Read(1, std::nullopt, [](absl::StatusOr<BodyChunk>) { FAIL(); });
  maildrop.reset();
  // What was posted meanwhile runs before what this opening posts.
  OpenMaildrop();
}

TEST_F(MaildropBackendTest, CloseIsRepeatedUntilItsOutcomeIsKnown) {
  std::atomic<int> tries{0};
  store_.on_close = [&](const CloseMaildropRequest&) {
    return ++tries < 3 ? grpc::Status(grpc::UNAVAILABLE, "") : grpc::Status::OK;
  };
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  EXPECT_TRUE(Close(maildrop.get(), {1, 3}, {2}).ok());
  ASSERT_EQ(store_.closes.size(), 3u);
  for (const CloseMaildropRequest& close : store_.closes) {
    EXPECT_EQ(close.lease().session_id(), kSession);
    EXPECT_EQ(close.lease().epoch_counter(), 7u);
    EXPECT_EQ(close.delete_message_ids_size(), 2);
    ASSERT_EQ(close.read_message_ids_size(), 1);
    EXPECT_EQ(close.read_message_ids(0), 2u);
  }
  maildrop.reset();
  backend_.reset();
  EXPECT_EQ(store_.closes.size(), 3u);
}

TEST_F(MaildropBackendTest, CloseThatCannotBeLearntIsAnError) {
  options_.calls.deadline = absl::Milliseconds(200);
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  store_.on_close = [&](const CloseMaildropRequest&) {
    return grpc::Status(grpc::UNAVAILABLE, "");
  };
  EXPECT_FALSE(Close(maildrop.get(), {1}).ok());
}

TEST_F(MaildropBackendTest, CloseTellsOfALostLease) {
  store_.on_close = [&](const CloseMaildropRequest&) {
    return Error(absl::StatusCode::kAborted, ErrorReason::kLeaseLost);
  };
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  EXPECT_EQ(GetErrorReason(Close(maildrop.get(), {1})), ErrorReason::kLeaseLost);
}

TEST_F(MaildropBackendTest, RenewsAllLeasesOfAStoreInOneCall) {
  options_.renew_interval = absl::Milliseconds(10);
  std::unique_ptr<Maildrop> one = std::move(Open("mbx-1")->maildrop);
  std::unique_ptr<Maildrop> two = std::move(Open("mbx-2")->maildrop);
  store_.Await(
      [this] { return !store_.renewals.empty() && store_.renewals.back().leases_size() == 2; });
  EXPECT_TRUE(lost_.empty());
}

TEST_F(MaildropBackendTest, LostLeaseIsReportedOnceToItsSessionAlone) {
  options_.renew_interval = absl::Milliseconds(10);
  std::unique_ptr<Maildrop> one = std::move(Open("mbx-1")->maildrop);
  std::unique_ptr<Maildrop> two = std::move(Open("mbx-2")->maildrop);
  store_.With([this] { return store_.lost_mailboxes.insert("mbx-2").second; });
  queue_.RunUntil([this] { return !lost_.empty(); });
  size_t after = store_.With([this] { return store_.renewals.size(); });
  store_.Await([&] { return store_.renewals.size() > after + 2; });
  EXPECT_EQ(store_.With([this] { return store_.renewals.back().leases_size(); }), 1);
  OpenMaildrop();
  EXPECT_EQ(lost_, std::vector<std::string>{"mbx-2"});
}

TEST_F(MaildropBackendTest, RenewsAgainWhenTheStoreIsBack) {
  options_.renew_interval = absl::Milliseconds(10);
  std::unique_ptr<Maildrop> maildrop = OpenMaildrop();
  store_.Await([this] { return !store_.renewals.empty(); });
  server_.Stop();
  size_t before = store_.With([this] { return store_.renewals.size(); });
  server_.Start();
  store_.Await([&] { return store_.renewals.size() > before; });
  EXPECT_TRUE(lost_.empty());
}

TEST_F(MaildropBackendTest, ClosedMaildropIsNotReportedLost) {
  options_.renew_interval = absl::Milliseconds(1);
  store_.on_close = [this](const CloseMaildropRequest& close) {
    // As a store does: the lease is gone from here on.
    store_.lost_mailboxes.insert(close.lease().mailbox_id());
    return grpc::Status::OK;
  };
  for (int i = 0; i < 50; ++i) {
    std::string mailbox_id = absl::StrCat("mbx-", i);
    std::unique_ptr<Maildrop> maildrop = std::move(Open(mailbox_id)->maildrop);
    ASSERT_TRUE(Close(maildrop.get(), {}).ok());
  }
  EXPECT_TRUE(lost_.empty());
}

}  // namespace
}  // namespace restante::pop3
