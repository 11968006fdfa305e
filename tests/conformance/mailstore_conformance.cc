#include "tests/conformance/mailstore_conformance.h"

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "absl/strings/str_cat.h"
#include "common/base/crc32c.h"
#include "common/base/error_reason.h"

namespace restante::mailstore {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(MailstoreConformance);

std::vector<DeliveryResult> MailstoreConformance::Deliver(
    const std::vector<std::string>& mailbox_ids, const std::string& text,
    const std::vector<std::string>& delivery_ids) {
  absl::StatusOr<std::unique_ptr<DeliveryWriter>> writer = store().BeginDelivery(mailbox_ids);
  EXPECT_TRUE(writer.ok()) << writer.status();
  constexpr size_t kPiece = 100'000;
  for (size_t at = 0; at < text.size(); at += kPiece) {
    absl::Status appended = (*writer)->Append(absl::string_view(text).substr(at, kPiece));
    EXPECT_TRUE(appended.ok()) << appended;
  }
  auto results =
      (*writer)->Finish(static_cast<int64_t>(text.size()), ExtendCrc32c(0, text), delivery_ids);
  EXPECT_TRUE(results.ok()) << results.status();
  EXPECT_EQ(results->size(), mailbox_ids.size());
  for (const DeliveryResult& result : *results) EXPECT_TRUE(result.status.ok()) << result.status;
  return *results;
}

OpenedMaildrop MailstoreConformance::Open(const std::string& mailbox_id,
                                          const std::string& session_id) {
  absl::StatusOr<OpenedMaildrop> opened = store().Open(mailbox_id, {session_id, "192.0.2.1", "fe"});
  EXPECT_TRUE(opened.ok()) << opened.status();
  return *opened;
}

std::string MailstoreConformance::ReadAll(const Lease& lease, const MessageRead& read) {
  auto reader = store().Read(lease, read);
  EXPECT_TRUE(reader.ok()) << reader.status();
  std::string text;
  while (true) {
    absl::StatusOr<std::string> piece = (*reader)->Next();
    EXPECT_TRUE(piece.ok()) << piece.status();
    EXPECT_LE(piece->size(), Mailstore::kMaxPieceOctets);
    if (!piece.ok() || piece->empty()) return text;
    text += *piece;
  }
}

std::vector<std::string> MailstoreConformance::Texts(const std::string& mailbox_id) {
  static std::atomic<int> sessions = 0;
  OpenedMaildrop opened = Open(mailbox_id, absl::StrCat("texts-", ++sessions));
  std::vector<std::string> texts;
  for (const MessageSummary& message : opened.messages) {
    texts.push_back(ReadAll(opened.lease, {message.message_id, 0, std::nullopt}));
  }
  EXPECT_TRUE(store().Close(opened.lease, {}).ok());
  return texts;
}

using Strings = std::vector<std::string>;

TEST_P(MailstoreConformance, DeliveredIsReadInOrder) {
  Deliver({"m"}, "A: 1\r\n\r\none\r\n");
  Deliver({"m"}, "A: 2\r\n\r\ntwo\r\n");
  OpenedMaildrop opened = Open("m", "s");
  ASSERT_EQ(opened.messages.size(), 2u);
  EXPECT_LT(opened.messages[0].message_id, opened.messages[1].message_id);
  EXPECT_NE(opened.messages[0].uidl, opened.messages[1].uidl);
  EXPECT_EQ(opened.messages[0].size_octets, 13);
  EXPECT_EQ(ReadAll(opened.lease, {opened.messages[1].message_id, 0, 0}), "A: 2\r\n\r\n");
  EXPECT_EQ(ReadAll(opened.lease, {opened.messages[1].message_id, 8, std::nullopt}), "two\r\n");
  EXPECT_TRUE(store().Close(opened.lease, {}).ok());
  EXPECT_EQ(Texts("m"), (Strings{"A: 1\r\n\r\none\r\n", "A: 2\r\n\r\ntwo\r\n"}));
}

TEST_P(MailstoreConformance, LargeMessageComesBackWhole) {
  std::string text;
  for (int i = 0; text.size() < 3'000'000; ++i) absl::StrAppend(&text, "line ", i, "\r\n");
  Deliver({"m", "n"}, text);
  EXPECT_EQ(Texts("m"), Strings{text});
  EXPECT_EQ(Texts("n"), Strings{text});
  OpenedMaildrop opened = Open("m", "s");
  const uint64_t id = opened.messages[0].message_id;
  const auto piece = static_cast<int64_t>(Mailstore::kMaxPieceOctets);
  const auto size = static_cast<int64_t>(text.size());
  for (int64_t offset : {piece - 1, piece, piece + 1, 3 * piece, size - 1, size, size + piece}) {
    EXPECT_EQ(ReadAll(opened.lease, {id, offset, std::nullopt}),
              text.substr(std::min(static_cast<size_t>(offset), text.size())))
        << offset;
  }
}

TEST_P(MailstoreConformance, EachMailboxHasItsOwn) {
  Deliver({"a", "b"}, "both\r\n");
  Deliver({"b"}, "b alone\r\n");
  EXPECT_EQ(Texts("a"), Strings{"both\r\n"});
  EXPECT_EQ(Texts("b"), (Strings{"both\r\n", "b alone\r\n"}));
  OpenedMaildrop opened = Open("a", "s");
  uint64_t foreign = store().ListMessages("b", 0, 10)->back().message_id;
  EXPECT_EQ(GetErrorReason(store().Read(opened.lease, {foreign, 0, std::nullopt}).status()),
            ErrorReason::kMessageNotFound);
  EXPECT_EQ(*store().Close(opened.lease, {{foreign}}), 0);
  EXPECT_EQ(Texts("b").size(), 2u);
}

TEST_P(MailstoreConformance, UnfinishedOrWrongDeliveryLeavesNothing) {
  std::string text(1'000'000, 'x');
  {
    auto writer = store().BeginDelivery({"m"});
    ASSERT_TRUE((*writer)->Append(text).ok());
  }
  for (int wrong = 0; wrong < 2; ++wrong) {
    auto writer = store().BeginDelivery({"m"});
    ASSERT_TRUE((*writer)->Append(text).ok());
    int64_t size = 1'000'000 + (wrong == 0 ? 1 : 0);
    uint32_t crc = ExtendCrc32c(0, text) + (wrong == 1 ? 1 : 0);
    EXPECT_EQ(GetErrorReason((*writer)->Finish(size, crc, {}).status()),
              ErrorReason::kDeliveryIncomplete);
  }
  EXPECT_TRUE(Texts("m").empty());
}

TEST_P(MailstoreConformance, TooLargeIsRefusedAndLeavesNothing) {
  auto writer = store().BeginDelivery({"m"});
  absl::Status status;
  for (int i = 0; i < 50 && status.ok(); ++i) status = (*writer)->Append(std::string(100'000, 'x'));
  EXPECT_EQ(GetErrorReason(status), ErrorReason::kMessageTooLarge);
  writer->reset();
  EXPECT_TRUE(Texts("m").empty());
}

TEST_P(MailstoreConformance, RepeatedDeliveryMakesNoSecondCopyWithinADay) {
  std::string id(32, 'd');
  DeliveryResult first = Deliver({"m"}, "text\r\n", {id})[0];
  EXPECT_FALSE(first.repeated);
  clock_.Advance(absl::Hours(23));
  Restart();
  DeliveryResult second = Deliver({"m"}, "text\r\n", {id})[0];
  EXPECT_TRUE(second.repeated);
  EXPECT_EQ(second.message_id, first.message_id);
  EXPECT_FALSE(Deliver({"n"}, "text\r\n", {id})[0].repeated);
  EXPECT_EQ(Texts("m").size(), 1u);
  clock_.Advance(absl::Hours(2));
  EXPECT_FALSE(Deliver({"m"}, "text\r\n", {id})[0].repeated);
  EXPECT_EQ(Texts("m").size(), 2u);
}

TEST_P(MailstoreConformance, OnlyProperIdsMakeMailboxes) {
  for (const std::string& id : {std::string(), std::string("A"), std::string("a\0b", 3),
                                std::string("a/b"), std::string(65, 'a')}) {
    EXPECT_EQ(GetErrorReason(store().BeginDelivery({id}).status()), ErrorReason::kFieldInvalid);
    EXPECT_EQ(GetErrorReason(store().Open(id, {"s", "", ""}).status()), ErrorReason::kFieldInvalid);
  }
  EXPECT_TRUE(store().ListMailboxes("", 10, false)->empty());
}

TEST_P(MailstoreConformance, OfOneDeliveryAtTheSameTimeOneIsKept) {
  constexpr int kThreads = 4;
  std::string id(32, 'd');
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] { Deliver({"m"}, "text\r\n", {id}); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Texts("m").size(), 1u);
}

TEST_P(MailstoreConformance, OneSessionAtATime) {
  OpenedMaildrop first = Open("m", "one");
  EXPECT_EQ(GetErrorReason(store().Open("m", {"two", "", ""}).status()),
            ErrorReason::kMaildropInUse);
  EXPECT_EQ(Open("m", "one").lease.epoch, first.lease.epoch);
  EXPECT_EQ(store().GetMailbox("m")->session->session_id, "one");
  EXPECT_TRUE(store().Close(first.lease, {}).ok());
  EXPECT_FALSE(store().GetMailbox("m")->session);
  Open("m", "two");
}

TEST_P(MailstoreConformance, StaleHolderChangesNothing) {
  Deliver({"m"}, "text\r\n");
  OpenedMaildrop stale = Open("m", "one");
  uint64_t id = stale.messages[0].message_id;
  clock_.Advance(Mailstore::kLeaseTtl);
  OpenedMaildrop present = Open("m", "two");
  EXPECT_EQ(GetErrorReason(store().Close(stale.lease, {{id}}).status()), ErrorReason::kLeaseLost);
  EXPECT_EQ(GetErrorReason(store().Renew(stale.lease)), ErrorReason::kLeaseLost);
  EXPECT_EQ(GetErrorReason(store().Read(stale.lease, {id, 0, std::nullopt}).status()),
            ErrorReason::kLeaseLost);
  EXPECT_EQ(ReadAll(present.lease, {id, 0, std::nullopt}), "text\r\n");
  EXPECT_TRUE(store().Close(present.lease, {}).ok());
  EXPECT_EQ(Texts("m").size(), 1u);
}

TEST_P(MailstoreConformance, ALeaseIsWorthNothingToAnotherFrontend) {
  Deliver({"m"}, "text\r\n");
  OpenedMaildrop opened = Open("m", "one");
  uint64_t id = opened.messages[0].message_id;
  Lease stolen = opened.lease;
  stolen.frontend = "another";
  EXPECT_EQ(GetErrorReason(store().Renew(stolen)), ErrorReason::kLeaseLost);
  EXPECT_EQ(GetErrorReason(store().Read(stolen, {id, 0, std::nullopt}).status()),
            ErrorReason::kLeaseLost);
  EXPECT_EQ(GetErrorReason(store().Close(stolen, {{id}}).status()), ErrorReason::kLeaseLost);
  EXPECT_EQ(GetErrorReason(store().Open("m", {"one", "", "another"}).status()),
            ErrorReason::kMaildropInUse);
  EXPECT_EQ(*store().Close(opened.lease, {{id}}), 1);
}

TEST_P(MailstoreConformance, CloseDeletesOnceAndRepeatsItsAnswer) {
  for (const char* text : {"1\r\n", "2\r\n", "3\r\n"}) Deliver({"m"}, text);
  OpenedMaildrop opened = Open("m", "s");
  std::vector<uint64_t> ids = {opened.messages[0].message_id, opened.messages[2].message_id, 12345};
  EXPECT_EQ(*store().Close(opened.lease, {ids}), 2);
  Deliver({"m"}, "4\r\n");
  EXPECT_EQ(*store().Close(opened.lease, {ids}), 2);
  if (Restart()) {
    EXPECT_EQ(*store().Close(opened.lease, {ids}), 2);
  }
  EXPECT_EQ(Texts("m"), (Strings{"2\r\n", "4\r\n"}));
  clock_.Advance(Mailstore::kOutcomeKept);
  EXPECT_EQ(GetErrorReason(store().Close(opened.lease, {ids}).status()), ErrorReason::kLeaseLost);
}

TEST_P(MailstoreConformance, ASessionThatMayReadDeletesNothing) {
  const uint64_t id = Deliver({"m"}, "one\r\n")[0].message_id;
  ASSERT_TRUE(store().Open("m", {"one", "192.0.2.1", "fe", /*may_delete=*/false}).ok());
  // Neither after a restart, nor when the session says of itself that it may.
  Restart();
  auto opened = store().Open("m", {"one", "192.0.2.1", "fe"});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(GetErrorReason(store().Close(opened->lease, {{id}}).status()),
            ErrorReason::kDeleteNotGranted);
  EXPECT_EQ(GetErrorReason(store().Open("m", {"two", "192.0.2.1", "fe"}).status()),
            ErrorReason::kMaildropInUse);
  EXPECT_EQ(*store().Close(opened->lease, {}), 0);
  opened = store().Open("m", {"two", "192.0.2.1", "fe"});
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(opened->messages.size(), 1u);
  EXPECT_EQ(*store().Close(opened->lease, {{id}}), 1);
}

TEST_P(MailstoreConformance, AnIdIsNeverUsedAgain) {
  std::set<std::string> uidls;
  for (int round = 0; round < 3; ++round) {
    Deliver({"m"}, "text\r\n");
    OpenedMaildrop opened = Open("m", absl::StrCat("s", round));
    ASSERT_EQ(opened.messages.size(), 1u);
    EXPECT_TRUE(uidls.insert(opened.messages[0].uidl).second);
    EXPECT_EQ(*store().Close(opened.lease, {{opened.messages[0].message_id}}), 1);
    Restart();
  }
}

TEST_P(MailstoreConformance, DeliveryDoesNotChangeAnOpenSession) {
  Deliver({"m"}, "1\r\n");
  OpenedMaildrop opened = Open("m", "s");
  Deliver({"m"}, "2\r\n");
  EXPECT_EQ(opened.messages.size(), 1u);
  EXPECT_EQ(*store().Close(opened.lease, {{opened.messages[0].message_id}}), 1);
  EXPECT_EQ(Texts("m"), Strings{"2\r\n"});
}

TEST_P(MailstoreConformance, SessionGoesOnAfterARestart) {
  Deliver({"m"}, "1\r\n");
  OpenedMaildrop opened = Open("m", "s");
  if (!Restart()) GTEST_SKIP() << "this store keeps nothing";
  uint64_t id = opened.messages[0].message_id;
  EXPECT_EQ(GetErrorReason(store().Open("m", {"other", "", ""}).status()),
            ErrorReason::kMaildropInUse);
  EXPECT_TRUE(store().Renew(opened.lease).ok());
  EXPECT_EQ(ReadAll(opened.lease, {id, 0, std::nullopt}), "1\r\n");
  EXPECT_EQ(Open("m", "s").lease.epoch, opened.lease.epoch);
  EXPECT_EQ(*store().Close(opened.lease, {{id}}), 1);
  EXPECT_TRUE(Texts("m").empty());
}

TEST_P(MailstoreConformance, EpochsGrowOverARestart) {
  OpenedMaildrop before = Open("m", "one");
  EXPECT_TRUE(store().Close(before.lease, {}).ok());
  Restart();
  EXPECT_LT(before.lease.epoch, Open("m", "two").lease.epoch);
}

TEST_P(MailstoreConformance, MailboxesAndMessagesAreListedInPages) {
  EXPECT_EQ(GetErrorReason(store().GetMailbox("none").status()), ErrorReason::kMailboxNotFound);
  EXPECT_EQ(GetErrorReason(store().ListMessages("none", 0, 1).status()),
            ErrorReason::kMailboxNotFound);
  for (const char* id : {"b", "a", "c", "a"}) Deliver({id}, "text\r\n");
  std::vector<MailboxInfo> first = *store().ListMailboxes("", 2, false);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].mailbox_id, "a");
  EXPECT_EQ(first[0].message_count, 2);
  EXPECT_EQ(first[0].total_size_octets, 12);
  EXPECT_EQ(store().ListMailboxes("b", 2, false)->at(0).mailbox_id, "c");
  EXPECT_TRUE(store().ListMailboxes("c", 2, false)->empty());
  std::vector<MessageSummary> page = *store().ListMessages("a", 0, 1);
  ASSERT_EQ(page.size(), 1u);
  EXPECT_EQ(page[0].delivery_time, clock_.WallNow());
  EXPECT_EQ(store().ListMessages("a", page[0].message_id, 10)->size(), 1u);
}

TEST_P(MailstoreConformance, ConcurrentDeliveriesAllArrive) {
  constexpr int kThreads = 4;
  constexpr int kEach = 25;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < kEach; ++i) Deliver({"m"}, absl::StrCat(t, " ", i, "\r\n"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Texts("m").size(), size_t{kThreads * kEach});
  EXPECT_EQ(store().GetMailbox("m")->message_count, kThreads * kEach);
}

TEST_P(MailstoreConformance, OfManySessionsOneOpens) {
  constexpr int kThreads = 4;
  std::atomic<int> opened = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([this, t, &opened] {
      if (store().Open("m", {absl::StrCat("s", t), "", ""}).ok()) ++opened;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 1);
}

// The last ones of each race must be on disk as they are in memory.
TEST_P(MailstoreConformance, WhoHoldsTheMailboxIsTheSameAfterARestart) {
  constexpr int kThreads = 16;
  constexpr int kRounds = 10;
  constexpr int kTurns = 5;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::vector<Lease>> leases(kThreads);
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([this, t, round, &mine = leases[static_cast<size_t>(t)]] {
        for (int turn = 0; turn < kTurns; ++turn) {
          // Whoever holds it has fallen silent.
          clock_.Advance(Mailstore::kLeaseTtl);
          auto opened = store().Open("m", {absl::StrCat("s", t, "-", round), "", "fe"});
          if (!opened.ok()) continue;
          mine.push_back(opened->lease);
          if (turn % 3 == t % 3) store().Close(opened->lease, {}).IgnoreError();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    auto good_ones = [this, &leases] {
      std::set<Epoch> good;
      for (const std::vector<Lease>& of_one : leases) {
        for (const Lease& lease : of_one) {
          if (store().Renew(lease).ok()) good.insert(lease.epoch);
        }
      }
      return good;
    };
    const std::set<Epoch> before = good_ones();
    EXPECT_LE(before.size(), 1u);
    if (!Restart()) GTEST_SKIP() << "this store keeps nothing";
    ASSERT_EQ(good_ones() == before, true) << "round " << round;
  }
}

TEST_P(MailstoreConformance, ADeliveryIsForOneToAThousandMailboxesEachOnce) {
  auto field = [this](const std::vector<std::string>& ids) {
    return GetInvalidField(store().BeginDelivery(ids).status());
  };
  std::vector<std::string> many;
  for (int i = 0; i < 1'000; ++i) many.push_back(absl::StrCat("m", i));
  EXPECT_EQ(field(many), "");
  many.push_back("one-too-many");
  EXPECT_EQ(field(many), "mailbox_ids");
  EXPECT_EQ(field({}), "mailbox_ids");
  EXPECT_EQ(field({"m", "n", "m"}), "mailbox_ids");
}

TEST_P(MailstoreConformance, DeliveryIdsAreOneForEachMailboxOrNone) {
  for (size_t count : {1, 3}) {
    auto writer = store().BeginDelivery({"m", "n"});
    const std::vector<std::string> ids(count, std::string(32, 'd'));
    EXPECT_EQ(GetInvalidField((*writer)->Finish(0, 0, ids).status()), "delivery_ids");
  }
  EXPECT_TRUE(Texts("m").empty());
}

TEST_P(MailstoreConformance, WhatIsOverItsTimeIsSweptAway) {
  auto sweep = [this] {
    size_t removed = 0;
    for (int calls = 0; calls < 100; ++calls) {
      absl::StatusOr<SweepResult> swept = store().Sweep(1);
      EXPECT_TRUE(swept.ok()) << swept.status();
      if (!swept.ok()) break;
      removed += swept->removed;
      if (swept->round_done) return removed;
    }
    ADD_FAILURE() << "a round does not end";
    return removed;
  };
  const std::string id(32, 'd');
  const std::string other(32, 'e');
  Deliver({"m", "n"}, "text\r\n", {id, id});
  OpenedMaildrop opened = Open("m", "one");
  EXPECT_EQ(*store().Close(opened.lease, {}), 0);
  opened = Open("n", "two");
  EXPECT_EQ(*store().Close(opened.lease, {}), 0);
  EXPECT_EQ(sweep(), 0u);
  clock_.Advance(Mailstore::kOutcomeKept);
  EXPECT_EQ(sweep(), 2u);
  Deliver({"n"}, "text\r\n", {other});
  clock_.Advance(Mailstore::kDeliveryIdKept - Mailstore::kOutcomeKept);
  // Delivered anew under the old id, which is kept from now on.
  EXPECT_FALSE(Deliver({"m"}, "text\r\n", {id})[0].repeated);
  EXPECT_EQ(sweep(), 1u);
  EXPECT_TRUE(Deliver({"m"}, "text\r\n", {id})[0].repeated);
  EXPECT_TRUE(Deliver({"n"}, "text\r\n", {other})[0].repeated);
  EXPECT_EQ(sweep(), 0u);
  EXPECT_EQ(Texts("m").size(), 2u);
}

TEST_P(MailstoreConformance, DeletedMessagesComeBackAsTheyWere) {
  for (const char* text : {"1\r\n", "2\r\n", "3\r\n", "4\r\n"}) Deliver({"m"}, text);
  auto opened = store().Open("m", {"s", "192.0.2.7", "fe"});
  ASSERT_TRUE(opened.ok()) << opened.status();
  const std::vector<MessageSummary> before = opened->messages;
  const auto id = [&before](size_t i) { return before[i].message_id; };
  EXPECT_EQ(*store().Close(opened->lease, {{id(0), id(2)}}), 2);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(
      *store().DeleteMessages("m", {id(1), id(1), id(2), 12345}, {"operator", "DeleteMessages"}),
      1);
  Restart();
  EXPECT_EQ(Texts("m"), (Strings{"4\r\n"}));
  EXPECT_EQ(store().GetMailbox("m")->message_count, 1);
  EXPECT_EQ(store().GetMailbox("m")->total_size_octets, 3);
  const auto deleted = store().ListDeletedMessages("m", 0, 9);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  ASSERT_EQ(deleted->size(), 3u);
  const DeletedMessage& by_quit = deleted->at(0);
  EXPECT_EQ(by_quit.summary.uidl, before[0].uidl);
  EXPECT_EQ(by_quit.summary.size_octets, 3);
  EXPECT_EQ(by_quit.deletion,
            (MessageDeletion{clock_.WallNow() - absl::Hours(1), "s", "192.0.2.7", "fe"}));
  EXPECT_EQ(by_quit.expire_time, by_quit.deletion.delete_time + KeepingTimes().deleted_messages);
  EXPECT_EQ(deleted->at(1).deletion, (MessageDeletion{clock_.WallNow(), "", "", "operator"}));
  EXPECT_EQ(store().ListDeletedMessages("m", id(0), 1)->at(0).summary.message_id, id(1));

  // An open session does not see them; the next one does, in their old order and with their UIDL.
  OpenedMaildrop open = Open("m", "later");
  EXPECT_EQ(*store().UndeleteMessages("m", {id(0), id(1), id(1), id(3), 12345}, {}), 2);
  EXPECT_EQ(*store().UndeleteMessages("m", {id(0)}, {}), 0);
  EXPECT_EQ(*store().Close(open.lease, {}), 0);
  EXPECT_EQ(Texts("m"), (Strings{"1\r\n", "2\r\n", "4\r\n"}));
  EXPECT_EQ(store().GetMailbox("m")->total_size_octets, 9);
  open = Open("m", "last");
  for (size_t i : {0, 1}) EXPECT_EQ(open.messages[i].uidl, before[i].uidl);
  EXPECT_EQ(*store().Close(open.lease, {}), 0);
  EXPECT_EQ(store().ListDeletedMessages("m", 0, 9)->size(), 1u);
  EXPECT_EQ(*store().PurgeDeletedMessages("m", {id(2), id(3)}, {}), 1);
  EXPECT_EQ(*store().UndeleteMessages("m", {id(2)}, {}), 0);
  EXPECT_EQ(Texts("m").size(), 3u);
}

TEST_P(MailstoreConformance, DeletedMessagesGoWhenTheirTimeIsOver) {
  const auto sweep = [this] {
    size_t removed = 0;
    for (int calls = 0; calls < 100; ++calls) {
      const absl::StatusOr<SweepResult> swept = store().Sweep(1);
      EXPECT_TRUE(swept.ok()) << swept.status();
      removed += swept->removed;
      if (swept->round_done) break;
    }
    return removed;
  };
  const uint64_t first = Deliver({"m"}, "1\r\n")[0].message_id;
  const uint64_t second = Deliver({"m"}, "2\r\n")[0].message_id;
  EXPECT_EQ(*store().DeleteMessages("m", {first, second}, {"operator", "DeleteMessages"}), 2);
  clock_.Advance(KeepingTimes().deleted_messages - absl::Hours(1));
  // Deleted anew, it stays for the whole time once more.
  EXPECT_EQ(*store().UndeleteMessages("m", {second}, {}), 1);
  EXPECT_EQ(*store().DeleteMessages("m", {second}, {"operator", "DeleteMessages"}), 1);
  EXPECT_EQ(sweep(), 0u);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(sweep(), 1u);
  EXPECT_EQ(*store().UndeleteMessages("m", {first, second}, {}), 1);
  EXPECT_EQ(Texts("m"), (Strings{"2\r\n"}));
}

TEST_P(MailstoreConformance, AnOpenSessionFindsADeletedMessageGone) {
  const uint64_t id = Deliver({"m"}, "1\r\n")[0].message_id;
  OpenedMaildrop opened = Open("m", "s");
  EXPECT_EQ(*store().DeleteMessages("m", {id}, {"operator", "DeleteMessages"}), 1);
  EXPECT_EQ(GetErrorReason(store().Read(opened.lease, {id, 0, std::nullopt}).status()),
            ErrorReason::kMessageNotFound);
  EXPECT_EQ(*store().Close(opened.lease, {{id}}), 0);
  EXPECT_EQ(store().GetMailbox("m")->message_count, 0);
}

TEST_P(MailstoreConformance, ABrokenLeaseIsLost) {
  const uint64_t id = Deliver({"m"}, "1\r\n")[0].message_id;
  EXPECT_EQ(*store().BreakLease("m", {}), std::nullopt);
  OpenedMaildrop opened = Open("m", "s");
  EXPECT_EQ((*store().BreakLease("m", {}))->session_id, "s");
  EXPECT_EQ(GetErrorReason(store().Renew(opened.lease)), ErrorReason::kLeaseLost);
  EXPECT_EQ(GetErrorReason(store().Close(opened.lease, {{id}}).status()), ErrorReason::kLeaseLost);
  if (Restart()) {
    EXPECT_EQ(GetErrorReason(store().Close(opened.lease, {{id}}).status()),
              ErrorReason::kLeaseLost);
    EXPECT_EQ(*store().BreakLease("m", {}), std::nullopt);
    EXPECT_EQ(Texts("m").size(), 1u);
  }
}

TEST_P(MailstoreConformance, OperatorsCallsNeedAMailboxThatIsThere) {
  const auto reason = [](const absl::Status& status) { return GetErrorReason(status); };
  EXPECT_EQ(reason(store().DeleteMessages("none", {1}, {}).status()),
            ErrorReason::kMailboxNotFound);
  EXPECT_EQ(reason(store().ListDeletedMessages("none", 0, 1).status()),
            ErrorReason::kMailboxNotFound);
  EXPECT_EQ(reason(store().UndeleteMessages("none", {1}, {}).status()),
            ErrorReason::kMailboxNotFound);
  EXPECT_EQ(reason(store().PurgeDeletedMessages("none", {1}, {}).status()),
            ErrorReason::kMailboxNotFound);
  EXPECT_EQ(reason(store().BreakLease("none", {}).status()), ErrorReason::kMailboxNotFound);
}

TEST_P(MailstoreConformance, OfManyWhoBringAMessageBackOneDoes) {
  const uint64_t id = Deliver({"m"}, "1\r\n")[0].message_id;
  EXPECT_EQ(*store().DeleteMessages("m", {id}, {"operator", "DeleteMessages"}), 1);
  std::atomic<int64_t> restored = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] { restored += *store().UndeleteMessages("m", {id}, {}); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(restored, 1);
  EXPECT_EQ(store().GetMailbox("m")->message_count, 1);
}

TEST_P(MailstoreConformance, AMailboxTakesWhatItMayHold) {
  const auto deliver = [this](const std::string& mailbox_id, size_t octets,
                              const std::vector<std::string>& delivery_ids = {}) {
    auto writer = store().BeginDelivery({mailbox_id});
    const std::string text(octets, 'x');
    EXPECT_TRUE((*writer)->Append(text).ok());
    const auto results =
        (*writer)->Finish(static_cast<int64_t>(octets), ExtendCrc32c(0, text), delivery_ids);
    return GetErrorReason(results->at(0).status);
  };
  ASSERT_TRUE(store().CreateMailbox("m", {{.max_octets = 10, .max_messages = 3}}, {}).ok());
  EXPECT_EQ(store().GetMailbox("m")->limits, (MailboxLimits{10, 3}));
  const std::string id(32, 'd');
  EXPECT_EQ(deliver("m", 6, {id}), ErrorReason::kUnspecified);
  EXPECT_EQ(deliver("m", 5), ErrorReason::kQuotaExceeded);
  EXPECT_EQ(GetErrorReason(store().CheckDelivery("m", 5)), ErrorReason::kQuotaExceeded);
  EXPECT_TRUE(store().CheckDelivery("m", 4).ok());
  EXPECT_EQ(GetErrorReason(store().CheckDelivery("m", INT64_MAX)), ErrorReason::kQuotaExceeded);
  EXPECT_EQ(deliver("m", 4), ErrorReason::kUnspecified);
  // A repeat was delivered, whatever the limits are now.
  EXPECT_EQ(deliver("m", 6, {id}), ErrorReason::kUnspecified);
  EXPECT_EQ(store().GetMailbox("m")->message_count, 2);
  Restart();
  EXPECT_EQ(store().GetMailbox("m")->settings.quota, (MailboxQuota{10, 3}));
  // Deleting makes room, though the message can come back.
  const uint64_t first = store().ListMessages("m", 0, 1)->at(0).message_id;
  EXPECT_EQ(*store().DeleteMessages("m", {first}, {}), 1);
  EXPECT_EQ(deliver("m", 1), ErrorReason::kUnspecified);
  EXPECT_EQ(deliver("m", 1), ErrorReason::kUnspecified);
  EXPECT_EQ(deliver("m", 1), ErrorReason::kQuotaExceeded);
  EXPECT_EQ(*store().UndeleteMessages("m", {first}, {}), 1);
  // No limit at all, and the store's.
  ASSERT_TRUE(store().UpdateMailbox("m", 1, {{.max_octets = 0, .max_messages = 0}}, {}).ok());
  EXPECT_EQ(deliver("m", 100), ErrorReason::kUnspecified);
  ASSERT_TRUE(store().UpdateMailbox("m", 2, {}, {}).ok());
  EXPECT_EQ(store().GetMailbox("m")->settings.quota, MailboxQuota());
  EXPECT_EQ(deliver("other", 100), ErrorReason::kUnspecified);
  EXPECT_EQ(GetInvalidField(store().UpdateMailbox("m", 3, {{.max_octets = -1}}, {})), "max_octets");
  EXPECT_EQ(GetInvalidField(store().UpdateMailbox("m", 3, {{.max_messages = -1}}, {})),
            "max_messages");
  EXPECT_EQ(
      GetInvalidField(store().UpdateMailbox("m", 3, {{}, {.after_read = -absl::Hours(1)}}, {})),
      "after_read");
  EXPECT_EQ(GetErrorReason(store().CreateMailbox("M", {}, {})), ErrorReason::kFieldInvalid);
}

TEST_P(MailstoreConformance, AFullMailboxKeepsNobodyElseFromTheMessage) {
  ASSERT_TRUE(store().CreateMailbox("full", {{.max_messages = 1}}, {}).ok());
  Deliver({"full"}, "1\r\n");
  auto writer = store().BeginDelivery({"a", "full", "b"});
  const std::string text(size_t{1} << 20, 'x');
  ASSERT_TRUE((*writer)->Append(text).ok());
  const auto results =
      (*writer)->Finish(static_cast<int64_t>(text.size()), ExtendCrc32c(0, text), {});
  ASSERT_TRUE(results.ok()) << results.status();
  EXPECT_TRUE(results->at(0).status.ok());
  EXPECT_EQ(GetErrorReason(results->at(1).status), ErrorReason::kQuotaExceeded);
  EXPECT_TRUE(results->at(2).status.ok());
  EXPECT_EQ(Texts("a"), Strings{text});
  EXPECT_EQ(Texts("b"), Strings{text});
  EXPECT_EQ(Texts("full").size(), 1u);
}

TEST_P(MailstoreConformance, AnOperatorReadsWhoeverHasTheMailbox) {
  const uint64_t id = Deliver({"m"}, "one\r\n")[0].message_id;
  Open("m", "s");
  auto reader = store().ReadMessage("m", id);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(*(*reader)->Next(), "one\r\n");
  EXPECT_EQ(*(*reader)->Next(), "");
  EXPECT_EQ(GetErrorReason(store().ReadMessage("m", id + 1).status()),
            ErrorReason::kMessageNotFound);
  EXPECT_EQ(GetErrorReason(store().ReadMessage("none", id).status()),
            ErrorReason::kMessageNotFound);
}

TEST_P(MailstoreConformance, ImportedMessagesKeepWhatTheyWere) {
  const auto take = [this](const ImportedMessage& message, const std::string& text) {
    auto writer = store().BeginImport("m", message);
    EXPECT_TRUE(writer.ok() && (*writer)->Append(text).ok());
    const auto results =
        (*writer)->Finish(static_cast<int64_t>(text.size()), ExtendCrc32c(0, text), {});
    EXPECT_TRUE(results.ok() && results->at(0).status.ok());
    return results->at(0);
  };
  const absl::Time long_ago = absl::FromUnixSeconds(1'000'000'000);
  const DeliveryResult first = take({"1", "UID-1", long_ago, long_ago + absl::Hours(1)}, "one\r\n");
  take({"cur/2", "", long_ago}, "two\r\n");
  std::vector<MessageSummary> messages = *store().ListMessages("m", 0, 10);
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[0].uidl, "UID-1");
  EXPECT_EQ(messages[0].delivery_time, long_ago);
  EXPECT_EQ(messages[0].read_time, long_ago + absl::Hours(1));
  EXPECT_EQ(messages[1].uidl.size(), 24u);
  EXPECT_EQ(Texts("m"), std::vector<std::string>({"one\r\n", "two\r\n"}));

  // A repeat makes no second copy, not even of one that was deleted meanwhile.
  Restart();
  EXPECT_TRUE(take({"1", "UID-1", long_ago}, "one\r\n").repeated);
  EXPECT_TRUE(take({"cur/2", "", long_ago}, "two\r\n").repeated);
  EXPECT_TRUE(take({"other", messages[1].uidl, long_ago}, "two\r\n").repeated);
  ASSERT_EQ(*store().DeleteMessages("m", {first.message_id}, {}), 1);
  clock_.Advance(absl::Hours(24 * 29));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(store().Sweep(10).ok());
  EXPECT_TRUE(take({"1", "UID-1", long_ago}, "one\r\n").repeated);
  // No two messages have one UIDL, however long ago.
  clock_.Advance(absl::Hours(24 * 365));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(store().Sweep(10).ok());
  EXPECT_FALSE(take({"1", "UID-1", long_ago}, "one\r\n").repeated);
  EXPECT_EQ(Texts("m"), std::vector<std::string>({"two\r\n", "one\r\n"}));
  take({"3", "UID-3", long_ago}, "three\r\n");
  clock_.Advance(absl::Hours(24 * 365));
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(store().Sweep(10).ok());
  EXPECT_TRUE(take({"3", "UID-3", long_ago}, "three\r\n").repeated);

  EXPECT_EQ(GetInvalidField(store().BeginImport("m", {""}).status()), "import_id");
  EXPECT_EQ(GetInvalidField(store().BeginImport("m", {std::string(257, 'x')}).status()),
            "import_id");
  EXPECT_EQ(GetInvalidField(store().BeginImport("m", {"1", "a b"}).status()), "uidl");
  EXPECT_EQ(GetInvalidField(store().BeginImport("m", {"1", std::string(71, 'x')}).status()),
            "uidl");
  EXPECT_EQ(GetErrorReason(store().BeginImport("M", {"1"}).status()), ErrorReason::kFieldInvalid);
}

TEST_P(MailstoreConformance, OfTwoWhoChangeAMailboxOneIsTold) {
  ASSERT_TRUE(store().CreateMailbox("m", {}, {}).ok());
  EXPECT_EQ(GetErrorReason(store().CreateMailbox("m", {}, {})), ErrorReason::kMailboxExists);
  const uint64_t revision = store().GetMailbox("m")->revision;
  EXPECT_TRUE(store().UpdateMailbox("m", revision, {{.max_messages = 1}}, {}).ok());
  EXPECT_EQ(GetErrorReason(store().UpdateMailbox("m", revision, {{.max_octets = 1}}, {})),
            ErrorReason::kEtagMismatch);
  EXPECT_EQ(store().GetMailbox("m")->settings.quota, MailboxQuota{.max_messages = 1});
  EXPECT_EQ(GetErrorReason(store().UpdateMailbox("none", 0, {}, {})),
            ErrorReason::kMailboxNotFound);
}

TEST_P(MailstoreConformance, ADeletedMailboxComesBackAsItWas) {
  Deliver({"m"}, "one\r\n");
  Deliver({"other"}, "kept\r\n");
  const OpenedMaildrop held = Open("m", "s1");
  ASSERT_TRUE(store().DeleteMailbox("m", {"spiffe://test/admin", "DeleteMailbox"}).ok());
  // Its session has lost it, and nobody gets at it.
  EXPECT_EQ(GetErrorReason(store().Renew(held.lease)), ErrorReason::kLeaseLost);
  EXPECT_EQ(GetErrorReason(store().Open("m", {"s2", "", "f"}).status()),
            ErrorReason::kMailboxDeleted);
  EXPECT_EQ(GetErrorReason(store().CheckDelivery("m", 1)), ErrorReason::kMailboxDeleted);
  std::unique_ptr<DeliveryWriter> writer = *store().BeginDelivery({"m", "other"});
  ASSERT_TRUE(writer->Append("two\r\n").ok());
  const auto results = writer->Finish(5, ExtendCrc32c(0, "two\r\n"), {});
  EXPECT_EQ(GetErrorReason(results->at(0).status), ErrorReason::kMailboxDeleted);
  EXPECT_TRUE(results->at(1).status.ok());
  EXPECT_EQ(GetErrorReason(store().DeleteMailbox("m", {})), ErrorReason::kMailboxDeleted);
  EXPECT_EQ(GetErrorReason(store().CreateMailbox("m", {}, {})), ErrorReason::kMailboxExists);
  EXPECT_EQ(GetErrorReason(store().UpdateMailbox("m", 1, {}, {})), ErrorReason::kMailboxDeleted);
  EXPECT_EQ(GetErrorReason(store().DeleteMessages("m", {1}, {}).status()),
            ErrorReason::kMailboxDeleted);
  EXPECT_EQ(GetErrorReason(store().ApplyRetention("m", 0, 10, false, {}).status()),
            ErrorReason::kMailboxDeleted);

  EXPECT_EQ(store().ListMailboxes("", 10, false)->size(), 1u);
  Restart();
  const MailboxInfo deleted = store().ListMailboxes("", 10, true)->at(0);
  EXPECT_EQ(deleted.mailbox_id, "m");
  ASSERT_TRUE(deleted.deletion);
  EXPECT_EQ(deleted.deletion->caller, "spiffe://test/admin");
  EXPECT_EQ(deleted.deletion->delete_time, clock_.WallNow());
  EXPECT_EQ(deleted.deletion->expire_time, clock_.WallNow() + absl::Hours(24 * 30));

  ASSERT_TRUE(store().UndeleteMailbox("m", {}).ok());
  EXPECT_EQ(GetErrorReason(store().UndeleteMailbox("m", {})), ErrorReason::kMailboxNotDeleted);
  EXPECT_EQ(Texts("m"), std::vector<std::string>({"one\r\n"}));
}

TEST_P(MailstoreConformance, APurgedMailboxIsGoneWithAllThatWasInIt) {
  const uint64_t first = Deliver({"m"}, "one\r\n", {"id"})[0].message_id;
  Deliver({"m"}, "two\r\n");
  Deliver({"n"}, "kept\r\n");
  ASSERT_EQ(*store().DeleteMessages("m", {first}, {}), 1);
  EXPECT_EQ(GetErrorReason(store().PurgeMailbox("m", 1, {}).status()),
            ErrorReason::kMailboxNotDeleted);
  ASSERT_TRUE(store().DeleteMailbox("m", {}).ok());
  int calls = 0;
  absl::StatusOr<bool> done = false;
  while (done.ok() && !*done && ++calls < 10) {
    done = store().PurgeMailbox("m", 1, {});
    // It does not come back by half.
    if (done.ok() && !*done) {
      EXPECT_EQ(GetErrorReason(store().UndeleteMailbox("m", {})), ErrorReason::kMailboxNotFound);
      EXPECT_EQ(GetErrorReason(store().GetMailbox("m").status()), ErrorReason::kMailboxNotFound);
      Restart();
    }
  }
  EXPECT_TRUE(done.ok() && *done);
  EXPECT_EQ(GetErrorReason(store().PurgeMailbox("m", 1, {}).status()),
            ErrorReason::kMailboxNotFound);
  EXPECT_EQ(store().ListMailboxes("", 10, true)->size(), 1u);
  EXPECT_EQ(Texts("n"), std::vector<std::string>({"kept\r\n"}));
  // One of the same id is another one, and takes even what the first had taken.
  EXPECT_GT(Deliver({"m"}, "one\r\n", {"id"})[0].message_id, first);
  EXPECT_EQ(Texts("m"), std::vector<std::string>({"one\r\n"}));
  EXPECT_TRUE(store().ListDeletedMessages("m", 0, 10)->empty());
  EXPECT_FALSE(store().GetMailbox("m")->deletion);
}

TEST_P(MailstoreConformance, ADeletedMailboxIsSweptAwayWhenItsTimeIsOver) {
  Deliver({"m"}, "one\r\n");
  Deliver({"m"}, "two\r\n");
  ASSERT_TRUE(store().DeleteMailbox("m", {}).ok());
  const auto sweep = [this] {
    SweepResult result;
    for (int i = 0; i < 100 && !result.round_done; ++i) result = *store().Sweep(1);
    EXPECT_TRUE(result.round_done);
  };
  clock_.Advance(absl::Hours(24 * 30) - absl::Seconds(1));
  sweep();
  EXPECT_TRUE(store().GetMailbox("m").ok());
  clock_.Advance(absl::Seconds(1));
  sweep();
  EXPECT_EQ(GetErrorReason(store().GetMailbox("m").status()), ErrorReason::kMailboxNotFound);
}

TEST_P(MailstoreConformance, WhatIsReadIsMarkedOnce) {
  const uint64_t one = Deliver({"m"}, "one\r\n")[0].message_id;
  const uint64_t two = Deliver({"m"}, "two\r\n")[0].message_id;
  const auto close = [this](const MaildropUpdate& update) {
    return *store().Close(Open("m", "s").lease, update);
  };
  const absl::Time first = clock_.WallNow();
  // What was read and deleted comes back unread: whoever undeletes it wants it to be seen.
  EXPECT_EQ(close({{two}, {one, two, 12345}}), 1);
  clock_.Advance(absl::Hours(1));
  EXPECT_EQ(close({{}, {one}}), 0);
  EXPECT_EQ(*store().UndeleteMessages("m", {two}, {}), 1);
  Restart();
  const std::vector<MessageSummary> messages = *store().ListMessages("m", 0, 10);
  EXPECT_EQ(messages.at(0).read_time, first);
  EXPECT_EQ(messages.at(1).read_time, std::nullopt);
  EXPECT_EQ(Texts("m"), std::vector<std::string>({"one\r\n", "two\r\n"}));
}

TEST_P(MailstoreConformance, RetentionDeletesWhatIsOverItsTime) {
  const MailboxRetention retention{absl::Hours(24 * 30), absl::Hours(24 * 7)};
  ASSERT_TRUE(store().CreateMailbox("m", {{}, retention}, {}).ok());
  EXPECT_EQ(store().GetMailbox("m")->retention,
            (RetentionLimits{absl::Hours(24 * 30), absl::Hours(24 * 7)}));
  const uint64_t read = Deliver({"m"}, "read\r\n")[0].message_id;
  Deliver({"m"}, "old\r\n");
  Deliver({"n"}, "for ever\r\n");
  ASSERT_EQ(*store().Close(Open("m", "s").lease, {{}, {read}}), 0);
  const auto apply = [this](const std::string& mailbox, bool validate_only) {
    const absl::StatusOr<RetentionResult> result =
        store().ApplyRetention(mailbox, 0, 10, validate_only, {"retention", "ApplyRetention"});
    EXPECT_TRUE(result.ok() && result->looked_through.done);
    return result->expired;
  };
  // A day longer, so that a clock that is wrong by so much deletes nothing.
  clock_.Advance(absl::Hours(24 * 8) - absl::Seconds(1));
  EXPECT_EQ(apply("m", false), MessageTotals());
  clock_.Advance(absl::Seconds(1));
  EXPECT_EQ(apply("m", true), (MessageTotals{1, 6}));
  EXPECT_EQ(store().GetMailbox("m")->message_count, 2);
  // Nothing goes while somebody reads.
  {
    const OpenedMaildrop opened = Open("m", "s2");
    EXPECT_EQ(GetErrorReason(store().ApplyRetention("m", 0, 10, false, {}).status()),
              ErrorReason::kMaildropInUse);
    EXPECT_EQ(apply("m", true), (MessageTotals{1, 6}));
    ASSERT_EQ(*store().Close(opened.lease, {}), 0);
  }
  EXPECT_EQ(apply("m", false), (MessageTotals{1, 6}));
  EXPECT_EQ(Texts("m"), std::vector<std::string>({"old\r\n"}));
  const DeletedMessage deleted = store().ListDeletedMessages("m", 0, 10)->at(0);
  EXPECT_EQ(deleted.summary.message_id, read);
  EXPECT_EQ(deleted.deletion, (MessageDeletion{clock_.WallNow(), "", "", "retention"}));

  clock_.Advance(absl::Hours(24 * 23));
  EXPECT_EQ(apply("m", false), (MessageTotals{1, 5}));
  clock_.Advance(absl::Hours(24 * 3650));
  EXPECT_EQ(apply("n", false), MessageTotals());
  EXPECT_EQ(Texts("n"), std::vector<std::string>({"for ever\r\n"}));
}

TEST_P(MailstoreConformance, RetentionAndVerificationGoOnBehindAMessage) {
  ASSERT_TRUE(store().CreateMailbox("m", {{}, {.after_delivery = absl::Hours(24)}}, {}).ok());
  std::vector<uint64_t> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(Deliver({"m"}, "x\r\n")[0].message_id);
  Deliver({"n"}, "x\r\n");
  ASSERT_EQ(*store().DeleteMessages("m", {ids[1]}, {}), 1);
  VerificationResult verified = *store().VerifyMessages("m", 0, 2);
  EXPECT_EQ(verified.looked_through.seen, (MessageTotals{2, 6}));
  EXPECT_EQ(verified.looked_through.last_message_id, ids[1]);
  EXPECT_FALSE(verified.looked_through.done);
  verified = *store().VerifyMessages("m", ids[1], 10);
  EXPECT_EQ(verified.looked_through.seen, (MessageTotals{3, 9}));
  EXPECT_TRUE(verified.looked_through.done);
  EXPECT_TRUE(verified.damaged.empty());

  clock_.Advance(absl::Hours(48));
  RetentionResult result = *store().ApplyRetention("m", 0, 3, false, {});
  EXPECT_EQ(result.expired.count, 3);
  EXPECT_EQ(result.looked_through.last_message_id, ids[3]);
  EXPECT_FALSE(result.looked_through.done);
  result = *store().ApplyRetention("m", ids[3], 3, false, {});
  EXPECT_EQ(result.expired.count, 1);
  EXPECT_TRUE(result.looked_through.done);
  EXPECT_EQ(store().GetMailbox("m")->message_count, 0);
}

TEST_P(MailstoreConformance, OpeningListsAsManyAsAreAskedForAndCountsAll) {
  std::vector<uint64_t> ids;
  for (const char* text : {"1\r\n", "22\r\n", "333\r\n"}) {
    ids.push_back(Deliver({"m"}, text)[0].message_id);
  }
  Deliver({"n"}, "of the next mailbox\r\n");
  for (const size_t limit : {0U, 2U, 3U, 9U}) {
    const OpenedMaildrop opened = *store().Open("m", {"s", "", ""}, limit);
    ASSERT_EQ(opened.messages.size(), std::min<size_t>(limit, 3));
    if (!opened.messages.empty()) {
      EXPECT_EQ(opened.messages[0].message_id, ids[0]);
    }
    EXPECT_EQ(opened.message_count, 3);
    EXPECT_EQ(opened.total_size_octets, 12);
    EXPECT_EQ(opened.last_message_id, ids[2]);
  }
  const OpenedMaildrop empty = *store().Open("a", {"s", "", ""}, 9);
  EXPECT_EQ(empty.message_count, 0);
  EXPECT_EQ(empty.last_message_id, 0u);
}

}  // namespace restante::mailstore
