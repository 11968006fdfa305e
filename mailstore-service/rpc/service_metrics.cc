#include "mailstore-service/rpc/service_metrics.h"

#include <string>

#include "common/base/error_reason.h"

namespace restante::mailstore {
namespace {

metrics::Labels OutcomeOf(const absl::Status& status) {
  if (status.ok()) return {{"outcome", "ok"}};
  ErrorReason reason = GetErrorReason(status);
  std::string name(reason == ErrorReason::kUnspecified ? absl::StatusCodeToString(status.code())
                                                       : std::string(ErrorReasonName(reason)));
  return {{"outcome", name}};
}

}  // namespace

ServiceMetrics::ServiceMetrics(metrics::Registry& registry)
    : deliveries_(registry.Counters("restante_mailstore_deliveries_total",
                                    "Messages for one mailbox each, by outcome.")),
      opens_(registry.Counters("restante_mailstore_opens_total", "Maildrops opened.")),
      renewals_(registry.Counters("restante_mailstore_renewals_total", "Leases renewed.")),
      reads_(registry.Counters("restante_mailstore_reads_total", "Messages read.")),
      closes_(registry.Counters("restante_mailstore_closes_total", "Maildrops closed.")),
      delivered_octets_(registry
                            .Counters("restante_mailstore_delivered_octets_total",
                                      "Octets of the messages accepted.")
                            .With()),
      read_octets_(
          registry.Counters("restante_mailstore_read_octets_total", "Octets given to front ends.")
              .With()),
      deleted_messages_(
          registry.Counters("restante_mailstore_deleted_messages_total", "Messages deleted.")
              .With()),
      paused_seconds_(
          registry
              .Counters("restante_mailstore_paused_seconds_total",
                        "Time that mailboxes under constant work were made to wait, for the "
                        "sake of others.")
              .With()),
      writable_(registry
                    .Gauges("restante_mailstore_writable",
                            "0 when a write failed and the store takes no more until a restart.")
                    .With()) {
  writable_.Set(1);
}

void ServiceMetrics::NoteHealth(const absl::Status& status) const {
  if (GetErrorReason(status) == ErrorReason::kStoreFailed) writable_.Set(0);
}

void ServiceMetrics::Delivered(const absl::Status& status, int64_t size_octets) const {
  deliveries_.With(OutcomeOf(status)).Add();
  if (status.ok()) delivered_octets_.Add(static_cast<double>(size_octets));
  NoteHealth(status);
}

void ServiceMetrics::Opened(const absl::Status& status) const {
  opens_.With(OutcomeOf(status)).Add();
  NoteHealth(status);
}

void ServiceMetrics::Renewed(bool renewed) const {
  renewals_.With({{"outcome", renewed ? "ok" : "LEASE_LOST"}}).Add();
}

void ServiceMetrics::Read(const absl::Status& status) const {
  reads_.With(OutcomeOf(status)).Add();
}

void ServiceMetrics::Closed(const absl::Status& status, int64_t deleted_count) const {
  closes_.With(OutcomeOf(status)).Add();
  if (status.ok()) deleted_messages_.Add(static_cast<double>(deleted_count));
  NoteHealth(status);
}

}  // namespace restante::mailstore
