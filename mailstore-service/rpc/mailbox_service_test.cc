#include "mailstore-service/rpc/mailbox_service.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "mailstore-service/rpc/testing/services_fixture.h"
#include "restante/common/v1/audit_service.pb.h"
#include "restante/common/v1/server_info_service.pb.h"

namespace restante::mailstore {
namespace {

TEST(Access, NoMethodIsLeftOut) {
  EXPECT_THAT(MailstoreDataAccess().MethodsLeftOut("restante.mailstore.v1.MaildropService"),
              testing::IsEmpty());
  EXPECT_THAT(MailstoreDataAccess().MethodsLeftOut("restante.mailstore.v1.DeliveryService"),
              testing::IsEmpty());
  EXPECT_THAT(MailstoreManagementAccess().MethodsLeftOut("restante.mailstore.v1.MailboxService"),
              testing::IsEmpty());
  for (const google::protobuf::Message* of_the_service :
       std::initializer_list<const google::protobuf::Message*>{
           &common::v1::AuditEntry::default_instance(),
           &google::longrunning::Operation::default_instance(),
           &common::v1::ServerInfo::default_instance()}) {
    const auto* file = of_the_service->GetDescriptor()->file();
    EXPECT_THAT(MailstoreManagementAccess().MethodsLeftOut(file->service(0)->full_name()),
                testing::IsEmpty());
  }
}

TEST(Access, EachMethodIsOpenToItsRolesAlone) {
  const std::map<std::string, std::vector<std::string>> data = {
      {"/restante.mailstore.v1.MaildropService/OpenMaildrop", {"frontend"}},
      {"/restante.mailstore.v1.MaildropService/RenewLeases", {"frontend"}},
      {"/restante.mailstore.v1.MaildropService/ReadMessages", {"frontend"}},
      {"/restante.mailstore.v1.MaildropService/CloseMaildrop", {"frontend"}},
      {"/restante.mailstore.v1.DeliveryService/DeliverMessage", {"ingress"}},
      {"/restante.mailstore.v1.DeliveryService/CheckDelivery", {"ingress"}}};
  const std::map<std::string, std::vector<std::string>> management = {
      {"/restante.mailstore.v1.MailboxService/GetMailbox", {"reader", "mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/ListMailboxes", {"reader", "mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/ListMessages", {"reader", "mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/ListDeletedMessages", {"reader", "mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/BatchDeleteMessages", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/BatchUndeleteMessages", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/PurgeDeletedMessages", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/UpdateMailbox", {"mail-admin"}},
      {"/restante.mailstore.v1.MailboxService/BreakLease", {"mail-admin"}}};
  for (const std::string role : {"frontend", "ingress", "mover", "reader", "account-admin",
                                 "mail-admin", "key-admin", "service"}) {
    const rpc::PeerIdentity caller{absl::StrCat("spiffe://restante/", role, "/x"), {role}};
    for (const auto& [method, roles] : data) {
      EXPECT_EQ(MailstoreDataAccess().Check(method, caller).ok(),
                std::count(roles.begin(), roles.end(), role) == 1)
          << method << " " << role;
      EXPECT_FALSE(MailstoreManagementAccess().Check(method, caller).ok());
    }
    for (const auto& [method, roles] : management) {
      EXPECT_EQ(MailstoreManagementAccess().Check(method, caller).ok(),
                std::count(roles.begin(), roles.end(), role) == 1)
          << method << " " << role;
      EXPECT_FALSE(MailstoreDataAccess().Check(method, caller).ok());
    }
  }
}

TEST_F(ServicesTest, OperatorsSeeMailboxesAndMessages) {
  for (const char* id : {"c", "a", "b", "a"}) Deliver({id}, "text\r\n");
  v1::OpenMaildropResponse opened = Open("a");
  v1::GetMailboxRequest get;
  get.set_name("mailboxes/a");
  const auto mailbox = Call<v1::Mailbox>(reader_, &Mailboxes::GetMailbox, get);
  ASSERT_TRUE(mailbox.ok()) << mailbox.status();
  EXPECT_EQ(mailbox->message_count(), 2);
  EXPECT_EQ(mailbox->total_size_octets(), 12);
  EXPECT_EQ(mailbox->session().session_id(), kSession);
  EXPECT_EQ(mailbox->session().client_address(), "192.0.2.1");
  EXPECT_EQ(mailbox->session().frontend(), kFrontend);
  get.set_name("mailboxes/none");
  EXPECT_EQ(GetErrorReason(Call<v1::Mailbox>(reader_, &Mailboxes::GetMailbox, get).status()),
            ErrorReason::kMailboxNotFound);
  get.set_name("a");
  EXPECT_EQ(GetInvalidField(Call<v1::Mailbox>(reader_, &Mailboxes::GetMailbox, get).status()),
            "name");

  v1::ListMailboxesRequest list;
  list.set_page_size(2);
  auto page = *Call<v1::ListMailboxesResponse>(reader_, &Mailboxes::ListMailboxes, list);
  ASSERT_EQ(page.mailboxes_size(), 2);
  EXPECT_EQ(page.mailboxes(1).name(), "mailboxes/b");
  list.set_page_token(page.next_page_token());
  page = *Call<v1::ListMailboxesResponse>(reader_, &Mailboxes::ListMailboxes, list);
  ASSERT_EQ(page.mailboxes_size(), 1);
  EXPECT_EQ(page.next_page_token(), "");
  list.set_page_token("*");
  EXPECT_EQ(GetErrorReason(
                Call<v1::ListMailboxesResponse>(reader_, &Mailboxes::ListMailboxes, list).status()),
            ErrorReason::kPageTokenInvalid);

  v1::ListMessagesRequest messages;
  messages.set_parent("mailboxes/a");
  messages.set_page_size(1);
  auto rows = *Call<v1::ListMessagesResponse>(reader_, &Mailboxes::ListMessages, messages);
  ASSERT_EQ(rows.messages_size(), 1);
  EXPECT_EQ(rows.messages(0).name(),
            absl::StrCat("mailboxes/a/messages/", opened.messages(0).message_id()));
  EXPECT_EQ(rows.messages(0).uidl(), UidlOf(opened, 0));
  EXPECT_EQ(rows.messages(0).delivery_time().seconds(), absl::ToUnixSeconds(clock_.WallNow()));
  messages.set_page_token(rows.next_page_token());
  rows = *Call<v1::ListMessagesResponse>(reader_, &Mailboxes::ListMessages, messages);
  ASSERT_EQ(rows.messages_size(), 1);
  EXPECT_EQ(rows.next_page_token(), "");
  messages.set_parent("mailboxes/b");
  messages.set_page_size(-1);
  EXPECT_EQ(
      GetErrorReason(
          Call<v1::ListMessagesResponse>(reader_, &Mailboxes::ListMessages, messages).status()),
      ErrorReason::kFieldInvalid);
}

TEST_F(ServicesTest, OperatorsDeleteAndBringBackMessages) {
  Deliver({"m"}, "one\r\n");
  Deliver({"m"}, "two\r\n");
  const v1::OpenMaildropResponse opened = Open("m");
  ASSERT_TRUE(Close(opened.lease(), {opened.messages(0).message_id()}).ok());
  const auto name = [&opened](int i) {
    return absl::StrCat("mailboxes/m/messages/", opened.messages(i).message_id());
  };
  v1::BatchDeleteMessagesRequest remove;
  remove.set_parent("mailboxes/m");
  remove.add_names(name(1));
  remove.add_names("mailboxes/m/messages/1");
  EXPECT_EQ(GetErrorReason(Call<v1::BatchDeleteMessagesResponse>(
                               reader_, &Mailboxes::BatchDeleteMessages, remove)
                               .status()),
            ErrorReason::kRoleMissing);
  EXPECT_EQ(
      Call<v1::BatchDeleteMessagesResponse>(mail_admin_, &Mailboxes::BatchDeleteMessages, remove)
          ->deleted_count(),
      1);
  EXPECT_THAT(log_lines_.back(), testing::HasSubstr("BatchDeleteMessages"));
  EXPECT_THAT(log_lines_.back(), testing::HasSubstr("spiffe://restante/mail-admin/ops"));

  v1::ListDeletedMessagesRequest list;
  list.set_parent("mailboxes/m");
  list.set_page_size(1);
  auto page =
      *Call<v1::ListDeletedMessagesResponse>(reader_, &Mailboxes::ListDeletedMessages, list);
  ASSERT_EQ(page.messages_size(), 1);
  const v1::DeletedMessage& by_quit = page.messages(0);
  EXPECT_EQ(by_quit.message().name(), name(0));
  EXPECT_EQ(by_quit.message().uidl(), UidlOf(opened, 0));
  EXPECT_EQ(by_quit.session_id(), kSession);
  EXPECT_EQ(by_quit.client_address(), "192.0.2.1");
  EXPECT_EQ(by_quit.caller(), kFrontend);
  EXPECT_EQ(by_quit.expire_time().seconds() - by_quit.delete_time().seconds(), 7 * 24 * 3600);
  list.set_page_token(page.next_page_token());
  page = *Call<v1::ListDeletedMessagesResponse>(reader_, &Mailboxes::ListDeletedMessages, list);
  ASSERT_EQ(page.messages_size(), 1);
  EXPECT_EQ(page.messages(0).caller(), "spiffe://restante/mail-admin/ops");
  EXPECT_EQ(page.messages(0).session_id(), "");
  EXPECT_EQ(page.next_page_token(), "");

  v1::BatchUndeleteMessagesRequest back;
  back.set_parent("mailboxes/m");
  back.add_names(name(0));
  EXPECT_EQ(
      Call<v1::BatchUndeleteMessagesResponse>(mail_admin_, &Mailboxes::BatchUndeleteMessages, back)
          ->undeleted_count(),
      1);
  v1::PurgeDeletedMessagesRequest purge;
  purge.set_parent("mailboxes/m");
  purge.add_names(name(0));
  purge.add_names(name(1));
  EXPECT_EQ(
      Call<v1::PurgeDeletedMessagesResponse>(mail_admin_, &Mailboxes::PurgeDeletedMessages, purge)
          ->purged_count(),
      1);
  const v1::OpenMaildropResponse again = Open("m");
  ASSERT_EQ(again.messages_size(), 1);
  EXPECT_EQ(UidlOf(again, 0), UidlOf(opened, 0));
}

TEST_F(ServicesTest, NamesOfMessagesAreThoseOfTheMailbox) {
  Deliver({"m"}, "one\r\n");
  const auto field = [this](const std::vector<std::string>& names, int count = 1) {
    v1::BatchDeleteMessagesRequest request;
    request.set_parent("mailboxes/m");
    for (const std::string& name : names) {
      for (int i = 0; i < count; ++i) request.add_names(name);
    }
    return GetInvalidField(
        Call<v1::BatchDeleteMessagesResponse>(mail_admin_, &Mailboxes::BatchDeleteMessages, request)
            .status());
  };
  EXPECT_EQ(field({"mailboxes/m/messages/1"}, 1'000), "");
  EXPECT_EQ(field({"mailboxes/m/messages/1"}, 1'001), "names");
  EXPECT_EQ(field({}), "names");
  for (const char* name : {"1", "mailboxes/n/messages/1", "mailboxes/m/messages/",
                           "mailboxes/m/messages/x", "mailboxes/m/messages/-1"}) {
    EXPECT_EQ(field({name}), "names") << name;
  }
}

TEST_F(ServicesTest, AnOperatorTakesTheMailboxFromItsSession) {
  Deliver({"m"}, "one\r\n");
  const v1::OpenMaildropResponse opened = Open("m");
  v1::BreakLeaseRequest request;
  request.set_name("mailboxes/m");
  const auto broken = Call<v1::BreakLeaseResponse>(mail_admin_, &Mailboxes::BreakLease, request);
  ASSERT_TRUE(broken.ok()) << broken.status();
  EXPECT_EQ(broken->session().session_id(), kSession);
  EXPECT_EQ(GetErrorReason(Close(opened.lease(), {opened.messages(0).message_id()}).status()),
            ErrorReason::kLeaseLost);
  EXPECT_FALSE(
      Call<v1::BreakLeaseResponse>(mail_admin_, &Mailboxes::BreakLease, request)->has_session());
  request.set_name("mailboxes/none");
  EXPECT_EQ(
      GetErrorReason(
          Call<v1::BreakLeaseResponse>(mail_admin_, &Mailboxes::BreakLease, request).status()),
      ErrorReason::kMailboxNotFound);
}

TEST_F(ServicesTest, OperatorsSayWhatAMailboxMayHold) {
  v1::UpdateMailboxRequest request;
  request.mutable_mailbox()->set_name("mailboxes/m");
  request.mutable_mailbox()->mutable_quota()->set_max_octets(10);
  request.mutable_mailbox()->mutable_quota()->set_max_messages(2);
  request.mutable_update_mask()->add_paths("quota");
  const auto update = [&] {
    return Call<v1::Mailbox>(mail_admin_, &Mailboxes::UpdateMailbox, request);
  };
  EXPECT_EQ(GetErrorReason(update().status()), ErrorReason::kMailboxNotFound);
  request.set_allow_missing(true);
  auto mailbox = update();
  ASSERT_TRUE(mailbox.ok()) << mailbox.status();
  EXPECT_EQ(mailbox->message_count(), 0);
  EXPECT_EQ(mailbox->effective_quota().max_octets(), 10);
  // One of them goes back to the store's, the other stays.
  request.mutable_mailbox()->clear_quota();
  request.mutable_update_mask()->set_paths(0, "quota.max_messages");
  mailbox = update();
  EXPECT_EQ(mailbox->quota().max_octets(), 10);
  EXPECT_FALSE(mailbox->quota().has_max_messages());
  EXPECT_EQ(mailbox->effective_quota().max_messages(), 0);

  const auto check = [this](int64_t octets) {
    v1::CheckDeliveryRequest wish;
    wish.set_mailbox_id("m");
    wish.set_size_octets(octets);
    return Call<v1::CheckDeliveryResponse>(ingress_, &v1::DeliveryService::Stub::CheckDelivery,
                                           wish)
        .status();
  };
  EXPECT_TRUE(check(10).ok());
  EXPECT_EQ(GetErrorReason(check(11)), ErrorReason::kQuotaExceeded);
  EXPECT_EQ(GetInvalidField(check(-1)), "size_octets");

  request.mutable_update_mask()->set_paths(0, "session");
  EXPECT_EQ(GetInvalidField(update().status()), "update_mask");
  request.mutable_update_mask()->clear_paths();
  EXPECT_EQ(GetInvalidField(update().status()), "update_mask");
  request.mutable_update_mask()->add_paths("quota");
  request.mutable_mailbox()->mutable_quota()->set_max_octets(-1);
  EXPECT_EQ(GetInvalidField(update().status()), "max_octets");
}

TEST_F(ServicesTest, AMailboxIsMadeDeletedBroughtBackAndPurged) {
  v1::CreateMailboxRequest create;
  create.set_mailbox_id("m");
  create.mutable_mailbox()->mutable_quota()->set_max_messages(5);
  create.mutable_mailbox()->mutable_retention()->set_after_read_days(30);
  const auto made = Call<v1::Mailbox>(mail_admin_, &Mailboxes::CreateMailbox, create);
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_EQ(made->name(), "mailboxes/m");
  EXPECT_EQ(made->quota().max_messages(), 5);
  EXPECT_EQ(made->retention().after_read_days(), 30);
  EXPECT_FALSE(made->retention().has_after_delivery_days());
  EXPECT_EQ(made->effective_retention().after_delivery_days(), 0);
  const auto again = Call<v1::Mailbox>(mail_admin_, &Mailboxes::CreateMailbox, create);
  EXPECT_EQ(GetErrorReason(again.status()), ErrorReason::kMailboxExists);

  Deliver({"m"}, "one\r\n");
  v1::DeleteMailboxRequest remove;
  remove.set_name("mailboxes/m");
  const auto deleted = Call<v1::Mailbox>(mail_admin_, &Mailboxes::DeleteMailbox, remove);
  ASSERT_TRUE(deleted.ok()) << deleted.status();
  EXPECT_EQ(deleted->deleted_by(), "spiffe://restante/mail-admin/ops");
  EXPECT_EQ(deleted->expire_time().seconds() - deleted->delete_time().seconds(), 30 * 24 * 3600);
  EXPECT_NE(deleted->etag(), made->etag());
  EXPECT_THAT(log_lines_.back(), testing::HasSubstr("DeleteMailbox"));
  EXPECT_EQ(GetErrorReason(Open(Opening(Grant("m"))).status()), ErrorReason::kMailboxDeleted);
  v1::ListMailboxesRequest list;
  EXPECT_EQ(
      Call<v1::ListMailboxesResponse>(reader_, &Mailboxes::ListMailboxes, list)->mailboxes_size(),
      0);
  list.set_show_deleted(true);
  EXPECT_EQ(
      Call<v1::ListMailboxesResponse>(reader_, &Mailboxes::ListMailboxes, list)->mailboxes_size(),
      1);

  v1::UndeleteMailboxRequest back;
  back.set_name("mailboxes/m");
  EXPECT_FALSE(
      Call<v1::Mailbox>(mail_admin_, &Mailboxes::UndeleteMailbox, back)->has_delete_time());
  EXPECT_EQ(CountOf("m"), 1);
  v1::PurgeMailboxRequest purge;
  purge.set_name("mailboxes/m");
  const auto purged = [&] {
    return Call<v1::PurgeMailboxResponse>(mail_admin_, &Mailboxes::PurgeMailbox, purge).status();
  };
  EXPECT_EQ(GetErrorReason(purged()), ErrorReason::kMailboxNotDeleted);
  ASSERT_TRUE(Call<v1::Mailbox>(mail_admin_, &Mailboxes::DeleteMailbox, remove).ok());
  EXPECT_TRUE(purged().ok());
  EXPECT_EQ(GetErrorReason(purged()), ErrorReason::kMailboxNotFound);
}

TEST_F(ServicesTest, AnUpdateIsOfTheMailboxThatWasRead) {
  v1::UpdateMailboxRequest update;
  update.mutable_mailbox()->set_name("mailboxes/m");
  update.mutable_mailbox()->mutable_retention()->set_after_delivery_days(90);
  update.mutable_update_mask()->add_paths("retention.after_delivery_days");
  update.set_allow_missing(true);
  const auto change = [&] {
    return Call<v1::Mailbox>(mail_admin_, &Mailboxes::UpdateMailbox, update);
  };
  const std::string etag = change()->etag();
  update.mutable_mailbox()->set_etag(etag);
  EXPECT_TRUE(change().ok());
  EXPECT_EQ(GetErrorReason(change().status()), ErrorReason::kEtagMismatch);
  update.mutable_mailbox()->clear_etag();
  update.mutable_mailbox()->mutable_retention()->set_after_delivery_days(36'501);
  EXPECT_EQ(GetInvalidField(change().status()), "mailbox.retention.after_delivery_days");
  update.mutable_mailbox()->mutable_retention()->set_after_delivery_days(36'500);
  EXPECT_EQ(change()->effective_retention().after_delivery_days(), 36'500);
  Deliver({"m"}, "one\r\n");
  EXPECT_EQ(Open("m").retention_days(), 36'500);
  EXPECT_FALSE(Open(Opening(Grant("other")))->has_retention_days());
}

TEST_F(ServicesTest, RetentionDeletesWhatWasReadLongAgo) {
  v1::CreateMailboxRequest create;
  create.set_mailbox_id("m");
  create.mutable_mailbox()->mutable_retention()->set_after_read_days(1);
  ASSERT_TRUE(Call<v1::Mailbox>(mail_admin_, &Mailboxes::CreateMailbox, create).ok());
  Deliver({"m"}, "one\r\n");
  Deliver({"m"}, "two\r\n");
  const v1::OpenMaildropResponse opened = Open("m");
  ASSERT_EQ(*Close(opened.lease(), {}, {opened.messages(1).message_id()}), 0);
  clock_.Advance(absl::Hours(48));
  v1::ApplyRetentionRequest request;
  request.set_validate_only(true);
  const auto apply = [&] {
    return RunJob<v1::ApplyRetentionResponse>(&Mailboxes::ApplyRetention, request);
  };
  ASSERT_TRUE(apply().ok()) << apply().status();
  EXPECT_EQ(apply()->expired_messages(), 1);
  EXPECT_TRUE(apply()->validate_only());
  EXPECT_EQ(CountOf("m"), 2);
  request.set_validate_only(false);
  request.set_name("mailboxes/m");
  EXPECT_EQ(apply()->expired_octets(), 5);
  EXPECT_EQ(CountOf("m"), 1);
  request.set_name("mailboxes/none");
  EXPECT_EQ(GetErrorReason(apply().status()), ErrorReason::kMailboxNotFound);
  request.set_name("m");
  EXPECT_EQ(GetInvalidField(apply().status()), "name");
  request.set_name("");
  request.set_request_id("x");
  EXPECT_EQ(GetInvalidField(apply().status()), "request_id");
}

TEST_F(ServicesTest, MailboxesAreVerifiedAndBackedUp) {
  Deliver({"m"}, "one\r\n");
  Deliver({"n"}, std::string(1'000'000, 'x'));
  const auto verified = RunJob<v1::VerifyMailboxesResponse>(&Mailboxes::VerifyMailboxes,
                                                            v1::VerifyMailboxesRequest());
  ASSERT_TRUE(verified.ok()) << verified.status();
  EXPECT_EQ(verified->mailboxes(), 2);
  EXPECT_EQ(verified->messages(), 2);
  EXPECT_EQ(verified->octets(), 1'000'005);
  EXPECT_EQ(verified->damaged_size(), 0);
  const auto back_up = [this] {
    return RunJob<v1::BackupMailboxesResponse>(&Mailboxes::BackupMailboxes,
                                               v1::BackupMailboxesRequest());
  };
  ASSERT_EQ(back_up()->backup_id(), 1u);
  ASSERT_EQ(back_up()->backup_id(), 2u);
  const auto third = back_up();
  EXPECT_EQ(third->backup_id(), 3u);
  EXPECT_EQ(third->backups(), 2);
  EXPECT_EQ(third->directory(), backups_.directory);
  EXPECT_EQ(ListBackups(backups_.directory)->size(), 2u);
}

TEST_F(ServicesTest, MessagesMoveFromMailboxToMailbox) {
  const std::string large(600'000, 'x');
  Deliver({"from"}, "one\r\n");
  Deliver({"from"}, large);
  Deliver({"from"}, "");
  Open("from");

  v1::ExportMessagesRequest request;
  request.set_parent("mailboxes/from");
  grpc::ClientContext export_context;
  SetDeadline(&export_context);
  auto source = mover_->ExportMessages(&export_context, request);
  grpc::ClientContext import_context;
  SetDeadline(&import_context);
  auto sink = mover_->ImportMessages(&import_context);
  v1::ImportMessagesRequest part;
  part.set_parent("mailboxes/to");
  ASSERT_TRUE(sink->Write(part));
  part.Clear();
  std::string text;
  std::vector<std::string> names;
  v1::ExportMessagesResponse answer;
  while (source->Read(&answer)) {
    for (const v1::ExportedPiece& piece : answer.pieces()) {
      if (piece.has_begin()) {
        text.clear();
        part.mutable_begin()->set_import_id(piece.begin().name());
        part.mutable_begin()->set_uidl(piece.begin().uidl());
        *part.mutable_begin()->mutable_delivery_time() = piece.begin().delivery_time();
        ASSERT_TRUE(sink->Write(part));
      }
      if (!piece.text().empty()) {
        part.set_text(piece.text());
        text += piece.text();
        ASSERT_TRUE(sink->Write(part));
      }
      if (!piece.end()) continue;
      part.mutable_end()->set_size_octets(static_cast<int64_t>(text.size()));
      part.mutable_end()->set_crc32c(ExtendCrc32c(0, text));
      v1::ImportMessagesResponse done;
      ASSERT_TRUE(sink->Write(part) && sink->Read(&done));
      EXPECT_EQ(done.status().code(), 0);
      EXPECT_FALSE(done.repeated());
      names.push_back(done.name());
    }
  }
  EXPECT_TRUE(source->Finish().ok());
  sink->WritesDone();
  EXPECT_TRUE(sink->Finish().ok());
  ASSERT_EQ(names.size(), 3u);
  EXPECT_THAT(names[0], testing::StartsWith("mailboxes/to/messages/"));
  const std::vector<MessageSummary> from = *store_->ListMessages("from", 0, 10);
  const std::vector<MessageSummary> to = *store_->ListMessages("to", 0, 10);
  ASSERT_EQ(to.size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(to[i].uidl, from[i].uidl);
    EXPECT_EQ(to[i].size_octets, from[i].size_octets);
    EXPECT_EQ(absl::ToUnixMillis(to[i].delivery_time), absl::ToUnixMillis(from[i].delivery_time));
  }
  auto reader = *store_->ReadMessage("to", to[1].message_id);
  EXPECT_EQ(*reader->Next(), large.substr(0, 262'144));
  EXPECT_THAT(log_lines_, testing::Contains(testing::HasSubstr("messages_imported")));
  EXPECT_THAT(log_lines_, testing::Contains(testing::HasSubstr("messages_exported")));
  // Who had mail is kept, and who brought it.
  std::vector<std::string> audited;
  const std::vector<audit::Entry> entries = *store_->ListAudit(UINT64_MAX, 10);
  for (const audit::Entry& entry : entries) {
    EXPECT_EQ(entry.author.caller, "spiffe://restante/mover/ops");
    EXPECT_THAT(
        entry.changes.at(0).new_values.at(0),
        testing::AnyOf(testing::StartsWith("begun as operations/"), "ended after 3 messages"));
    audited.push_back(absl::StrCat(entry.author.method, " ", entry.resource));
  }
  EXPECT_THAT(audited, testing::UnorderedElementsAre(
                           "ExportMessages mailboxes/from", "ExportMessages mailboxes/from",
                           "ImportMessages mailboxes/to", "ImportMessages mailboxes/to"));
}

TEST_F(ServicesTest, AnImportIsOfWholeMessages) {
  const auto end_of = [this](const std::vector<v1::ImportMessagesRequest>& parts) {
    grpc::ClientContext context;
    SetDeadline(&context);
    auto stream = mover_->ImportMessages(&context);
    for (const v1::ImportMessagesRequest& part : parts) {
      if (!stream->Write(part)) break;
      v1::ImportMessagesResponse answer;
      if (part.has_end() && !stream->Read(&answer)) break;
    }
    stream->WritesDone();
    return rpc::FromGrpcStatus(stream->Finish());
  };
  v1::ImportMessagesRequest parent;
  parent.set_parent("mailboxes/m");
  v1::ImportMessagesRequest begin;
  begin.mutable_begin()->set_import_id("1");
  v1::ImportMessagesRequest text;
  text.set_text("text\r\n");
  v1::ImportMessagesRequest end;
  end.mutable_end()->set_size_octets(6);
  end.mutable_end()->set_crc32c(ExtendCrc32c(0, "text\r\n"));
  EXPECT_TRUE(end_of({}).ok());
  EXPECT_TRUE(end_of({parent}).ok());
  EXPECT_TRUE(end_of({parent, begin, text, end}).ok());
  EXPECT_EQ(CountOf("m"), 1);
  EXPECT_EQ(GetInvalidField(end_of({begin})), "parent");
  EXPECT_EQ(GetInvalidField(end_of({parent, parent})), "parent");
  EXPECT_EQ(GetInvalidField(end_of({parent, text})), "text");
  EXPECT_EQ(GetInvalidField(end_of({parent, end})), "end");
  EXPECT_EQ(GetInvalidField(end_of({parent, begin, begin})), "begin");
  EXPECT_EQ(GetInvalidField(end_of({parent, v1::ImportMessagesRequest()})), "part");
  begin.mutable_begin()->set_import_id("2");
  EXPECT_TRUE(absl::IsCancelled(end_of({parent, begin, text})));
  end.mutable_end()->set_size_octets(7);
  EXPECT_EQ(GetErrorReason(end_of({parent, begin, text, end})), ErrorReason::kDeliveryIncomplete);
  text.set_text(std::string(262'145, 'x'));
  EXPECT_EQ(GetInvalidField(end_of({parent, begin, text})), "text");
  begin.mutable_begin()->mutable_read_time()->set_nanos(-1);
  EXPECT_EQ(GetInvalidField(end_of({parent, begin})), "read_time");
  EXPECT_EQ(CountOf("m"), 1);
  v1::ExportMessagesRequest wish;
  wish.set_parent("mailboxes/none");
  grpc::ClientContext context;
  SetDeadline(&context);
  auto stream = mover_->ExportMessages(&context, wish);
  v1::ExportMessagesResponse answer;
  EXPECT_FALSE(stream->Read(&answer));
  EXPECT_EQ(GetErrorReason(rpc::FromGrpcStatus(stream->Finish())), ErrorReason::kMailboxNotFound);
}

TEST_F(ServicesTest, SaysWhoChangedWhat) {
  Deliver({"m"}, "text\r\n");
  v1::UpdateMailboxRequest update;
  update.mutable_mailbox()->set_name("mailboxes/m");
  update.mutable_mailbox()->mutable_quota()->set_max_messages(9);
  update.mutable_update_mask()->add_paths("quota");
  ASSERT_TRUE(Call<v1::Mailbox>(mail_admin_, &Mailboxes::UpdateMailbox, update).ok());
  v1::DeleteMailboxRequest deletion;
  deletion.set_name("mailboxes/m");
  ASSERT_TRUE(Call<v1::Mailbox>(mail_admin_, &Mailboxes::DeleteMailbox, deletion).ok());
  EXPECT_FALSE(Call<v1::Mailbox>(mail_admin_, &Mailboxes::DeleteMailbox, deletion).ok());

  common::v1::ListAuditEntriesRequest wish;
  wish.set_filter("resource = mailboxes/m");
  wish.set_page_size(1);
  const auto list = [&] {
    return Call<common::v1::ListAuditEntriesResponse>(
        audit_stub_, &common::v1::AuditService::Stub::ListAuditEntries, wish);
  };
  auto page = list();
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entries_size(), 1);
  EXPECT_EQ(page->entries(0).name(), "auditEntries/0000000000000002");
  EXPECT_EQ(page->entries(0).method(), "DeleteMailbox");
  EXPECT_EQ(page->entries(0).caller(), "spiffe://restante/mail-admin/ops");
  wish.set_page_token(page->next_page_token());
  page = list();
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->entries_size(), 1);
  EXPECT_EQ(page->entries(0).changes(0).field(), "quota.max_messages");
  EXPECT_EQ(page->entries(0).changes(0).new_values(0), "9");
}

TEST_F(ServicesTest, CallersWithoutTheRoleAreRefused) {
  const auto ingress = v1::MaildropService::NewStub(Connect(*server_, "ingress/lmtp-0"));
  EXPECT_EQ(GetErrorReason(Call<v1::OpenMaildropResponse>(ingress, &Maildrops::OpenMaildrop,
                                                          Opening(Grant("m")))
                               .status()),
            ErrorReason::kRoleMissing);
  ingress_ = v1::DeliveryService::NewStub(Connect(*server_, "frontend/pop3-0"));
  EXPECT_EQ(GetErrorReason(Send({Header({"m"}), Finish("")}).status()), ErrorReason::kRoleMissing);
  const auto frontend = v1::MailboxService::NewStub(Connect(*management_, "frontend/pop3-0"));
  EXPECT_EQ(GetErrorReason(Call<v1::ListMailboxesResponse>(frontend, &Mailboxes::ListMailboxes,
                                                           v1::ListMailboxesRequest())
                               .status()),
            ErrorReason::kRoleMissing);
}

TEST_F(ServicesTest, CountsWhatItDoes) {
  Deliver({"m"}, "text\r\n");
  const v1::OpenMaildropResponse opened = Open("m");
  Read(Reads(opened));
  EXPECT_TRUE(Close(opened.lease(), {opened.messages(0).message_id()}).ok());
  const std::string metrics = registry_.Render();
  EXPECT_THAT(metrics, testing::HasSubstr("restante_mailstore_deliveries_total{outcome=\"ok\"} 1"));
  EXPECT_THAT(metrics, testing::HasSubstr("restante_mailstore_reads_total{outcome=\"ok\"} 1"));
  EXPECT_THAT(metrics, testing::HasSubstr("restante_mailstore_read_octets_total 6"));
  EXPECT_THAT(metrics, testing::HasSubstr("restante_mailstore_deleted_messages_total 1"));
  EXPECT_THAT(log_lines_, testing::Contains(testing::HasSubstr("maildrop_closed")));
}

}  // namespace
}  // namespace restante::mailstore
