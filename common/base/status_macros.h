#ifndef RESTANTE_COMMON_BASE_STATUS_MACROS_H_
#define RESTANTE_COMMON_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns from the enclosing function when `expression`, an absl::Status, is not OK.
#define RESTANTE_RETURN_IF_ERROR(expression)           \
  do {                                                 \
    absl::Status restante_status = (expression);       \
    if (!restante_status.ok()) return restante_status; \
  } while (false)

// RESTANTE_ASSIGN_OR_RETURN(Type name, expression): unwraps an absl::StatusOr or returns its
// status from the enclosing function.
#define RESTANTE_ASSIGN_OR_RETURN(declaration, expression)                                  \
  RESTANTE_ASSIGN_OR_RETURN_NAMED(RESTANTE_CONCAT(restante_result_, __LINE__), declaration, \
                                  expression)
#define RESTANTE_ASSIGN_OR_RETURN_NAMED(result, declaration, expression) \
  auto result = (expression);                                            \
  if (!result.ok()) return std::move(result).status();                   \
  declaration = *std::move(result)
#define RESTANTE_CONCAT(a, b) RESTANTE_CONCAT_INNER(a, b)
#define RESTANTE_CONCAT_INNER(a, b) a##b

#endif  // RESTANTE_COMMON_BASE_STATUS_MACROS_H_
