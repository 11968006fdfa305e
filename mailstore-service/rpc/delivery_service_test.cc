#include "mailstore-service/rpc/delivery_service.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "mailstore-service/rpc/testing/services_fixture.h"

namespace restante::mailstore {
namespace {

TEST_F(ServicesTest, WrongFinishStoresNothing) {
  const std::string text(300'000, 'x');
  v1::DeliverMessageRequest wrong_size = Finish(text);
  wrong_size.mutable_finish()->set_size_octets(300'001);
  v1::DeliverMessageRequest wrong_crc = Finish(text);
  wrong_crc.mutable_finish()->set_crc32c(wrong_crc.finish().crc32c() ^ 1);
  for (const v1::DeliverMessageRequest& finish : {wrong_size, wrong_crc}) {
    const absl::Status status =
        Send({Header({"m"}), Text(text.substr(0, 150'000)), Text(text.substr(150'000)), finish})
            .status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(GetErrorReason(status), ErrorReason::kDeliveryIncomplete);
  }
  EXPECT_EQ(GetErrorReason(Send({Header({"m"}), Text("text")}).status()),
            ErrorReason::kDeliveryIncomplete);
  EXPECT_EQ(GetErrorReason(Send({}).status()), ErrorReason::kDeliveryIncomplete);
  EXPECT_EQ(CountOf("m"), 0);
}

TEST_F(ServicesTest, ABrokenStreamLeavesNoMessage) {
  {
    grpc::ClientContext context;
    SetDeadline(&context);
    v1::DeliverMessageResponse response;
    auto writer = ingress_->DeliverMessage(&context, &response);
    ASSERT_TRUE(writer->Write(Header({"m"})));
    for (int i = 0; i < 6; ++i) ASSERT_TRUE(writer->Write(Text(std::string(200'000, 'x'))));
    context.TryCancel();
    EXPECT_FALSE(writer->Finish().ok());
  }
  EXPECT_EQ(CountOf("m"), 0);
  Deliver({"m"}, "after\r\n");
  EXPECT_EQ(Open("m").message_count(), 1);
}

TEST_F(ServicesTest, LimitsOfADelivery) {
  const std::string text = "text\r\n";
  auto field = [this](const std::vector<v1::DeliverMessageRequest>& parts) {
    const absl::Status status = Send(parts).status();
    EXPECT_EQ(GetErrorReason(status), ErrorReason::kFieldInvalid) << status;
    return GetInvalidField(status);
  };
  std::vector<std::string> many;
  for (int i = 0; i < 1'001; ++i) many.push_back(absl::StrCat("m", i));
  EXPECT_EQ(field({Header(many), Finish("")}), "mailbox_ids");
  EXPECT_EQ(field({Header({}), Finish("")}), "mailbox_ids");
  EXPECT_EQ(field({Header({"m", "n", "m"}), Finish("")}), "mailbox_ids");
  EXPECT_EQ(field({Header({"M"}), Finish("")}), "mailbox_id");
  EXPECT_EQ(field({Header({"m"}), Header({"m"})}), "header");
  EXPECT_EQ(field({Text(text)}), "text");
  EXPECT_EQ(field({Finish("")}), "finish");
  EXPECT_EQ(field({v1::DeliverMessageRequest()}), "part");
  EXPECT_EQ(field({Whole({}, text)}), "mailbox_ids");
  EXPECT_EQ(field({Header({"m"}), Whole({"m"}, text)}), "header");
  EXPECT_EQ(field({Whole({"m"}, std::string(262'145, 'x'))}), "text");
  EXPECT_EQ(field({Header({"m"}), Text(std::string(262'145, 'x'))}), "text");
  v1::DeliverMessageRequest finish = Finish(text);
  finish.mutable_finish()->add_delivery_ids(std::string(31, 'd'));
  EXPECT_EQ(field({Header({"m"}), Text(text), finish}), "delivery_ids");
  finish.mutable_finish()->set_delivery_ids(0, std::string(32, 'd'));
  EXPECT_EQ(field({Header({"m", "n"}), Text(text), finish}), "delivery_ids");
  EXPECT_EQ(GetErrorReason(Send({Header({"m"}), Text(std::string(262'144, 'x')),
                                 Text(std::string(262'144, 'x')), Text(std::string(262'144, 'x')),
                                 Text(std::string(262'144, 'x')), Text(std::string(262'144, 'x')),
                                 Text(std::string(262'144, 'x')), Text(std::string(262'144, 'x')),
                                 Text(std::string(262'144, 'x')), Text("x"),
                                 Finish(std::string(kMaxMessageOctets + 1, 'x'))})
                               .status()),
            ErrorReason::kMessageTooLarge);
  EXPECT_EQ(CountOf("m"), 0);
  EXPECT_EQ(CountOf("n"), 0);
  many.pop_back();
  Deliver(many, text);
  EXPECT_EQ(CountOf("m999"), 1);
}

TEST_F(ServicesTest, ASmallMessageComesInOnePart) {
  v1::DeliverMessageRequest whole = Whole({"m", "n"}, "text\r\n");
  const auto answer = Send({whole});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->results_size(), 2);
  EXPECT_EQ(CountOf("m"), 1);
  EXPECT_EQ(CountOf("n"), 1);
  whole.mutable_whole()->set_text("tex");
  EXPECT_EQ(GetErrorReason(Send({whole}).status()), ErrorReason::kDeliveryIncomplete);
  EXPECT_EQ(CountOf("m"), 1);
}

TEST_F(ServicesTest, ARepeatedDeliveryMakesNoSecondCopy) {
  const std::string text = "text\r\n";
  v1::DeliverMessageRequest finish = Finish(text);
  finish.mutable_finish()->add_delivery_ids(std::string(32, 'd'));
  const auto first = Send({Header({"m"}), Text(text), finish});
  const auto second = Send({Header({"m"}), Text(text), finish});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_FALSE(first->results(0).repeated());
  EXPECT_TRUE(second->results(0).repeated());
  EXPECT_EQ(second->results(0).message_id(), first->results(0).message_id());
  EXPECT_EQ(CountOf("m"), 1);
}

}  // namespace
}  // namespace restante::mailstore
