// Who changed what, and when: the audit entries of a store.
#include <gmock/gmock.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/error_reason.h"
#include "tests/conformance/mailstore_conformance.h"

namespace restante::mailstore {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr char kAdmin[] = "spiffe://test/mail-admin/ops";

audit::Author By(const char* method) { return {kAdmin, method}; }

// "UpdateMailbox mailboxes/m: quota.max_octets 5>7", oldest first.
std::vector<std::string> AuditTexts(Mailstore& store) {
  std::vector<std::string> texts;
  const std::vector<audit::Entry> entries = store.ListAudit(UINT64_MAX, 100).value();
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    std::vector<std::string> changes;
    for (const audit::FieldChange& change : entry->changes) {
      changes.push_back(absl::StrCat(change.field, " ", absl::StrJoin(change.old_values, ","), ">",
                                     absl::StrJoin(change.new_values, ",")));
    }
    texts.push_back(absl::StrCat(entry->author.method, " ", entry->resource, ": ",
                                 absl::StrJoin(changes, "; ")));
  }
  return texts;
}

}  // namespace

TEST_P(MailstoreConformance, ChangesOfMailboxesLeaveAuditEntries) {
  Deliver({"m"}, "mail is no operator's change\r\n");
  Texts("m");
  EXPECT_THAT(AuditTexts(store()), IsEmpty());
  const absl::Time begin = clock_.WallNow();
  ASSERT_TRUE(store().CreateMailbox("n", {{.max_octets = 5}}, By("CreateMailbox")).ok());
  clock_.Advance(absl::Seconds(1));
  const MailboxSettings settings = {{.max_octets = 7}, {.after_read = absl::Hours(48)}};
  ASSERT_TRUE(store().UpdateMailbox("n", 1, settings, By("UpdateMailbox")).ok());
  ASSERT_TRUE(store().DeleteMailbox("n", By("DeleteMailbox")).ok());
  ASSERT_TRUE(store().UndeleteMailbox("n", By("UndeleteMailbox")).ok());
  ASSERT_TRUE(store().DeleteMailbox("n", By("DeleteMailbox")).ok());
  ASSERT_TRUE(*store().PurgeMailbox("n", 100, By("PurgeMailbox")));
  EXPECT_THAT(AuditTexts(store()),
              ElementsAre("CreateMailbox mailboxes/n: quota.max_octets >5; state >in use",
                          "UpdateMailbox mailboxes/n: quota.max_octets 5>7; "
                          "retention.after_read_days >2",
                          "DeleteMailbox mailboxes/n: state in use>deleted",
                          "UndeleteMailbox mailboxes/n: state deleted>in use",
                          "DeleteMailbox mailboxes/n: state in use>deleted",
                          "PurgeMailbox mailboxes/n: quota.max_octets 7>; "
                          "retention.after_read_days 2>; state deleted>"));
  const std::vector<audit::Entry> oldest = *store().ListAudit(3, 10);
  ASSERT_THAT(oldest, SizeIs(2));
  EXPECT_EQ(oldest[1].number, 1u);
  EXPECT_EQ(oldest[1].time, begin);
  EXPECT_EQ(oldest[0].time, begin + absl::Seconds(1));
  EXPECT_EQ(oldest[0].author.caller, kAdmin);
}

TEST_P(MailstoreConformance, ChangesOfMessagesLeaveAuditEntries) {
  std::vector<uint64_t> ids;
  for (int i = 0; i < 3; ++i) ids.push_back(Deliver({"m"}, absl::StrCat(i, "\r\n"))[0].message_id);
  EXPECT_EQ(*store().DeleteMessages("m", {ids[1], 12345, ids[0]}, By("BatchDeleteMessages")), 2);
  EXPECT_EQ(*store().UndeleteMessages("m", {ids[0], ids[2]}, By("BatchUndeleteMessages")), 1);
  EXPECT_EQ(*store().PurgeDeletedMessages("m", ids, By("PurgeDeletedMessages")), 1);
  std::vector<std::string> texts = AuditTexts(store());
  ASSERT_THAT(texts, SizeIs(3));
  // In whichever order.
  EXPECT_THAT(
      texts[0],
      testing::AnyOf(
          absl::StrCat("BatchDeleteMessages mailboxes/m: messages ", ids[0], ",", ids[1], ">"),
          absl::StrCat("BatchDeleteMessages mailboxes/m: messages ", ids[1], ",", ids[0], ">")));
  EXPECT_EQ(texts[1], absl::StrCat("BatchUndeleteMessages mailboxes/m: messages >", ids[0]));
  EXPECT_EQ(texts[2],
            absl::StrCat("PurgeDeletedMessages mailboxes/m: deleted_messages ", ids[1], ">"));
}

TEST_P(MailstoreConformance, AnEntryOfManyMessagesSaysHowManyMore) {
  std::vector<uint64_t> ids;
  for (int i = 0; i < 120; ++i) ids.push_back(Deliver({"m"}, "x\r\n")[0].message_id);
  ASSERT_EQ(*store().DeleteMessages("m", ids, By("BatchDeleteMessages")), 120);
  const audit::Entry entry = store().ListAudit(UINT64_MAX, 1)->at(0);
  ASSERT_THAT(entry.changes, SizeIs(1));
  ASSERT_THAT(entry.changes[0].old_values, SizeIs(100));
  EXPECT_EQ(entry.changes[0].old_values.front(), absl::StrCat(ids[0]));
  EXPECT_EQ(entry.changes[0].old_values.back(), "and 21 more");
}

TEST_P(MailstoreConformance, WhatChangesNothingLeavesNoAuditEntry) {
  Deliver({"m"}, "x\r\n");
  EXPECT_EQ(*store().DeleteMessages("m", {12345}, By("BatchDeleteMessages")), 0);
  EXPECT_EQ(*store().BreakLease("m", By("BreakLease")), std::nullopt);
  ASSERT_TRUE(store().UpdateMailbox("m", 0, {}, By("UpdateMailbox")).ok());
  EXPECT_EQ(GetErrorReason(store().UpdateMailbox("m", 7, {{.max_octets = 1}}, By("U"))),
            ErrorReason::kEtagMismatch);
  EXPECT_EQ(GetErrorReason(store().CreateMailbox("m", {}, By("CreateMailbox"))),
            ErrorReason::kMailboxExists);
  EXPECT_EQ(GetErrorReason(store().RecordAudit("NONE", {{"import", {}, {"begun"}}}, By("I"))),
            ErrorReason::kFieldInvalid);
  EXPECT_THAT(AuditTexts(store()), IsEmpty());
}

TEST_P(MailstoreConformance, SessionsRetentionAndOtherDeedsLeaveAuditEntries) {
  const uint64_t id = Deliver({"m"}, "x\r\n")[0].message_id;
  ASSERT_TRUE(
      store().UpdateMailbox("m", 0, {{}, {.after_delivery = absl::Hours(24)}}, By("U")).ok());
  Open("m", "s");
  ASSERT_TRUE(store().BreakLease("m", By("BreakLease"))->has_value());
  clock_.Advance(absl::Hours(49));
  ASSERT_EQ(store().ApplyRetention("m", 0, 10, true, By("ApplyRetention"))->expired.count, 1);
  ASSERT_EQ(store().ApplyRetention("m", 0, 10, false, By("ApplyRetention"))->expired.count, 1);
  ASSERT_TRUE(store().RecordAudit("m", {{"import", {}, {"begun"}}}, By("ImportMessages")).ok());
  EXPECT_THAT(AuditTexts(store()),
              ElementsAre("U mailboxes/m: retention.after_delivery_days >1",
                          "BreakLease mailboxes/m: session s of client 192.0.2.1 by fe>",
                          absl::StrCat("ApplyRetention mailboxes/m: messages ", id, ">"),
                          "ImportMessages mailboxes/m: import >begun"));
}

TEST_P(MailstoreConformance, AuditEntriesStayOverARestartUntilTheirTimeIsOver) {
  ASSERT_TRUE(store().CreateMailbox("m", {}, By("CreateMailbox")).ok());
  clock_.Advance(absl::Hours(24 * 364));
  ASSERT_TRUE(store().DeleteMailbox("m", By("DeleteMailbox")).ok());
  (void)Restart();  // one in memory has what it had
  EXPECT_THAT(AuditTexts(store()), SizeIs(2));
  const auto sweep = [this] {
    for (int i = 0; i < 100 && !store().Sweep(10)->round_done; ++i) continue;
  };
  sweep();
  EXPECT_THAT(AuditTexts(store()), SizeIs(2));
  // What the program does by itself has its name, and the last one stays for its number.
  clock_.Advance(absl::Hours(24 * 30));
  sweep();
  std::vector<audit::Entry> entries = *store().ListAudit(UINT64_MAX, 10);
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries[0].author.caller, "restante-mailstore");
  EXPECT_EQ(entries[0].author.method, "PurgeMailbox");
  clock_.Advance(absl::Hours(24 * 400));
  sweep();
  (void)Restart();
  ASSERT_TRUE(store().CreateMailbox("m", {}, By("CreateMailbox")).ok());
  entries = *store().ListAudit(UINT64_MAX, 10);
  ASSERT_THAT(entries, SizeIs(2));
  EXPECT_EQ(entries[0].number, 4u);
}

}  // namespace restante::mailstore
