// SPDX-License-Identifier: Apache-2.0
#include "devmapper/task.hpp"

#include <fmt/format.h>
#include <libdevmapper.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstdio>

#include "devmapper/udev.hpp"
#include "sys/error.hpp"

namespace flintctl::devmapper {
namespace {

/// What libdevmapper said since the last reset. Global because its log callback carries no pointer
/// of ours; guarded by the lock that every Task holds.
struct Library {
  std::mutex mutex;
  std::string log;
};

Library& library() {
  static Library instance;
  return instance;
}

constexpr int warning_level = 4;  // syslog(3) numbering, in the low bits
constexpr int level_mask = 7;

__attribute__((format(printf, 5, 6))) void capture(int level, const char* /*file*/, int /*line*/,
                                                   int /*error*/, const char* format, ...) {
  if ((level & level_mask) > warning_level) return;
  std::array<char, 512> text{};
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text.data(), text.size(), format, arguments);
  va_end(arguments);
  std::string& log = library().log;
  if (!log.empty()) log += "; ";
  log += text.data();
}

}  // namespace

void FreeTask::operator()(dm_task* task) const { dm_task_destroy(task); }

Task::Task(std::unique_lock<std::mutex> lock, std::unique_ptr<dm_task, FreeTask> task,
           std::string what)
    : lock_(std::move(lock)), task_(std::move(task)), what_(std::move(what)) {}

Result<Task> Task::create(int type, std::string what) {
  std::unique_lock lock(library().mutex);
  library().log.clear();
  dm_log_with_errno_init(capture);
  // Names pass as they are: list() returns what the kernel holds, and that must work as input.
  dm_set_name_mangling_mode(DM_STRING_MANGLING_NONE);
  prepare_udev();
  std::unique_ptr<dm_task, FreeTask> task(dm_task_create(type));
  if (!task) return Error(Code::resource_exhausted, std::move(what));
  return Task(std::move(lock), std::move(task), std::move(what));
}

Result<> Task::set_name(const std::string& name) {
  if (dm_task_set_name(get(), name.c_str()) == 0) return failure();
  return {};
}

Error Task::failure() {
  switch (const int number = dm_task_get_errno(get()); number) {
    case 0:
      return Error(Code::unknown,
                   library().log.empty() ? "libdevmapper gave no reason" : std::move(library().log))
          .context(what_);
    case ENXIO:
      return Error(Code::not_found, "no such device").context(what_);
    case EBUSY:
      return Error(Code::aborted, "it is in use, or its name is taken").context(what_);
    case ENODATA:
      return Error(Code::not_found, "no such thin device id").context(what_);
    case EOPNOTSUPP:
      return Error(Code::unavailable, "the pool is read-only").context(what_);
    default:
      return sys::from_errno(number, what_);
  }
}

Result<> Task::run() {
  const bool done = dm_task_run(get()) != 0;
  dm_task_update_nodes();
  if (!done) return failure();
  return {};
}

Result<> Task::run_synchronised() {
  UdevCookie cookie;
  if (!cookie.attach(get())) return failure();
  const bool done = dm_task_run(get()) != 0;
  cookie.finish(done ? UdevCookie::Event::sent : UdevCookie::Event::none);
  dm_task_update_nodes();
  if (!done) return failure();
  return {};
}

}  // namespace flintctl::devmapper
