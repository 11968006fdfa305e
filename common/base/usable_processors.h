#ifndef RESTANTE_COMMON_BASE_USABLE_PROCESSORS_H_
#define RESTANTE_COMMON_BASE_USABLE_PROCESSORS_H_

namespace restante {

// On how many processors this process may run; at least 1.
int UsableProcessors();

}  // namespace restante

#endif  // RESTANTE_COMMON_BASE_USABLE_PROCESSORS_H_
