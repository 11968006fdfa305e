#ifndef RESTANTE_TESTS_BENCH_LOAD_MAIL_STREAM_H_
#define RESTANTE_TESTS_BENCH_LOAD_MAIL_STREAM_H_

#include <openssl/types.h>

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace restante::load {

// Where a server listens, and how it is spoken to.
struct Endpoint {
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  // TLS from the first octet, verified against the authorities of this PEM file; empty: no TLS.
  std::string ca;
  std::string server_name = "localhost";
};

// A blocking connection that is read by lines, in the clear or over TLS. Every fault ends the
// process (Fail), silence of 60 s too. One thread.
class MailStream {
 public:
  explicit MailStream(const Endpoint& endpoint);
  ~MailStream();
  MailStream(const MailStream&) = delete;
  MailStream& operator=(const MailStream&) = delete;

  void Send(absl::string_view text);
  // The next line without its CRLF. Valid until the next call.
  absl::string_view ReadLine();
  // The lines up to the one with a dot alone, unstuffed, without that one. Valid until the next
  // call.
  absl::string_view ReadLinesToDot();
  // Frees what this side keeps for TLS and leaves the connection open: nothing else may be called
  // afterwards.
  void KeepSocketOnly();

 private:
  void ReadMore();

  int fd_;
  SSL* ssl_ = nullptr;
  std::string input_;
  size_t taken_ = 0;  // octets of input_ that were returned
  std::string unstuffed_;
};

}  // namespace restante::load

#endif  // RESTANTE_TESTS_BENCH_LOAD_MAIL_STREAM_H_
