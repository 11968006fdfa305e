#include "tests/support/request_limits.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/text_format.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "common/base/error_reason.h"
#include "common/rpc/status.h"

namespace restante {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;
using google::protobuf::MethodDescriptor;

constexpr int kTooMany = 200'001;
constexpr size_t kTooLong = 100'000;
constexpr int kNoEnumValue = 12'345;
constexpr int64_t kNoSeconds = 1'000'000'000'000'000;
constexpr int kDeepest = 4;

const MethodDescriptor* FindMethod(const std::string& path) {
  const std::string name = absl::StrReplaceAll(path.substr(1), {{"/", "."}});
  return DescriptorPool::generated_pool()->FindMethodByName(name);
}

std::unique_ptr<Message> NewRequest(const MethodWithRequest& method) {
  const Descriptor* type = FindMethod(method.path)->input_type();
  std::unique_ptr<Message> request(MessageFactory::generated_factory()->GetPrototype(type)->New());
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(method.text, request.get()));
  return request;
}

// The end of the call, or OK as soon as there is an answer.
absl::Status Send(const std::shared_ptr<grpc::ChannelInterface>& channel, const std::string& path,
                  const Message& request) {
  const std::string octets = request.SerializeAsString();
  grpc::Slice slice(octets);
  const grpc::ByteBuffer buffer(&slice, 1);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  context.set_wait_for_ready(true);
  grpc::CompletionQueue queue;
  const auto wait = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  grpc::GenericStub stub(channel);
  const auto call = stub.PrepareCall(&context, path, &queue);
  call->StartCall(nullptr);
  bool going = wait();
  grpc::ByteBuffer answer;
  if (going) {
    call->WriteLast(buffer, grpc::WriteOptions(), nullptr);
    wait();
    call->Read(&answer, nullptr);
    going = wait();
  }
  if (going) context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  wait();
  return going ? absl::OkStatus() : rpc::FromGrpcStatus(status);
}

bool NamesAField(const absl::Status& status) {
  return absl::IsInvalidArgument(status) &&
         (!GetInvalidField(status).empty() ||
          GetErrorReason(status) == ErrorReason::kPageTokenInvalid);
}

// Breaks a request one field at a time.
class Breaker {
 public:
  using Try = std::function<void(const std::string& field)>;

  Breaker(Message* request, Try attempt) : request_(*request), attempt_(std::move(attempt)) {}

  void Run() { Break(&request_, "", 0); }

 private:
  // `message` is a part of the request; it is as it was afterwards.
  void Break(Message* message, const std::string& prefix, int depth) {
    const Descriptor* type = message->GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      const FieldDescriptor* field = type->field(i);
      const std::string path = absl::StrCat(prefix, field->name());
      const std::unique_ptr<Message> kept(message->New());
      kept->CopyFrom(*message);
      if (field->is_repeated()) {
        BreakRepeated(message, field, path, depth);
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        BreakMessage(message->GetReflection()->MutableMessage(message, field), path, depth);
      } else if (SetBeyond(message, field)) {
        attempt_(path);
      }
      message->CopyFrom(*kept);
    }
  }

  void BreakMessage(Message* part, const std::string& path, int depth) {
    const std::string& type = part->GetDescriptor()->full_name();
    if (type == "google.protobuf.Timestamp" || type == "google.protobuf.Duration") {
      part->GetReflection()->SetInt64(part, part->GetDescriptor()->FindFieldByName("seconds"),
                                      kNoSeconds);
      return attempt_(path);
    }
    if (depth < kDeepest) Break(part, absl::StrCat(path, "."), depth + 1);
  }

  void BreakRepeated(Message* message, const FieldDescriptor* field, const std::string& path,
                     int depth) {
    const google::protobuf::Reflection* reflection = message->GetReflection();
    const std::unique_ptr<Message> kept(message->New());
    kept->CopyFrom(*message);
    for (int i = 0; i < kTooMany; ++i) Add(message, field, absl::StrCat("a", i));
    attempt_(path);
    message->CopyFrom(*kept);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      reflection->AddString(message, field, std::string(kTooLong, 'a'));
      attempt_(path);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      Message* element = reflection->FieldSize(*message, field) > 0
                             ? reflection->MutableRepeatedMessage(message, field, 0)
                             : reflection->AddMessage(message, field);
      if (depth < kDeepest) Break(element, absl::StrCat(path, "."), depth + 1);
    }
  }

  static void Add(Message* message, const FieldDescriptor* field, const std::string& text) {
    const google::protobuf::Reflection* reflection = message->GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      reflection->AddString(message, field, text);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      reflection->AddMessage(message, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
      reflection->AddUInt64(message, field, 1);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      reflection->AddEnumValue(message, field, 1);
    }
  }

  // False for a kind that has no beyond.
  static bool SetBeyond(Message* message, const FieldDescriptor* field) {
    const google::protobuf::Reflection* reflection = message->GetReflection();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      reflection->SetString(message, field, std::string(kTooLong, 'a'));
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
      reflection->SetInt32(message, field, -1);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
      reflection->SetInt64(message, field, -1);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      reflection->SetEnumValue(message, field, kNoEnumValue);
    } else {
      return false;
    }
    return true;
  }

  Message& request_;
  const Try attempt_;
};

}  // namespace

std::vector<std::string> FindUnenforcedLimits(
    const std::shared_ptr<grpc::ChannelInterface>& channel, const MethodWithRequest& method) {
  std::vector<std::string> found;
  const std::unique_ptr<Message> request = NewRequest(method);
  const absl::Status as_it_is = Send(channel, method.path, *request);
  if (NamesAField(as_it_is)) {
    found.push_back(absl::StrCat(method.path, ": ", as_it_is.ToString()));
  }
  Breaker(request.get(), [&](const std::string& field) {
    const auto covers = [&field](const std::string& unused) {
      return field == unused || field.rfind(unused + ".", 0) == 0;
    };
    if (std::any_of(method.unused.begin(), method.unused.end(), covers)) return;
    const absl::Status status = Send(channel, method.path, *request);
    if (NamesAField(status)) return;
    found.push_back(absl::StrCat(method.path, " ", field, ": ", status.ToString().substr(0, 200)));
  }).Run();
  return found;
}

std::vector<std::string> FindMissingMethods(const std::string& service,
                                            const std::vector<MethodWithRequest>& methods) {
  std::vector<std::string> missing;
  const auto* descriptor = DescriptorPool::generated_pool()->FindServiceByName(service);
  for (int i = 0; i < descriptor->method_count(); ++i) {
    const MethodDescriptor* method = descriptor->method(i);
    const std::string path = absl::StrCat("/", service, "/", method->name());
    const bool is_there = std::any_of(methods.begin(), methods.end(),
                                      [&path](const auto& each) { return each.path == path; });
    if (!is_there && !method->client_streaming()) missing.push_back(path);
  }
  return missing;
}

}  // namespace restante
