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

}  // namespace
}  // namespace restante::rpc
