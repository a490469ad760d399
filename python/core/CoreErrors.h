// SPDX-License-Identifier: Apache-2.0
#ifndef CoreErrors_h
#define CoreErrors_h

#include <stdexcept>
#include <string>

/** Errors, warnings and texts of the thread that called. Nothing here throws, but what says so. */
namespace MaskedSamplingCore
{
enum Code : int
{
  Success = 0,
  Failure = 1,
  Stopped = 2,
  Unread = 3
};

/** What a callback ends a registration with. */
class StoppedByCallback
{};

/** A file of a kind that others may know how to read. */
class NotReadHere : public std::runtime_error
{
public:
  using std::runtime_error::runtime_error;
};

/** Keep a text for this thread. It throws if there is no memory. */
const char *
KeepText(const std::string & text);

/** The last error that was kept. */
const char *
GetError() noexcept;

/** Let ITK's warnings be kept rather than printed, from now on. It throws if there is no memory. */
void
KeepWarnings();
/** Warnings since this was asked last, a line each. */
const char *
TakeWarnings() noexcept;

/** Keep the exception that is being handled. Where there is no memory even for that, it says so. */
Code
KeepException() noexcept;

/** Call a function, and turn what it throws into a code. */
template <typename TFunction>
int
Guard(const TFunction & function) noexcept
{
  try
  {
    function();
    return Success;
  }
  catch (...)
  {
    return KeepException();
  }
}
} // namespace MaskedSamplingCore

#endif
