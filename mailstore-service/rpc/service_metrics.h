#ifndef RESTANTE_MAILSTORE_SERVICE_RPC_SERVICE_METRICS_H_
#define RESTANTE_MAILSTORE_SERVICE_RPC_SERVICE_METRICS_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/metrics/metrics.h"

namespace restante::mailstore {

// What the services count. Thread-safe; the registry must outlive it.
class ServiceMetrics {
 public:
  explicit ServiceMetrics(metrics::Registry& registry);

  // One call or one target of it, by how it ended: the label `outcome` is "ok" or the error's
  // reason, or its code when it has none.
  void Delivered(const absl::Status& status, int64_t size_octets) const;
  void Opened(const absl::Status& status) const;
  void Renewed(bool renewed) const;
  void Read(const absl::Status& status) const;
  void ReadOctets(size_t octets) const { read_octets_.Add(static_cast<double>(octets)); }
  void Paused(absl::Duration pause) const { paused_seconds_.Add(absl::ToDoubleSeconds(pause)); }
  void Closed(const absl::Status& status, int64_t deleted_count) const;

 private:
  // A store that failed stays so until the program is started anew.
  void NoteHealth(const absl::Status& status) const;

  const metrics::CounterFamily deliveries_;
  const metrics::CounterFamily opens_;
  const metrics::CounterFamily renewals_;
  const metrics::CounterFamily reads_;
  const metrics::CounterFamily closes_;
  const metrics::Counter delivered_octets_;
  const metrics::Counter read_octets_;
  const metrics::Counter deleted_messages_;
  const metrics::Counter paused_seconds_;
  const metrics::Gauge writable_;
};

}  // namespace restante::mailstore

#endif  // RESTANTE_MAILSTORE_SERVICE_RPC_SERVICE_METRICS_H_
