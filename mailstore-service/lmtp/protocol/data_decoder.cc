#include "mailstore-service/lmtp/protocol/data_decoder.h"

#include "common/base/check.h"

namespace restante::lmtp {

void DataDecoder::Decode(absl::string_view* octets, std::string* text) {
  RESTANTE_CHECK(!ended());
  while (!octets->empty() && !ended()) {
    if (state_ == State::kText) {
      // Most octets are the inside of a line; they are copied in one piece.
      size_t length = 0;
      while (length < octets->size() && (*octets)[length] != '\r' && (*octets)[length] != '\n') {
        ++length;
      }
      text->append(octets->data(), length);
      octets->remove_prefix(length);
      if (octets->empty()) return;
    }
    DecodeOctet(octets->front(), text);
    octets->remove_prefix(1);
  }
}

void DataDecoder::DecodeOctet(char octet, std::string* text) {
  switch (state_) {
    case State::kLineStart:
      if (octet == '.') {
        state_ = State::kDot;
        return;
      }
      return DecodeText(octet, text);
    case State::kText:
      return DecodeText(octet, text);
    case State::kCr:
      if (octet == '\n') {
        text->append("\r\n");
        state_ = State::kLineStart;
        return;
      }
      EndLineBare(text);
      return DecodeText(octet, text);
    case State::kDot:
      if (octet == '\r') {
        state_ = State::kDotCr;
        return;
      }
      return DecodeText(octet, text);
    case State::kDotCr:
      if (octet == '\n') {
        state_ = State::kEnded;
        return;
      }
      EndLineBare(text);
      return DecodeText(octet, text);
    case State::kEnded:
      return;
  }
}

void DataDecoder::DecodeText(char octet, std::string* text) {
  if (octet == '\r') {
    state_ = State::kCr;
    return;
  }
  if (octet == '\n') return EndLineBare(text);
  text->push_back(octet);
  state_ = State::kText;
}

void DataDecoder::EndLineBare(std::string* text) {
  text->append("\r\n");
  saw_bare_line_end_ = true;
  state_ = State::kText;
}

}  // namespace restante::lmtp
