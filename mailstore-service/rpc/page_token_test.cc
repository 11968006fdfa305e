#include "mailstore-service/rpc/page_token.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "common/base/error_reason.h"

namespace restante::mailstore {
namespace {

const std::string kSession(32, 'a');

TEST(PageToken, ComesBackWhole) {
  MaildropPageToken token{{"m-1", kSession, {7, 9}, "fe"}, 3, 4'000, 5, 6};
  MaildropPageToken back = *DecodeMaildropPageToken(EncodePageToken(token));
  EXPECT_EQ(back.lease.mailbox_id, "m-1");
  EXPECT_EQ(back.lease.session_id, kSession);
  EXPECT_EQ(back.lease.epoch, token.lease.epoch);
  EXPECT_EQ(back.lease.frontend, "");  // each page's caller is asked anew
  EXPECT_EQ(back.message_count, 3);
  EXPECT_EQ(back.total_size_octets, 4'000);
  EXPECT_EQ(back.after, 5u);
  EXPECT_EQ(back.last, 6u);
  EXPECT_EQ(*DecodeMailboxPageToken(EncodeMailboxPageToken("m-1")), "m-1");
  EXPECT_EQ(*DecodeMessagePageToken("m-1", EncodeMessagePageToken("m-1", 8)), 8u);
}

TEST(PageToken, OfAnotherListingIsRefused) {
  const std::string foreign[] = {EncodeMailboxPageToken("m-1"), EncodeMessagePageToken("m-2", 8),
                                 "", "*", std::string(1'000, 'A')};
  for (const std::string& text : foreign) {
    EXPECT_EQ(GetErrorReason(DecodeMaildropPageToken(text).status()),
              ErrorReason::kPageTokenInvalid);
    EXPECT_EQ(GetErrorReason(DecodeMessagePageToken("m-1", text).status()),
              ErrorReason::kPageTokenInvalid);
  }
  EXPECT_FALSE(DecodeMailboxPageToken(EncodeMessagePageToken("m-2", 8)).ok());
}

TEST(PageToken, CutTokensAreRefused) {
  std::string maildrop;
  std::string message;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(
      EncodePageToken({{"m-1", kSession, {7, 9}, ""}, 3, 4, 5, 6}), &maildrop));
  ASSERT_TRUE(absl::WebSafeBase64Unescape(EncodeMessagePageToken("m-1", 8), &message));
  for (size_t cut = 0; cut < maildrop.size(); ++cut) {
    EXPECT_FALSE(DecodeMaildropPageToken(absl::WebSafeBase64Escape(maildrop.substr(0, cut))).ok());
  }
  for (size_t cut = 0; cut < message.size(); ++cut) {
    EXPECT_FALSE(
        DecodeMessagePageToken("m-1", absl::WebSafeBase64Escape(message.substr(0, cut))).ok());
  }
}

}  // namespace
}  // namespace restante::mailstore
