#include "common/crypto/cipher.h"

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

#include "common/base/byte_reader.h"
#include "common/base/check.h"

namespace restante {
namespace {

constexpr size_t kKeyOctets = 32;
constexpr size_t kNonceOctets = 12;
constexpr size_t kTagOctets = 16;

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

CipherContext NewContext() {
  CipherContext context(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  RESTANTE_CHECK(context != nullptr);
  return context;
}

const unsigned char* Unsigned(absl::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* Unsigned(std::string* bytes) {
  return reinterpret_cast<unsigned char*>(bytes->data());
}

// DES keys carry seven bits an octet; the eighth is parity, which nobody checks.
std::string ExpandDesKey(absl::string_view seven_octets) {
  uint64_t bits = 0;
  for (char c : seven_octets) bits = (bits << 8) | static_cast<uint8_t>(c);
  std::string key;
  for (int shift = 49; shift >= 0; shift -= 7) {
    key.push_back(static_cast<char>(((bits >> shift) & 0x7f) << 1));
  }
  return key;
}

// Single DES as EDE3 with one key three times over: libcrypto's default provider has only that.
std::string EncryptDesBlock(absl::string_view key, absl::string_view block) {
  Secret triple(std::string(key) + std::string(key) + std::string(key));
  CipherContext context = NewContext();
  std::string out(16, '\0');
  int size = 0;
  RESTANTE_CHECK(EVP_EncryptInit_ex(context.get(), EVP_des_ede3_ecb(), nullptr,
                                    Unsigned(triple.view()), nullptr) == 1);
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  RESTANTE_CHECK(EVP_EncryptUpdate(context.get(), Unsigned(&out), &size, Unsigned(block),
                                   static_cast<int>(block.size())) == 1);
  RESTANTE_CHECK(size == 8);
  out.resize(8);
  return out;
}

}  // namespace

std::string SealAes256Gcm(const Secret& key, absl::string_view plaintext,
                          absl::string_view associated_data, Random& random) {
  RESTANTE_CHECK(key.size() == kKeyOctets);
  std::string nonce = random.Bytes(kNonceOctets);
  std::string ciphertext(plaintext.size(), '\0');
  std::string tag(kTagOctets, '\0');
  CipherContext context = NewContext();
  int size = 0;
  bool sealed =
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Unsigned(key.view()),
                         Unsigned(nonce)) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &size, Unsigned(associated_data),
                        static_cast<int>(associated_data.size())) == 1 &&
      EVP_EncryptUpdate(context.get(), Unsigned(&ciphertext), &size, Unsigned(plaintext),
                        static_cast<int>(plaintext.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), Unsigned(&tag), &size) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagOctets, tag.data()) == 1;
  RESTANTE_CHECK(sealed);
  return nonce + ciphertext + tag;
}

std::optional<Secret> OpenAes256Gcm(const Secret& key, absl::string_view sealed,
                                    absl::string_view associated_data) {
  RESTANTE_CHECK(key.size() == kKeyOctets);
  if (sealed.size() < kNonceOctets + kTagOctets) return std::nullopt;
  ByteReader reader(sealed);
  absl::string_view nonce = reader.ReadBytes(kNonceOctets).value_or("");
  absl::string_view ciphertext = reader.ReadBytes(reader.remaining() - kTagOctets).value_or("");
  std::string tag(reader.rest());
  std::string plaintext(ciphertext.size(), '\0');
  CipherContext context = NewContext();
  int size = 0;
  bool opened =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Unsigned(key.view()),
                         Unsigned(nonce)) == 1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &size, Unsigned(associated_data),
                        static_cast<int>(associated_data.size())) == 1 &&
      EVP_DecryptUpdate(context.get(), Unsigned(&plaintext), &size, Unsigned(ciphertext),
                        static_cast<int>(ciphertext.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagOctets, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), Unsigned(&tag), &size) == 1;
  Secret result(std::move(plaintext));
  if (!opened) return std::nullopt;
  return result;
}

std::string Rc4(absl::string_view key, absl::string_view bytes) {
  RESTANTE_CHECK(!key.empty() && key.size() <= 256);
  std::array<uint8_t, 256> state;
  for (size_t i = 0; i < state.size(); ++i) state[i] = static_cast<uint8_t>(i);
  uint8_t j = 0;
  for (size_t i = 0; i < state.size(); ++i) {
    j = static_cast<uint8_t>(j + state[i] + static_cast<uint8_t>(key[i % key.size()]));
    std::swap(state[i], state[j]);
  }
  std::string out;
  uint8_t i = 0;
  j = 0;
  for (char c : bytes) {
    ++i;
    j = static_cast<uint8_t>(j + state[i]);
    std::swap(state[i], state[j]);
    uint8_t mask = state[static_cast<uint8_t>(state[i] + state[j])];
    out.push_back(static_cast<char>(static_cast<uint8_t>(c) ^ mask));
  }
  return out;
}

std::string Desl(absl::string_view key, absl::string_view data) {
  RESTANTE_CHECK(key.size() == 16 && data.size() == 8);
  Secret padded(std::string(key) + std::string(5, '\0'));
  ByteReader reader(padded.view());
  std::string response;
  while (std::optional<absl::string_view> part = reader.ReadBytes(7)) {
    Secret des_key(ExpandDesKey(*part));
    response += EncryptDesBlock(des_key.view(), data);
  }
  return response;
}

}  // namespace restante
