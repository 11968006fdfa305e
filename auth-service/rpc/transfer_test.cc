// Imports and exports through DirectoryService.

#include "auth-service/rpc/testing/services_fixture.h"

namespace restante::rpc {
namespace {

TEST_F(ServicesTest, ImportsAndExports) {
  CreateSmith();
  grpc::ClientContext context;
  auto stream = admin_stub_->ImportAccounts(&context);
  auth::v1::ImportAccountsRequest request;
  request.mutable_options()->set_update_existing(true);
  ASSERT_TRUE(stream->Write(request));
  request.Clear();
  const auto add = [&request](const char* id) {
    auth::v1::ImportItem* item = request.add_items();
    item->set_item_number(request.items_size());
    item->set_account_id(id);
    return item;
  };
  add("anna")->mutable_credential()->set_password("Password");
  add("Anna");
  add("ben")->mutable_credential()->set_nt_hash("short");
  add("ben")->mutable_account()->add_windows_names("corp\\JSMITH");
  auth::v1::ImportItem* smith = add("jsmith");
  smith->mutable_account()->add_windows_names("CORP\\jsmith");
  smith->mutable_account()->add_addresses("john.smith@corp.example");
  smith->mutable_account()->set_alias("john.smith");
  smith->mutable_credential()->set_password("Password");
  const auth::v1::ImportAccountsRequest items = request;
  const auto outcomes = [&](const auth::v1::ImportAccountsRequest& sent) {
    auth::v1::ImportAccountsResponse response;
    std::vector<std::string> texts;
    EXPECT_TRUE(stream->Write(sent) && stream->Read(&response));
    for (const auth::v1::ImportResult& result : response.results()) {
      EXPECT_EQ(result.item_number(), static_cast<int64_t>(texts.size()) + 1);
      const absl::Status error = FromProto(result.error());
      texts.push_back(
          auth::v1::ImportOutcome_Name(result.outcome()).substr(15) +
          (error.ok() ? "" : absl::StrCat(" ", ErrorReasonName(GetErrorReason(error)))));
    }
    return texts;
  };
  EXPECT_THAT(outcomes(items),
              testing::ElementsAre("CREATED", "FAILED FIELD_INVALID", "FAILED FIELD_INVALID",
                                   "FAILED NAME_TAKEN", "UNCHANGED"));
  // A repeat, of the same password too.
  EXPECT_EQ(outcomes(items)[0], "UNCHANGED");
  smith = request.mutable_items(4);
  smith->mutable_credential()->set_password("another");
  EXPECT_EQ(outcomes(request)[4], "UPDATED");
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_THAT(log_lines_.back(), testing::HasSubstr("accounts_imported"));
  EXPECT_THAT(log_lines_.back(), testing::HasSubstr("\"created\":1"));

  auth::v1::ExportAccountsRequest wish;
  const auto exported = [&] {
    grpc::ClientContext reader_context;
    auto reader = reader_stub_->ExportAccounts(&reader_context, wish);
    auth::v1::ExportAccountsResponse response;
    std::vector<std::string> names;
    while (reader->Read(&response)) {
      for (const auth::v1::Account& account : response.accounts()) names.push_back(account.name());
    }
    EXPECT_TRUE(reader->Finish().ok());
    return names;
  };
  EXPECT_THAT(exported(), testing::ElementsAre("accounts/anna", "accounts/jsmith"));
  wish.set_after("accounts/anna");
  EXPECT_THAT(exported(), testing::ElementsAre("accounts/jsmith"));
  wish.set_filter("alias = nobody");
  EXPECT_THAT(exported(), testing::IsEmpty());
}

TEST_F(ServicesTest, RefusesImportsOfWrongForm) {
  const auto end = [this](const std::vector<auth::v1::ImportAccountsRequest>& messages) {
    grpc::ClientContext context;
    auto stream = admin_stub_->ImportAccounts(&context);
    for (const auto& message : messages) stream->Write(message);
    stream->WritesDone();
    auth::v1::ImportAccountsResponse response;
    while (stream->Read(&response)) {
    }
    return GetInvalidField(FromGrpcStatus(stream->Finish()));
  };
  auth::v1::ImportAccountsRequest options;
  options.mutable_options();
  auth::v1::ImportAccountsRequest items;
  items.add_items()->set_account_id("a");
  EXPECT_EQ(end({options, items}), "");
  EXPECT_EQ(end({items}), "options");
  EXPECT_EQ(end({options, options}), "options");
  EXPECT_EQ(end({options, auth::v1::ImportAccountsRequest()}), "items");
  while (items.items_size() <= 1'000) items.add_items();
  EXPECT_EQ(end({options, items}), "items");
  auth::v1::ExportAccountsRequest wish;
  wish.set_filter("nothing");
  grpc::ClientContext context;
  auto reader = reader_stub_->ExportAccounts(&context, wish);
  auth::v1::ExportAccountsResponse response;
  EXPECT_FALSE(reader->Read(&response));
  EXPECT_EQ(GetInvalidField(FromGrpcStatus(reader->Finish())), "filter");
}

constexpr char kRequest[] = "00112233445566778899aabbccddeeff";

class TransferTest : public ServicesTest {
 protected:
  // An ImportAccounts call whose options have been sent.
  struct Import {
    grpc::ClientContext context;
    std::unique_ptr<
        grpc::ClientReaderWriter<auth::v1::ImportAccountsRequest, auth::v1::ImportAccountsResponse>>
        stream;
    auth::v1::ImportAccountsResponse answer;

    // Whether it is answered.
    bool Send(const auth::v1::ImportAccountsRequest& request) {
      return stream->Write(request) && stream->Read(&answer);
    }
    bool SendAccount(const std::string& id) {
      auth::v1::ImportAccountsRequest request;
      request.add_items()->set_account_id(id);
      return Send(request);
    }
    absl::Status Complete() {
      auth::v1::ImportAccountsRequest request;
      request.set_complete(true);
      stream->Write(request);
      return End();
    }
    absl::Status End() {
      stream->WritesDone();
      return FromGrpcStatus(stream->Finish());
    }
  };
  std::unique_ptr<Import> BeginImport(const std::string& request_id, bool validate_only = false) {
    auto import = std::make_unique<Import>();
    import->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    import->stream = admin_stub_->ImportAccounts(&import->context);
    auth::v1::ImportAccountsRequest request;
    request.mutable_options()->set_request_id(request_id);
    request.mutable_options()->set_validate_only(validate_only);
    request.mutable_options()->set_update_existing(true);
    if (request_id.empty()) {
      EXPECT_TRUE(import->stream->Write(request));
    } else {
      import->Send(request);
    }
    return import;
  }

  struct Exported {
    std::vector<std::string> accounts;
    std::string operation;
    bool already_ended = false;
    int answers = 0;
    absl::Status status;
  };
  Exported Export(const auth::v1::ExportAccountsRequest& request) {
    grpc::ClientContext context;
    auto reader = reader_stub_->ExportAccounts(&context, request);
    auth::v1::ExportAccountsResponse response;
    Exported exported;
    while (reader->Read(&response)) {
      if (++exported.answers == 1) exported.operation = response.operation();
      exported.already_ended = exported.already_ended || response.already_ended();
      for (const auto& account : response.accounts()) exported.accounts.push_back(account.name());
    }
    exported.status = FromGrpcStatus(reader->Finish());
    return exported;
  }

  google::longrunning::Operation Get(const std::string& name) {
    return operations_->Get(name).value_or(google::longrunning::Operation());
  }
  common::v1::TransferMetadata MetadataOf(const std::string& name) {
    common::v1::TransferMetadata metadata;
    EXPECT_TRUE(Get(name).metadata().UnpackTo(&metadata)) << name;
    return metadata;
  }
  // Once the operation is no longer carried.
  void AwaitEndOfCall(const std::string& name) {
    Mutex mutex;
    CondVar changed;
    const auto subscription = operations_->OnChange([&] {
      MutexLock lock(&mutex);
      changed.SignalAll();
    });
    MutexLock lock(&mutex);
    while (MetadataOf(name).state() == common::v1::TRANSFER_STATE_RUNNING) {
      changed.WaitFor(&mutex, absl::Milliseconds(10));
    }
  }
};

TEST_F(TransferTest, AnImportIsAnOperation) {
  const auto import = BeginImport(kRequest);
  const std::string name = import->answer.operation();
  EXPECT_FALSE(import->answer.already_ended());
  EXPECT_EQ(MetadataOf(name).state(), common::v1::TRANSFER_STATE_RUNNING);
  EXPECT_EQ(MetadataOf(name).kind(), "ImportAccounts");
  EXPECT_EQ(MetadataOf(name).caller(), "spiffe://restante/account-admin/ops");
  ASSERT_TRUE(import->SendAccount("anna"));
  EXPECT_EQ(import->answer.operation(), "");
  ASSERT_TRUE(import->SendAccount("anna"));
  ASSERT_TRUE(import->SendAccount("No Name"));
  EXPECT_EQ(MetadataOf(name).counts().done(), 1);
  EXPECT_EQ(MetadataOf(name).counts().failed(), 1);
  EXPECT_TRUE(import->Complete().ok());
  common::v1::TransferResponse response;
  ASSERT_TRUE(Get(name).response().UnpackTo(&response));
  EXPECT_EQ(response.counts().done(), 1);
  EXPECT_EQ(response.counts().unchanged(), 1);
  EXPECT_EQ(response.counts().failed(), 1);

  // Once more: there is nothing to do.
  const auto again = BeginImport(kRequest);
  EXPECT_EQ(again->answer.operation(), name);
  EXPECT_TRUE(again->answer.already_ended());
  EXPECT_TRUE(again->End().ok());
}

TEST_F(TransferTest, AnImportWithoutRequestIdIsAnOperationToo) {
  const auto import = BeginImport("", /*validate_only=*/true);
  ASSERT_TRUE(import->SendAccount("anna"));
  const std::string name = import->answer.operation();
  EXPECT_TRUE(MetadataOf(name).validate_only());
  EXPECT_TRUE(import->End().ok());
  EXPECT_TRUE(Get(name).has_response());
}

TEST_F(TransferTest, AnImportThatBrokeOffIsTakenOn) {
  const auto cut = BeginImport(kRequest);
  const std::string name = cut->answer.operation();
  ASSERT_TRUE(cut->SendAccount("anna"));
  EXPECT_EQ(GetErrorReason(BeginImport(kRequest)->End()), ErrorReason::kOperationRunning);
  cut->context.TryCancel();
  EXPECT_TRUE(absl::IsCancelled(cut->End()));
  AwaitEndOfCall(name);
  EXPECT_EQ(MetadataOf(name).state(), common::v1::TRANSFER_STATE_BROKEN_OFF);
  // One that does not say that it is complete breaks off as well.
  const auto silent = BeginImport(kRequest);
  EXPECT_EQ(silent->answer.operation(), name);
  EXPECT_TRUE(absl::IsCancelled(silent->End()));
  EXPECT_EQ(MetadataOf(name).state(), common::v1::TRANSFER_STATE_BROKEN_OFF);

  const auto again = BeginImport(kRequest);
  EXPECT_EQ(again->answer.operation(), name);
  ASSERT_TRUE(again->SendAccount("anna"));
  ASSERT_TRUE(again->SendAccount("ben"));
  EXPECT_TRUE(again->Complete().ok());
  EXPECT_TRUE(Get(name).has_response());
  EXPECT_EQ(MetadataOf(name).attempts(), 3);
  EXPECT_EQ(MetadataOf(name).counts().done(), 2);
  EXPECT_EQ(MetadataOf(name).counts().unchanged(), 1);
}

TEST_F(TransferTest, ACancelledImportEndsAtItsNextItems) {
  const auto import = BeginImport(kRequest);
  const std::string name = import->answer.operation();
  ASSERT_TRUE(import->SendAccount("anna"));
  ASSERT_TRUE(operations_->Cancel(name).ok());
  EXPECT_FALSE(import->SendAccount("ben"));
  EXPECT_TRUE(absl::IsCancelled(import->End()));
  EXPECT_EQ(Get(name).error().code(), static_cast<int>(absl::StatusCode::kCancelled));
  EXPECT_EQ(MetadataOf(name).counts().done(), 1);
  EXPECT_FALSE(directory_->Get("ben").ok());
}

TEST_F(TransferTest, RefusesWrongWordsAboutTheOperation) {
  EXPECT_EQ(GetInvalidField(BeginImport("x")->End()), "request_id");
  auto import = BeginImport(kRequest);
  auth::v1::ImportAccountsRequest request;
  request.set_complete(true);
  request.add_items()->set_account_id("anna");
  EXPECT_FALSE(import->Send(request));
  EXPECT_EQ(GetInvalidField(import->End()), "complete");
  EXPECT_EQ(Get(operations_->List(UINT64_MAX, 1, true)[0].operation.name()).error().code(),
            static_cast<int>(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(GetInvalidField(BeginImport(kRequest, /*validate_only=*/true)->End()), "request_id");
}

TEST_F(TransferTest, AnExportIsAnOperation) {
  auth::v1::ExportAccountsRequest request;
  request.set_request_id(kRequest);
  const Exported none = Export(request);
  EXPECT_TRUE(none.status.ok());
  EXPECT_EQ(none.answers, 1);
  EXPECT_TRUE(Get(none.operation).has_response());
  CreateSmith();
  const Exported again = Export(request);
  EXPECT_EQ(again.operation, none.operation);
  EXPECT_TRUE(again.already_ended);
  EXPECT_THAT(again.accounts, testing::IsEmpty());
  request.clear_request_id();
  const Exported other = Export(request);
  EXPECT_THAT(other.accounts, testing::ElementsAre("accounts/jsmith"));
  EXPECT_EQ(MetadataOf(other.operation).kind(), "ExportAccounts");
  EXPECT_EQ(MetadataOf(other.operation).counts().done(), 1);
  request.set_request_id("x");
  EXPECT_EQ(GetInvalidField(Export(request).status), "request_id");
}

TEST_F(TransferTest, AnExportThatBrokeOffIsTakenOn) {
  // More than the channel holds for a caller that takes nothing.
  constexpr int kAccounts = 4'000;
  std::vector<directory::ImportItem> items(kAccounts);
  for (int i = 0; i < kAccounts; ++i) {
    items[i].account.id = absl::StrCat("account-", i);
    items[i].account.placement = "mailstore-0";
  }
  directory::ImportSettings settings;
  settings.default_placement = "mailstore-0";
  for (const auto& outcome : directory_->Import(items, settings)) ASSERT_TRUE(outcome.ok());

  auth::v1::ExportAccountsRequest request;
  request.set_request_id(kRequest);
  grpc::ClientContext context;
  auto reader = reader_stub_->ExportAccounts(&context, request);
  auth::v1::ExportAccountsResponse first;
  ASSERT_TRUE(reader->Read(&first));
  const std::string name = first.operation();
  EXPECT_EQ(GetErrorReason(Export(request).status), ErrorReason::kOperationRunning);
  context.TryCancel();
  EXPECT_TRUE(absl::IsCancelled(FromGrpcStatus(reader->Finish())));
  AwaitEndOfCall(name);
  EXPECT_EQ(MetadataOf(name).state(), common::v1::TRANSFER_STATE_BROKEN_OFF);
  const int64_t before = MetadataOf(name).counts().done();
  // Behind what came its counts go on.
  request.set_after(first.accounts(first.accounts_size() - 1).name());
  const Exported rest = Export(request);
  EXPECT_EQ(rest.operation, name);
  EXPECT_EQ(rest.accounts.size(), static_cast<size_t>(kAccounts - first.accounts_size()));
  EXPECT_EQ(MetadataOf(name).counts().done(), before + static_cast<int64_t>(rest.accounts.size()));
  EXPECT_TRUE(Get(name).has_response());
}

}  // namespace
}  // namespace restante::rpc
