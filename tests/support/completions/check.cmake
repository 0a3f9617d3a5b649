# SPDX-License-Identifier: Apache-2.0
# The scripts in completions/ are what the binary prints, which is how to renew them:
#   cmake -DFLINTCTL=BINARY -DCOMPLETIONS=FOLDER -P check.cmake
foreach(pair bash:flintctl.bash zsh:_flintctl fish:flintctl.fish)
  string(REPLACE ":" ";" pair ${pair})
  list(GET pair 0 shell)
  list(GET pair 1 file)
  execute_process(COMMAND ${FLINTCTL} completion ${shell} OUTPUT_VARIABLE printed
    COMMAND_ERROR_IS_FATAL ANY)
  file(READ ${COMPLETIONS}/${file} committed)
  if(NOT printed STREQUAL committed)
    message(FATAL_ERROR "completions/${file} is not what 'flintctl completion ${shell}' prints")
  endif()
endforeach()
