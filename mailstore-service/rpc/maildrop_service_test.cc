#include "mailstore-service/rpc/maildrop_service.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mailstore-service/rpc/testing/services_fixture.h"

namespace restante::mailstore {
namespace {

TEST_F(ServicesTest, DeliveredIsListedReadAndDeleted) {
  Deliver({"m", "n"}, "A: 1\r\n\r\n.one\r\n");
  Deliver({"m"}, "A: 2\r\n\r\ntwo\r\nthree\r\n");
  const v1::OpenMaildropResponse opened = Open("m");
  EXPECT_EQ(opened.message_count(), 2);
  EXPECT_EQ(opened.total_size_octets(), 14 + 20);
  EXPECT_EQ(opened.lease_ttl().seconds(), 30);
  EXPECT_EQ(opened.next_page_token(), "");
  ASSERT_EQ(opened.messages_size(), 2);
  EXPECT_EQ(opened.messages(0).size_octets(), 14);

  v1::ReadMessagesRequest reads = Reads(opened);
  reads.add_reads()->set_message_id(12345);
  v1::MessageRead* top = reads.add_reads();
  top->set_message_id(opened.messages(1).message_id());
  top->set_top_lines(1);
  v1::MessageRead* rest = reads.add_reads();
  rest->set_message_id(opened.messages(1).message_id());
  rest->set_top_lines(1);
  rest->set_offset_octets(8);
  const ReadResult read = Read(reads);
  EXPECT_TRUE(read.status.ok()) << read.status;
  EXPECT_EQ(read.answers, 1);  // small ones share it
  EXPECT_THAT(read.texts, testing::ElementsAre(testing::Pair(0, "A: 1\r\n\r\n.one\r\n"),
                                               testing::Pair(1, "A: 2\r\n\r\ntwo\r\nthree\r\n"),
                                               testing::Pair(3, "A: 2\r\n\r\ntwo\r\n"),
                                               testing::Pair(4, "two\r\n")));
  ASSERT_EQ(read.errors.count(2), 1u);
  EXPECT_EQ(GetErrorReason(read.errors.at(2)), ErrorReason::kMessageNotFound);

  const std::vector<uint64_t> first = {opened.messages(0).message_id()};
  EXPECT_EQ(*Close(opened.lease(), first), 1);
  EXPECT_EQ(*Close(opened.lease(), first), 1);  // the same answer again
  EXPECT_EQ(CountOf("m"), 1);
  EXPECT_EQ(CountOf("n"), 1);
}

TEST_F(ServicesTest, OnlyUidlsOfOtherStoresAreSpeltOut) {
  Deliver({"m"}, "own\r\n");
  auto import = *store_->BeginImport("m", {"import-1", "UID-1"});
  ASSERT_TRUE(import->Append("theirs\r\n").ok());
  ASSERT_TRUE(import->Finish(8, ExtendCrc32c(0, "theirs\r\n"), {}).ok());
  Deliver({"m"}, "own again\r\n");
  const std::vector<MessageSummary> messages = *store_->ListMessages("m", 0, 10);
  ASSERT_EQ(messages.size(), 3u);
  // All on one page: the first one's UIDL goes without saying.
  v1::OpenMaildropRequest request = Opening(Grant("m"));
  const absl::StatusOr<v1::OpenMaildropResponse> all = OpenAsSaid(request);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_TRUE(all->message_ids().empty());
  ASSERT_EQ(all->messages_size(), 3);
  EXPECT_EQ(all->messages(0).uidl(), "");
  EXPECT_EQ(all->messages(1).uidl(), "UID-1");
  // One to a page: the numbers of the store's own are enough.
  for (size_t page = 0; page < messages.size(); ++page) {
    request.set_page_size(1);
    const absl::StatusOr<v1::OpenMaildropResponse> opened = OpenAsSaid(request);
    ASSERT_TRUE(opened.ok()) << opened.status();
    if (page == 1) {
      EXPECT_TRUE(opened->message_ids().empty());
      EXPECT_EQ(opened->messages(0).uidl(), "UID-1");
    } else {
      EXPECT_TRUE(opened->messages().empty());
      EXPECT_THAT(opened->message_ids(), testing::ElementsAre(messages[page].message_id));
      EXPECT_THAT(opened->sizes_octets(), testing::ElementsAre(messages[page].size_octets));
      EXPECT_EQ(absl::StrCat(opened->uidl_prefix(),
                             absl::Hex(messages[page].message_id, absl::kZeroPad16)),
                messages[page].uidl);
    }
    request.set_page_token(opened->next_page_token());
  }
  EXPECT_EQ(request.page_token(), "");
}

TEST_F(ServicesTest, LargeMessagesSpanManyAnswers) {
  std::string large;
  for (int i = 0; large.size() < 1'500'000; ++i) absl::StrAppend(&large, "line ", i, "\r\n");
  Deliver({"m"}, large);
  Deliver({"m"}, "small\r\n");
  const v1::OpenMaildropResponse opened = Open("m");
  const ReadResult whole = Read(Reads(opened));
  EXPECT_EQ(whole.texts.at(0), large);
  EXPECT_EQ(whole.texts.at(1), "small\r\n");
  EXPECT_GT(whole.answers, 5);
  v1::ReadMessagesRequest again = Reads(opened);
  again.mutable_reads(0)->set_offset_octets(1'000'001);
  EXPECT_EQ(Read(again).texts.at(0), large.substr(1'000'001));
}

TEST_F(ServicesTest, ManySmallMessagesComeInFewAnswers) {
  for (int i = 0; i < 40; ++i) Deliver({"m"}, absl::StrCat(i, "\r\n"));
  v1::OpenMaildropResponse opened = Open("m");
  v1::ReadMessagesRequest reads = Reads(opened);
  while (reads.reads_size() < 1'000) *reads.add_reads() = reads.reads(0);
  const ReadResult read = Read(reads);
  EXPECT_EQ(read.texts.size(), 1'000u);
  EXPECT_LE(read.answers, 2);
  *reads.add_reads() = reads.reads(0);
  EXPECT_EQ(GetErrorReason(Read(reads).status), ErrorReason::kFieldInvalid);
  reads.clear_reads();
  EXPECT_EQ(GetErrorReason(Read(reads).status), ErrorReason::kFieldInvalid);
}

TEST_F(ServicesTest, TheReaderSaysHowMuchMayShareAnAnswer) {
  for (int i = 0; i < 12; ++i) Deliver({"m"}, "1234\r\n");
  const v1::OpenMaildropResponse opened = Open("m");
  v1::ReadMessagesRequest reads = Reads(opened);
  const auto answers = [&](int64_t packed_octets) {
    reads.set_packed_octets(packed_octets);
    const ReadResult read = Read(reads);
    EXPECT_EQ(read.texts.size(), 12u);
    return read.answers;
  };
  EXPECT_EQ(answers(0), 1);
  EXPECT_EQ(answers(1'000'000), 1);
  EXPECT_EQ(answers(36), 2);
  EXPECT_EQ(answers(35), 3);
  EXPECT_EQ(answers(1), 12);
  reads.set_packed_octets(-1);
  EXPECT_EQ(GetErrorReason(Read(reads).status), ErrorReason::kFieldInvalid);
}

TEST_F(ServicesTest, AnswersGrow) {
  const std::string text = std::string(9'998, 'x') + "\r\n";
  for (int i = 0; i < 20; ++i) Deliver({"m"}, text);
  v1::ReadMessagesRequest reads = Reads(Open("m"));
  const ReadResult small = Read(reads);
  EXPECT_EQ(small.answers, 1 + 4);  // one message, then six at a time
  reads.set_packed_octets(131'072);
  const ReadResult large = Read(reads);
  EXPECT_EQ(large.answers, 1 + 1 + 1);  // one, six, the rest
  EXPECT_EQ(large.texts.at(19), text);
}

TEST_F(ServicesTest, ReadsOfWrongFormAreRefused) {
  Deliver({"m"}, "text\r\n");
  const v1::OpenMaildropResponse opened = Open("m");
  v1::ReadMessagesRequest negative_offset = Reads(opened);
  negative_offset.mutable_reads(0)->set_offset_octets(-1);
  EXPECT_EQ(GetInvalidField(Read(negative_offset).status), "reads.offset_octets");
  v1::ReadMessagesRequest negative_lines = Reads(opened);
  negative_lines.mutable_reads(0)->set_top_lines(-1);
  EXPECT_EQ(GetInvalidField(Read(negative_lines).status), "reads.top_lines");
  v1::ReadMessagesRequest no_lease = Reads(opened);
  no_lease.clear_lease();
  EXPECT_EQ(GetErrorReason(Read(no_lease).status), ErrorReason::kFieldInvalid);
}

TEST_F(ServicesTest, AClientThatStopsReadingHoldsNoWorker) {
  Deliver({"m"}, std::string(1'900'000, 'x'));
  const v1::ReadMessagesRequest one = Reads(Open("m"));
  v1::ReadMessagesRequest reads = one;
  // More than all buffers on the way hold.
  while (reads.reads_size() < 100) *reads.add_reads() = reads.reads(0);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::ReadMessagesResponse>>> streams;
  for (int i = 0; i < 20; ++i) {  // five for each worker
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    SetDeadline(contexts.back().get());
    streams.push_back(frontend_->ReadMessages(contexts.back().get(), reads));
    v1::ReadMessagesResponse answer;
    ASSERT_TRUE(streams.back()->Read(&answer));
  }
  EXPECT_EQ(Read(one).texts.at(0).size(), 1'900'000u);
  for (const auto& context : contexts) context->TryCancel();
  for (const auto& stream : streams) {
    v1::ReadMessagesResponse answer;
    while (stream->Read(&answer)) {
    }
    EXPECT_FALSE(stream->Finish().ok());
  }
}

TEST_F(ServicesTest, AReaderCutOffAtTheEndOfADrainIsToldToComeBack) {
  Deliver({"m"}, std::string(1'900'000, 'x'));
  v1::ReadMessagesRequest reads = Reads(Open("m"));
  // More than all buffers on the way hold.
  while (reads.reads_size() < 100) *reads.add_reads() = reads.reads(0);
  grpc::ClientContext context;
  SetDeadline(&context);
  auto stream = frontend_->ReadMessages(&context, reads);
  v1::ReadMessagesResponse answer;
  ASSERT_TRUE(stream->Read(&answer));
  server_->Shutdown(absl::Milliseconds(50));
  while (stream->Read(&answer)) {
  }
  // What front ends repeat; CANCELLED would end the session.
  EXPECT_EQ(rpc::FromGrpcStatus(stream->Finish()).code(), absl::StatusCode::kUnavailable);
}

TEST_F(ServicesTest, OnlyTheRightGrantOpens) {
  MaildropGrant grant = Grant("m");
  grant.mailbox_id = "other";
  EXPECT_EQ(ReasonOfOpening(grant), ErrorReason::kGrantInvalid);
  grant = Grant("m");
  grant.session_id = std::string(32, 'b');
  EXPECT_EQ(ReasonOfOpening(grant), ErrorReason::kGrantInvalid);
  grant = Grant("m");
  grant.placement = "mailstore-1";
  EXPECT_EQ(ReasonOfOpening(grant), ErrorReason::kGrantInvalid);
  grant = Grant("m");
  grant.frontend_identity = kOtherFrontend;
  EXPECT_EQ(ReasonOfOpening(grant), ErrorReason::kGrantInvalid);
  grant = Grant("m");
  grant.rights = MaildropGrant::kDelete;
  EXPECT_EQ(ReasonOfOpening(grant), ErrorReason::kGrantInvalid);
  grant = Grant("m");
  grant.expire_time = clock_.WallNow();
  EXPECT_EQ(ReasonOfOpening(grant), ErrorReason::kGrantExpired);

  v1::OpenMaildropRequest forged = Opening(Grant("m"));
  forged.set_maildrop_grant(SealGrant(Grant("m"), Keys('f')));
  EXPECT_EQ(GetErrorReason(Open(forged).status()), ErrorReason::kGrantInvalid);
  forged.set_maildrop_grant("");
  EXPECT_EQ(GetErrorReason(Open(forged).status()), ErrorReason::kGrantInvalid);
  forged.set_maildrop_grant(std::string(1'025, 'x'));
  EXPECT_EQ(GetErrorReason(Open(forged).status()), ErrorReason::kFieldInvalid);
  EXPECT_FALSE(store_->GetMailbox("m").ok());  // none of them made the mailbox

  EXPECT_TRUE(Open(Opening(Grant("m"))).ok());
}

TEST_F(ServicesTest, AStolenGrantOrLeaseIsWorthNothing) {
  Deliver({"m"}, "text\r\n");
  const v1::OpenMaildropRequest request = Opening(Grant("m"));
  EXPECT_EQ(GetErrorReason(
                Call<v1::OpenMaildropResponse>(other_frontend_, &Maildrops::OpenMaildrop, request)
                    .status()),
            ErrorReason::kGrantInvalid);
  const v1::OpenMaildropResponse opened = Open("m");
  v1::CloseMaildropRequest close;
  *close.mutable_lease() = opened.lease();
  close.add_delete_message_ids(opened.messages(0).message_id());
  EXPECT_EQ(GetErrorReason(
                Call<v1::CloseMaildropResponse>(other_frontend_, &Maildrops::CloseMaildrop, close)
                    .status()),
            ErrorReason::kLeaseLost);
  v1::RenewLeasesRequest renew;
  *renew.add_leases() = opened.lease();
  EXPECT_FALSE(Call<v1::RenewLeasesResponse>(other_frontend_, &Maildrops::RenewLeases, renew)
                   ->leases(0)
                   .renewed());
  EXPECT_EQ(CountOf("m"), 1);
}

TEST_F(ServicesTest, OneSessionAtATime) {
  v1::OpenMaildropResponse first = Open("m");
  MaildropGrant other = Grant("m");
  other.session_id = std::string(32, 'b');
  const absl::Status busy = Open(Opening(other)).status();
  EXPECT_EQ(busy.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(GetErrorReason(busy), ErrorReason::kMaildropInUse);
  // The same session asks again after a lost answer.
  EXPECT_EQ(Open("m").lease().epoch_counter(), first.lease().epoch_counter());
  EXPECT_TRUE(Close(first.lease(), {}).ok());
  EXPECT_TRUE(Open(Opening(other)).ok());
}

TEST_F(ServicesTest, ALostLeaseEndsTheSession) {
  Deliver({"m"}, "text\r\n");
  const v1::OpenMaildropResponse stale = Open("m");
  clock_.Advance(Mailstore::kLeaseTtl);
  MaildropGrant other = Grant("m");
  other.session_id = std::string(32, 'b');
  const v1::OpenMaildropResponse present = *Open(Opening(other));
  EXPECT_EQ(GetErrorReason(Read(Reads(stale)).status), ErrorReason::kLeaseLost);
  const absl::Status closed = Close(stale.lease(), {stale.messages(0).message_id()}).status();
  EXPECT_EQ(closed.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(GetErrorReason(closed), ErrorReason::kLeaseLost);

  v1::RenewLeasesRequest renew;
  *renew.add_leases() = stale.lease();
  *renew.add_leases() = present.lease();
  renew.add_leases();  // of no form at all
  const auto renewed = Call<v1::RenewLeasesResponse>(frontend_, &Maildrops::RenewLeases, renew);
  ASSERT_TRUE(renewed.ok());
  ASSERT_EQ(renewed->leases_size(), 3);
  EXPECT_FALSE(renewed->leases(0).renewed());
  EXPECT_TRUE(renewed->leases(1).renewed());
  EXPECT_FALSE(renewed->leases(2).renewed());
  EXPECT_EQ(Read(Reads(present)).texts.size(), 1u);
}

TEST_F(ServicesTest, ALargeMailboxIsListedInPages) {
  for (int i = 0; i < 25; ++i) Deliver({"m"}, absl::StrCat(i, "\r\n"));
  v1::OpenMaildropRequest request = Opening(Grant("m"));
  request.set_page_size(10);
  auto page = *Open(request);
  Deliver({"m"}, "later\r\n");
  clock_.Advance(absl::Minutes(2));  // the grant is over, the lease is not taken
  std::vector<uint64_t> ids;
  std::vector<int> sizes;
  request.clear_maildrop_grant();
  while (true) {
    EXPECT_EQ(page.message_count(), 25);
    EXPECT_EQ(page.total_size_octets(), 10 * 3 + 15 * 4);
    sizes.push_back(page.messages_size());
    for (const v1::MaildropMessage& message : page.messages()) ids.push_back(message.message_id());
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
    const auto next = Open(request);
    ASSERT_TRUE(next.ok()) << next.status();
    page = *next;
  }
  EXPECT_THAT(sizes, testing::ElementsAre(10, 10, 5));
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  EXPECT_EQ(ids.size(), 25u);

  EXPECT_EQ(GetErrorReason(
                Call<v1::OpenMaildropResponse>(other_frontend_, &Maildrops::OpenMaildrop, request)
                    .status()),
            ErrorReason::kLeaseLost);
  v1::OpenMaildropRequest wrong = request;
  wrong.set_mailbox_id("n");
  EXPECT_EQ(GetErrorReason(Open(wrong).status()), ErrorReason::kPageTokenInvalid);
  wrong = request;
  wrong.set_page_token("nonsense");
  EXPECT_EQ(GetErrorReason(Open(wrong).status()), ErrorReason::kPageTokenInvalid);
  EXPECT_EQ(*Close(page.lease(), ids), 25);
  EXPECT_EQ(GetErrorReason(Open(request).status()), ErrorReason::kLeaseLost);
  EXPECT_EQ(CountOf("m"), 1);
}

TEST_F(ServicesTest, PagesAndAnswersWaitWhileOthersAreAbout) {
  for (int i = 0; i < 4; ++i) Deliver({"m"}, absl::StrCat(i, "\r\n"));
  v1::OpenMaildropRequest request = Opening(Grant("m"));
  request.set_page_size(1);
  v1::OpenMaildropResponse page = *Open(request);
  const auto next_page = [&] {
    clock_.Advance(absl::Milliseconds(2));
    request.set_page_token(page.next_page_token());
    page = *Open(request);
  };
  const auto paused = [&](absl::string_view seconds) {
    return testing::HasSubstr(absl::StrCat("restante_mailstore_paused_seconds_total ", seconds));
  };
  next_page();
  next_page();
  EXPECT_THAT(registry_.Render(), paused("0\n")) << "it is alone";
  Open("n");
  next_page();
  EXPECT_THAT(registry_.Render(), paused("0.002\n"));
  EXPECT_EQ(page.next_page_token(), "");
  clock_.Advance(absl::Milliseconds(4));
  const ReadResult read = Read(Reads(page));
  EXPECT_EQ(read.texts.at(0), "3\r\n");
  EXPECT_THAT(registry_.Render(), paused("0.004\n")) << "since the pause, not since the page";
}

TEST_F(ServicesTest, OpeningsOfWrongFormAreRefused) {
  v1::OpenMaildropRequest request = Opening(Grant("m"));
  request.set_client_address(std::string(46, '1'));
  EXPECT_EQ(GetInvalidField(Open(request).status()), "client_address");
  request = Opening(Grant("m"));
  request.set_session_id("short");
  EXPECT_EQ(GetInvalidField(Open(request).status()), "session_id");
  request = Opening(Grant("m"));
  request.set_mailbox_id("../m");
  EXPECT_EQ(GetErrorReason(Open(request).status()), ErrorReason::kFieldInvalid);
  request = Opening(Grant("m"));
  request.set_page_size(-1);
  EXPECT_EQ(GetInvalidField(Open(request).status()), "page_size");
}

TEST_F(ServicesTest, LimitsOfRenewAndClose) {
  const v1::Lease lease = Open("m").lease();
  v1::RenewLeasesRequest renew;
  for (int i = 0; i < 10'000; ++i) *renew.add_leases() = lease;
  EXPECT_EQ(Call<v1::RenewLeasesResponse>(frontend_, &Maildrops::RenewLeases, renew)->leases_size(),
            10'000);
  *renew.add_leases() = lease;
  EXPECT_EQ(GetInvalidField(
                Call<v1::RenewLeasesResponse>(frontend_, &Maildrops::RenewLeases, renew).status()),
            "leases");
  EXPECT_EQ(GetInvalidField(Close(lease, std::vector<uint64_t>(200'001, 1)).status()),
            "delete_message_ids");
  EXPECT_EQ(*Close(lease, std::vector<uint64_t>(200'000, 1)), 0);
}

}  // namespace
}  // namespace restante::mailstore
