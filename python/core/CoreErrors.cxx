// SPDX-License-Identifier: Apache-2.0
#include "CoreErrors.h"

#include "itkMacro.h"
#include "itkObjectFactory.h"
#include "itkOutputWindow.h"

#include <new>

namespace MaskedSamplingCore
{
namespace
{
constexpr const char * noMemory = "There is not enough memory.";

thread_local std::string  keptText;
thread_local std::string  keptError;
thread_local const char * error = "";
thread_local std::string  keptWarnings;
thread_local std::string  toldWarnings;

/** Where ITK's warnings go. */
class WarningKeeper : public itk::OutputWindow
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(WarningKeeper);
  using Self = WarningKeeper;
  using Superclass = itk::OutputWindow;
  using Pointer = itk::SmartPointer<Self>;
  using ConstPointer = itk::SmartPointer<const Self>;
  itkFactorylessNewMacro(Self);
  itkOverrideGetNameOfClassMacro(WarningKeeper);

  void
  DisplayText(const char * text) override
  {
    try
    {
      Keep(text);
    }
    catch (...)
    {
      // No memory for a warning: whoever warns goes on.
    }
  }

protected:
  WarningKeeper() = default;
  ~WarningKeeper() override = default;

private:
  static void
  Keep(const char * text)
  {
    // "WARNING: In file, line n\nClass (0x...): text\n\n"
    std::string       line(text);
    const std::size_t end = line.find("): ");
    line = end == std::string::npos ? line : line.substr(end + 3);
    for (char & character : line)
    {
      character = character == '\n' ? ' ' : character;
    }
    while (!line.empty() && line.back() == ' ')
    {
      line.pop_back();
    }
    keptWarnings += (keptWarnings.empty() ? "" : "\n") + line;
  }
};

/** Without the address of the object that starts the descriptions of ITK's exceptions: "ITK ERROR: Class(0x...): ". */
std::string
RemoveAddress(const std::string & text)
{
  const std::size_t open = text.find("(0x");
  const std::size_t close = text.find("): ");
  const bool        isPrefix = text.rfind("ITK ERROR: ", 0) == 0 || text.rfind("itk::ERROR: ", 0) == 0;
  if (isPrefix && open != std::string::npos && close != std::string::npos && open < close)
  {
    return text.substr(close + 3);
  }
  return isPrefix ? text.substr(text.find(": ") + 2) : text;
}

/** What threads that cannot be started have to do with memory: each needs a stack. */
std::string
ExplainThreads(const std::string & text)
{
  return text.find("pthread_create") != std::string::npos
           ? "There is not enough memory for another thread, or there are too many of them: " + text
           : text;
}

void
KeepError(const char * text) noexcept
{
  try
  {
    keptError = ExplainThreads(RemoveAddress(text));
    error = keptError.c_str();
  }
  catch (...)
  {
    error = noMemory;
  }
}
} // namespace

const char *
KeepText(const std::string & text)
{
  keptText = text;
  return keptText.c_str();
}

const char *
GetError() noexcept
{
  return error;
}

void
KeepWarnings()
{
  itk::OutputWindow::SetInstance(WarningKeeper::New());
}

const char *
TakeWarnings() noexcept
{
  // Not KeepText(): the text of the function that was called before may not have been read yet.
  toldWarnings.swap(keptWarnings);
  keptWarnings.clear();
  return toldWarnings.c_str();
}

Code
KeepException() noexcept
{
  try
  {
    throw;
  }
  catch (const StoppedByCallback &)
  {
    return Stopped;
  }
  catch (const NotReadHere & exception)
  {
    KeepError(exception.what());
    return Unread;
  }
  catch (const itk::ExceptionObject & exception)
  {
    KeepError(exception.GetDescription());
  }
  catch (const std::bad_alloc &)
  {
    error = noMemory;
  }
  catch (const std::exception & exception)
  {
    KeepError(exception.what());
  }
  catch (...)
  {
    KeepError("unknown error");
  }
  return Failure;
}
} // namespace MaskedSamplingCore
