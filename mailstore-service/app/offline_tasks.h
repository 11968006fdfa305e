#ifndef RESTANTE_MAILSTORE_SERVICE_APP_OFFLINE_TASKS_H_
#define RESTANTE_MAILSTORE_SERVICE_APP_OFFLINE_TASKS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/app/program_options.h"
#include "mailstore-service/app/config.h"

namespace restante::mailstore {

// What restante-mailstore does with a store that no process has open.
std::vector<app::ProgramTask> OfflineTasks();

// Does the one of OfflineTasks whose option is `task`; what it has to say. DATA_LOSS when the store
// or the backup is damaged.
absl::StatusOr<std::string> DoOfflineTask(const Config& config, const std::string& task,
                                          const std::string& value);

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_APP_OFFLINE_TASKS_H_
