#include "tools/restantectl/output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/base/error_reason.h"
#include "tools/restantectl/errors.h"

namespace restante::ctl {
namespace {

using testing::HasSubstr;

TEST(Printable, NothingSteersTheTerminal) {
  EXPECT_EQ(Printable("CORP\\jsmith"), "CORP\\jsmith");
  EXPECT_EQ(Printable("M\xc3\xbcller"), "M\xc3\xbcller");
  EXPECT_EQ(Printable("a\x1b[2J"), "a\\x1b[2J");
  EXPECT_EQ(Printable("a\xc2\x9b"), "a\\xc2\\x9b");           // C1 control
  EXPECT_EQ(Printable("a\xe2\x80\xae"), "a\\xe2\\x80\\xae");  // right-to-left override
  EXPECT_EQ(Printable("a\xff"), "a\\xff");
}

TEST(ToTable, AccountsAreALineEach) {
  auth::v1::ListAccountsResponse accounts;
  auth::v1::Account& jsmith = *accounts.add_accounts();
  jsmith.set_name("accounts/jsmith");
  jsmith.add_windows_names("CORP\\jsmith");
  jsmith.set_alias("john.smith");
  jsmith.set_placement("mailstore-0");
  auth::v1::Account& sales = *accounts.add_accounts();
  sales.set_name("accounts/sales");
  sales.set_disabled(true);
  EXPECT_EQ(ToTable(accounts),
            "ACCOUNT  WINDOWS NAMES  ALIAS       ADDRESSES  MAILBOX  PLACEMENT    STATE\n"
            "jsmith   CORP\\jsmith    john.smith  -          -        mailstore-0  enabled\n"
            "sales    -              -           -          -        -            disabled\n");
}

TEST(ToTable, AnExplanationShowsEachStep) {
  auth::v1::ExplainLogonResponse explanation;
  explanation.set_reason("NO_MAILBOX");
  explanation.set_client_name("CORP\\jsmith");
  explanation.set_account("accounts/jsmith");
  explanation.set_next_step("give the account an alias");
  explanation.add_steps()->set_rule("windows-name");
  explanation.mutable_steps(0)->set_finding("CORP\\jsmith is the account jsmith");
  EXPECT_EQ(ToTable(explanation),
            "Decision:   refused: NO_MAILBOX\n"
            "Name:       CORP\\jsmith\n"
            "Account:    jsmith\n"
            "Next step:  give the account an alias\n"
            "\n"
            "    RULE          FINDING\n"
            "1.  windows-name  CORP\\jsmith is the account jsmith\n");
}

TEST(ToTable, AMailboxSaysWhoHoldsIt) {
  mailstore::v1::Mailbox mailbox;
  mailbox.set_name("mailboxes/m-1");
  mailbox.set_message_count(2);
  EXPECT_THAT(ToTable(mailbox), HasSubstr("Open in session:  none\n"));
  mailbox.mutable_session()->set_client_address("192.0.2.7");
  EXPECT_THAT(ToTable(mailbox), HasSubstr("Client address:  192.0.2.7\n"));
}

TEST(ToJson, HasEveryFieldUnderTheProtosName) {
  mailstore::v1::Mailbox mailbox;
  mailbox.set_name("mailboxes/m-1");
  EXPECT_EQ(ToJson(mailbox),
            "{\n \"name\": \"mailboxes/m-1\",\n \"message_count\": \"0\",\n"
            " \"total_size_octets\": \"0\",\n \"etag\": \"\",\n \"deleted_by\": \"\"\n}\n");
}

TEST(DescribeError, ShowsReasonDetailsAndNextStep) {
  absl::Status status = MakeError(absl::StatusCode::kAlreadyExists, ErrorReason::kNameTaken,
                                  "the alias john.smith is taken");
  SetErrorMetadata(&status, "holder", "accounts/jsmith");
  EXPECT_EQ(DescribeError(status),
            "error: the alias john.smith is taken\n"
            "reason: ALREADY_EXISTS/NAME_TAKEN\n"
            "holder: accounts/jsmith\n"
            "next: take the name from the account that holds it (restantectl accounts update "
            "HOLDER --remove-...), or choose another\n");
  EXPECT_THAT(DescribeError(absl::UnavailableError("x")), HasSubstr("check that the service runs"));
  EXPECT_EQ(DescribeError(UsageError("x")), "error: x\nnext: add --help to the command\n");
}

TEST(ExitCodeOf, TellsTheCausesApart) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), ExitCode::kOk);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("x")), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeOf(InvalidField("x", "y")), ExitCode::kFailed);
  EXPECT_EQ(ExitCodeOf(UsageError("x")), ExitCode::kUsage);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("x")), ExitCode::kNotFound);
  EXPECT_EQ(ExitCodeOf(absl::AbortedError("x")), ExitCode::kConflict);
  EXPECT_EQ(ExitCodeOf(absl::AlreadyExistsError("x")), ExitCode::kConflict);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("x")), ExitCode::kUnavailable);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("x")), ExitCode::kUnavailable);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("x")), ExitCode::kPermission);
}

}  // namespace
}  // namespace restante::ctl
