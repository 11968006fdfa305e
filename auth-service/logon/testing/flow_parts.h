#ifndef RESTANTE_AUTH_SERVICE_LOGON_TESTING_FLOW_PARTS_H_
#define RESTANTE_AUTH_SERVICE_LOGON_TESTING_FLOW_PARTS_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "auth-service/logon/attempt.h"
#include "auth-service/logon/recent_attempts.h"
#include "common/base/secret.h"
#include "common/crypto/key_ring.h"

// What tests make a LogonFlow of.
namespace restante::logon {

// A ring of one key, made of 32 of `octet`.
inline KeyRing Keys(char octet) {
  std::map<std::string, Secret> keys;
  keys.emplace("k1", Secret(std::string(32, octet)));
  return *KeyRing::Create(std::move(keys), "k1");
}

// Of mailstore-0.
inline std::map<std::string, KeyRing> GrantKeys() {
  std::map<std::string, KeyRing> keys;
  keys.emplace("mailstore-0", Keys('g'));
  return keys;
}

// Keeps every attempt.
class Recorder : public AttemptObserver {
 public:
  void OnAttempt(const Attempt& attempt) override { attempts.push_back(attempt); }
  std::vector<Attempt> attempts;
};

// Remembers attempts as the program does.
class Memory : public AttemptObserver {
 public:
  void OnAttempt(const Attempt& attempt) override { attempts.Add(attempt); }
  RecentAttempts attempts;
};

}  // namespace restante::logon

#endif  // RESTANTE_AUTH_SERVICE_LOGON_TESTING_FLOW_PARTS_H_
