#include <array>
#include <bit>
#include <cstdint>

#include "common/base/byte_reader.h"
#include "common/base/byte_writer.h"
#include "common/base/check.h"
#include "common/base/secret.h"
#include "common/crypto/digest.h"

namespace restante {
namespace {

using State = std::array<uint32_t, 4>;
using Block = std::array<uint32_t, 16>;

constexpr size_t kBlockOctets = 64;

// One of the three rounds of RFC 1320 section 3.4: sixteen steps, each of which replaces one word
// and turns the state by one place.
template <typename Function>
void Round(State* state, const Block& block, const std::array<uint8_t, 16>& order,
           const std::array<int, 4>& shifts, uint32_t constant, Function function) {
  for (size_t step = 0; step < 16; ++step) {
    auto [a, b, c, d] = *state;
    uint32_t sum = a + function(b, c, d) + block[order[step]] + constant;
    *state = {d, std::rotl(sum, shifts[step % 4]), b, c};
  }
}

void Compress(absl::string_view octets, State* state) {
  Block block;
  ByteReader reader(octets);
  for (uint32_t& word : block) {
    std::optional<uint32_t> read = reader.ReadU32Le();
    RESTANTE_CHECK(read.has_value());
    word = *read;
  }
  State next = *state;
  Round(&next, block, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {3, 7, 11, 19}, 0,
        [](uint32_t x, uint32_t y, uint32_t z) { return (x & y) | (~x & z); });
  Round(&next, block, {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15}, {3, 5, 9, 13},
        0x5a827999, [](uint32_t x, uint32_t y, uint32_t z) { return (x & y) | (x & z) | (y & z); });
  Round(&next, block, {0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15}, {3, 9, 11, 15},
        0x6ed9eba1, [](uint32_t x, uint32_t y, uint32_t z) { return x ^ y ^ z; });
  for (size_t i = 0; i < state->size(); ++i) (*state)[i] += next[i];
}

}  // namespace

std::string Md4(absl::string_view bytes) {
  ByteWriter writer;
  writer.Bytes(bytes).U8(0x80);
  while (writer.bytes().size() % kBlockOctets != kBlockOctets - 8) writer.U8(0);
  writer.U64Le(uint64_t{bytes.size()} * 8);
  // The input is a password as a rule.
  Secret padded(writer.Take());

  State state = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  for (ByteReader reader(padded.view()); !reader.empty();) {
    std::optional<absl::string_view> block = reader.ReadBytes(kBlockOctets);
    RESTANTE_CHECK(block.has_value());
    Compress(*block, &state);
  }
  ByteWriter digest;
  for (uint32_t word : state) digest.U32Le(word);
  return digest.Take();
}

}  // namespace restante
