// SPDX-License-Identifier: Apache-2.0
#ifndef CoreErrors_h
#define CoreErrors_h

#include "itkMacro.h"

#include <string>

namespace MaskedSamplingCore
{
enum Code : int
{
  Success = 0,
  Failure = 1,
  Stopped = 2
};

/** What a callback ends a registration with. */
class StoppedByCallback
{};

/** Keep a text for this thread. */
const char *
KeepText(const std::string & text);
void
KeepError(const std::string & text);
/** Before anything else, once a process: ITK's warnings are kept rather than printed, and all factories registered,
 * whose lists no lock protects from another thread. */
void
Prepare();

/** Call a function, and turn what it throws into a code. */
template <typename TFunction>
int
Guard(const TFunction & function) noexcept
{
  try
  {
    Prepare();
    function();
    return Success;
  }
  catch (const StoppedByCallback &)
  {
    return Stopped;
  }
  catch (const itk::ExceptionObject & error)
  {
    KeepError(error.GetDescription());
  }
  catch (const std::bad_alloc &)
  {
    KeepError("There is not enough memory.");
  }
  catch (const std::exception & error)
  {
    KeepError(error.what());
  }
  catch (...)
  {
    KeepError("unknown error");
  }
  return Failure;
}
} // namespace MaskedSamplingCore

#endif
