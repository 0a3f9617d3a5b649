// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "data/value.hpp"
#include "inventory/runtime.hpp"
#include "output/format.hpp"
#include "vm/labels.hpp"
#include "vm/status.hpp"

namespace flintctl::cmd {

/// One VM as lists show it.
struct VmRow {
  vm::Summary summary;
  vm::Status status;
};

/// All that is known of one VM.
struct VmDetails {
  vm::Record record;
  vm::Status status;
  std::optional<inventory::Runtime> runtime;
  std::string console_log;
  std::string root_device;  ///< empty: unknown
};

enum class NamespaceColumn { hide, show };
void print_vms(std::ostream& out, output::Kind kind, output::Table::Titles titles,
               NamespaceColumn namespaces, const std::vector<VmRow>& rows,
               std::chrono::system_clock::time_point now);

/// {apiVersion, kind, metadata, spec, status}, as the manifest has it.
data::Value to_value(const VmDetails& vm);
/// The same of a VM whose record cannot be read: what its labels say, in phase Unknown.
data::Value to_value(const vm::Summary& summary, const Error& damage);
/// "Name: web" lines.
void print_details(std::ostream& out, const VmDetails& vm);

}  // namespace flintctl::cmd
