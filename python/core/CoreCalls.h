// SPDX-License-Identifier: Apache-2.0
#ifndef CoreCalls_h
#define CoreCalls_h

#include "CoreErrors.h"

#include "itkMacro.h"

#include <cstddef>

/** What every function of the C interface begins and ends with. */
namespace MaskedSamplingCore
{
/** Before anything else, once a process: ITK's warnings are kept rather than printed, and all factories registered,
 * whose lists no lock protects from another thread. */
void
Prepare();

/** Call a function, and turn what it throws into a code. */
template <typename TFunction>
int
Call(const TFunction & function) noexcept
{
  return Guard([&function] {
    Prepare();
    function();
  });
}

/** Call a function that returns a text. \return null after an error */
template <typename TFunction>
const char *
CallForText(const TFunction & function) noexcept
{
  const char * text = nullptr;
  const int    code = Call([&] { text = KeepText(function()); });
  return code == Success ? text : nullptr;
}

/** What an argument points to. \exception ExceptionObject if it is null */
template <typename T>
T &
Need(T * argument, const char * name)
{
  if (argument == nullptr)
  {
    itkGenericExceptionMacro(<< name << ": it is null.");
  }
  return *argument;
}

/** An argument that is an array. \exception ExceptionObject if it is null but not empty */
template <typename T>
T *
NeedArray(T * argument, std::size_t number, const char * name)
{
  if (argument == nullptr && number > 0)
  {
    itkGenericExceptionMacro(<< name << ": there are " << number << " values, but it is null.");
  }
  return argument;
}

/** An argument that is a text. \exception ExceptionObject if it is null */
inline std::string
NeedText(const char * argument, const char * name)
{
  return &Need(argument, name);
}

/** Whether pixels, which have 4 or 8 bytes, are of type double. \exception ExceptionObject if they have others */
inline bool
IsDouble(unsigned int bytes)
{
  if (bytes != sizeof(float) && bytes != sizeof(double))
  {
    itkGenericExceptionMacro("bytes: pixels have 4 (float) or 8 (double), not " << bytes << '.');
  }
  return bytes == sizeof(double);
}

inline void
CheckDimension(unsigned int dimension)
{
  if (dimension != 2 && dimension != 3)
  {
    itkGenericExceptionMacro("dimension: " << dimension << " is neither 2 nor 3.");
  }
}
} // namespace MaskedSamplingCore

#endif
