#ifndef RESTANTE_POP3_FRONTEND_BACKEND_GRPC_MAILDROP_H_
#define RESTANTE_POP3_FRONTEND_BACKEND_GRPC_MAILDROP_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/rpc/call_counter.h"
#include "pop3-frontend/backend/grpc_maildrop_backend.h"
#include "pop3-frontend/backend/lease_keeper.h"
#include "pop3-frontend/backend/maildrop_backend.h"
#include "pop3-frontend/backend/message_reader.h"
#include "pop3-frontend/backend/source_quota.h"
#include "pop3-frontend/backend/store_link.h"

namespace restante::pop3 {

// What all maildrops of one front end share. Outlives each of them, by shared_ptr.
struct MaildropCommons {
  MaildropCommons(const log::Logger& logger, const GrpcMaildropOptions& with)
      : options(with), leases(std::make_shared<LeaseKeeper>(with.renew_interval, logger)) {}

  const GrpcMaildropOptions options;
  rpc::CallCounter calls;
  SourceQuota read_ahead;  // octets
  const std::shared_ptr<LeaseKeeper> leases;
};

// An open maildrop behind a lease. What the interface says holds for threads and lifetime.
class GrpcMaildrop : public Maildrop {
 public:
  // A message as planning needs it, in maildrop order.
  struct Size {
    uint64_t message_id = 0;
    int64_t octets = 0;
  };

  GrpcMaildrop(std::shared_ptr<MaildropCommons> commons, std::shared_ptr<StoreLink> store,
               mailstore::v1::Lease lease, std::vector<Size> sizes, std::string source,
               net::Executor executor);
  ~GrpcMaildrop() override;

  // Renews the lease from now on. On the executor's thread, so that no loss is reported to a
  // session that does not know of the maildrop yet.
  void KeepLease(net::Task on_lost);

  void Read(uint64_t message_id, std::optional<int32_t> top_lines, ChunkDone done) override;
  void ReadMore(ChunkDone done) override;
  void Close(const CloseMaildrop& close, CloseDone done) override;

 private:
  std::vector<MessageReader::Wanted> PlanFrom(const MessageReader::Wanted& first);
  // Cuts the plan to what the quota allows.
  void TakeReadAhead(int64_t octets, std::vector<MessageReader::Wanted>* plan);

  const std::shared_ptr<MaildropCommons> commons_;
  const std::shared_ptr<StoreLink> store_;
  const mailstore::v1::Lease lease_;
  const std::vector<Size> sizes_;
  const std::string source_;
  const net::Executor executor_;
  std::optional<SourceQuota::Share> read_ahead_;
  bool open_ = true;
  std::unique_ptr<KeptLease> kept_;
  std::shared_ptr<MessageReader> reader_;
};

}  // namespace restante::pop3

#endif  // RESTANTE_POP3_FRONTEND_BACKEND_GRPC_MAILDROP_H_
