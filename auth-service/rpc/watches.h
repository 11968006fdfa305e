#ifndef RESTANTE_AUTH_SERVICE_RPC_WATCHES_H_
#define RESTANTE_AUTH_SERVICE_RPC_WATCHES_H_

#include <grpcpp/grpcpp.h>

#include "auth-service/directory/directory.h"
#include "auth-service/logon/recent_attempts.h"
#include "auth-service/rpc/watch_stream.h"
#include "restante/auth/v1/directory_watch.pb.h"
#include "restante/auth/v1/logon_event.pb.h"
#include "restante/auth/v1/logon_service.pb.h"

// The calls that watch something. Each belongs to gRPC; what is given by reference outlives it.
namespace restante::rpc {

grpc::ServerWriteReactor<auth::v1::WatchMechanismPolicyResponse>* WatchMechanismPolicy(
    directory::Directory& directory, WatchStreams& streams,
    const auth::v1::WatchMechanismPolicyRequest& request);

grpc::ServerWriteReactor<auth::v1::WatchRecipientsResponse>* WatchRecipients(
    directory::Directory& directory, WatchStreams& streams);

grpc::ServerWriteReactor<auth::v1::WatchProtocolPolicyResponse>* WatchProtocolPolicy(
    directory::Directory& directory, WatchStreams& streams,
    const auth::v1::WatchProtocolPolicyRequest& request);

grpc::ServerWriteReactor<auth::v1::WatchAccountsResponse>* WatchAccounts(
    directory::Directory& directory, WatchStreams& streams,
    const auth::v1::WatchAccountsRequest& request);

grpc::ServerWriteReactor<auth::v1::WatchLogonEventsResponse>* WatchLogonEvents(
    logon::RecentAttempts& attempts, WatchStreams& streams,
    const auth::v1::WatchLogonEventsRequest& request);

}  // namespace restante::rpc

#endif  // RESTANTE_AUTH_SERVICE_RPC_WATCHES_H_
