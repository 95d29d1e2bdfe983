// SPDX-License-Identifier: Apache-2.0
//
// The settings of a drop-in that puts the shim, or an audit, under a service.
#pragma once

#include <optional>
#include <string>

#include "cli/settings.h"
#include "cli/unit/service.h"

namespace cloexec::cli {

/// Environment= for the shim and what it is told. `service`: so that an LD_PRELOAD of its own stays, behind ours.
std::string shim_settings(const std::optional<Service>& service, const std::string& shim, const Settings& settings);

/// Has the service run by `cloexec audit`, which writes to `report`, an absolute path whose ending chooses the format.
/// Throws std::runtime_error when such a service cannot be.
std::string audit_settings(const Service& service, const std::string& report, const std::string& shim,
                           const Settings& settings);

}  // namespace cloexec::cli
