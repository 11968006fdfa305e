#ifndef RESTANTE_TESTS_DIALOGUES_DIALOGUE_H_
#define RESTANTE_TESTS_DIALOGUES_DIALOGUE_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// What the runners of all protocols have in common; README.md describes the files.
namespace restante::dialogue {

using Words = std::vector<std::string>;

// \xHH and \{N}c in a client's line.
std::string Unescape(absl::string_view text);

// Plays one dialogue against a new session. What the session says and wants is recorded in the
// form of the dialogue's lines and compared.
class Player {
 public:
  virtual ~Player() = default;

  void Play(const std::string& line);
  // Nothing may be left unsaid.
  void Finish() const;

 protected:
  // The words of a line that is none of C:, B:, S: and E:.
  virtual void Prepare(const Words& words) = 0;
  // Makes the session, ahead of the first other line.
  virtual void Begin() = 0;
  // The client says octets.
  virtual void Client(const std::string& octets) = 0;
  // Something happens behind the session.
  virtual void Behind(const Words& words) = 0;

  // The session said whole lines.
  void RecordReply(absl::string_view text);
  // The session wants something else: a line as it stands in a dialogue.
  void Record(std::string line) { said_.push_back(std::move(line)); }

 private:
  bool begun_ = false;
  std::deque<std::string> said_;
};

// The names of a folder's dialogues, in order.
std::vector<std::string> Files(const std::string& folder);
// The name as GoogleTest takes it.
std::string TestName(const std::string& file);

// Plays a dialogue line by line and octet by octet.
void PlayBothWays(const std::string& folder, const std::string& name,
                  const std::function<std::unique_ptr<Player>(bool octet_by_octet)>& make_player);

}  // namespace restante::dialogue

#endif  // RESTANTE_TESTS_DIALOGUES_DIALOGUE_H_
