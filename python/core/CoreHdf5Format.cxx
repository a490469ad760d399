// SPDX-License-Identifier: Apache-2.0
#include "CoreFile.h"
#include "CoreTransformFiles.h"

#include "itkMacro.h"
#include "itk_H5Cpp.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace MaskedSamplingCore
{
namespace Hdf5Format
{
namespace
{
using PartType = masked_sampling_chain::Part;

/** Of the processor; a file of gigabytes takes a few. */
constexpr rlim_t   fewestSeconds = 5;
constexpr uint64_t bytesPerSecond = 1 << 20;
constexpr char     success = 'y';
constexpr char     failure = 'n';

// In the other process

std::string
ReadName(const H5::H5File & file, const std::string & path)
{
  const H5::DataSet set = file.openDataSet(path);
  std::string       name;
  set.read(name, set.getStrType());
  return name.substr(0, name.find('\0'));
}

std::vector<double>
ReadNumbers(const H5::H5File & file, const std::string & path)
{
  const H5::DataSet   set = file.openDataSet(path);
  const H5::DataSpace space = set.getSpace();
  if (set.getTypeClass() != H5T_FLOAT || space.getSimpleExtentNdims() != 1)
  {
    itkGenericExceptionMacro("\"" << path << "\" is no row of numbers.");
  }
  hsize_t number = 0;
  space.getSimpleExtentDims(&number);
  if (number / greatestRatio > set.getStorageSize())
  {
    itkGenericExceptionMacro("\"" << path << "\" has " << number << " numbers in " << set.getStorageSize()
                                  << " bytes.");
  }
  std::vector<double> numbers(static_cast<size_t>(number));
  if (number > 0)
  {
    set.read(numbers.data(), H5::PredType::NATIVE_DOUBLE);
  }
  return numbers;
}

std::vector<PartType>
ReadHere(const std::string & path)
{
  H5::Exception::dontPrint();
  const H5::H5File      file(path, H5F_ACC_RDONLY);
  const hsize_t         number = file.openGroup("/TransformGroup").getNumObjs();
  std::vector<PartType> parts;
  for (hsize_t n = 0; n < number; ++n)
  {
    const std::string group = "/TransformGroup/" + std::to_string(n) + '/';
    PartType          part{ ReadName(file, group + "TransformType"), {}, {} };
    if (part.Name.compare(0, 18, "CompositeTransform") != 0)
    {
      // Older versions of ITK cannot spell.
      const auto find = [&](const char * name, const char * old) {
        return group + (file.nameExists(group + name) ? name : old);
      };
      part.FixedParameters = ReadNumbers(file, find("TransformFixedParameters", "TranformFixedParameters"));
      part.Parameters = ReadNumbers(file, find("TransformParameters", "TranformParameters"));
    }
    parts.push_back(std::move(part));
  }
  return parts;
}

void
Send(int pipe, const void * data, size_t size)
{
  const auto * bytes = static_cast<const char *>(data);
  while (size > 0)
  {
    const ssize_t sent = write(pipe, bytes, size);
    if (sent < 0 && errno != EINTR)
    {
      _exit(1);
    }
    const size_t done = sent < 0 ? 0 : static_cast<size_t>(sent);
    bytes += done;
    size -= done;
  }
}

template <typename TRange>
void
SendRange(int pipe, const TRange & range)
{
  const uint64_t number = range.size();
  Send(pipe, &number, sizeof(number));
  Send(pipe, range.data(), range.size() * sizeof(*range.data()));
}

/** What the other process does. Nothing but its answer leaves it. */
[[noreturn]] void
Answer(int pipe, const std::string & path, uint64_t fileSize)
{
  for (const int signal : { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPIPE, SIGXCPU })
  {
    std::signal(signal, SIG_DFL);
  }
  // A file that is damaged can keep HDF5 busy for ever.
  const rlim_t mostSeconds = fewestSeconds + fileSize / bytesPerSecond;
  const rlimit seconds{ mostSeconds, mostSeconds };
  setrlimit(RLIMIT_CPU, &seconds);
  const rlimit core{ 0, 0 };
  setrlimit(RLIMIT_CORE, &core);
  const int nothing = open("/dev/null", O_WRONLY);
  if (nothing >= 0)
  {
    dup2(nothing, STDERR_FILENO);
  }
  std::string problem = "its data cannot be read";
  try
  {
    const auto parts = ReadHere(path);
    Send(pipe, &success, 1);
    const uint64_t number = parts.size();
    Send(pipe, &number, sizeof(number));
    for (const auto & part : parts)
    {
      SendRange(pipe, part.Name);
      SendRange(pipe, part.FixedParameters);
      SendRange(pipe, part.Parameters);
    }
    _exit(0);
  }
  catch (const H5::Exception & exception)
  {
    problem = exception.getDetailMsg();
  }
  catch (const std::exception & exception)
  {
    problem = exception.what();
  }
  catch (...)
  {
    // Then there is no more to tell.
  }
  Send(pipe, &failure, 1);
  SendRange(pipe, problem);
  _exit(0);
}

// In this process

/** The answer, of which nothing comes if the other process died. */
class Reply
{
public:
  explicit Reply(int pipe)
    : m_Pipe(pipe)
  {}

  void
  Read(void * data, size_t size)
  {
    auto * bytes = static_cast<char *>(data);
    while (size > 0)
    {
      const ssize_t number = read(m_Pipe, bytes, size);
      if (number == 0 || (number < 0 && errno != EINTR))
      {
        itkGenericExceptionMacro("The file is damaged: HDF5 cannot read it to its end.");
      }
      const size_t done = number < 0 ? 0 : static_cast<size_t>(number);
      bytes += done;
      size -= done;
    }
  }

  uint64_t
  ReadNumber()
  {
    uint64_t number = 0;
    this->Read(&number, sizeof(number));
    return number;
  }

  template <typename TRange>
  void
  ReadRange(TRange & range)
  {
    range.resize(static_cast<size_t>(this->ReadNumber()));
    this->Read(range.data(), range.size() * sizeof(*range.data()));
  }

private:
  int m_Pipe;
};

/** The other process, which ends with its owner. */
class Child
{
public:
  Child(const std::string & path, uint64_t fileSize)
  {
    std::array<int, 2> ends{};
    // No other process that is started meanwhile keeps it open.
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
    {
      itkGenericExceptionMacro("No pipe can be opened: " << std::strerror(errno) << '.');
    }
    m_Process = fork();
    if (m_Process == 0)
    {
      close(ends[0]);
      Answer(ends[1], path, fileSize);
    }
    const int error = errno;
    close(ends[1]);
    m_Pipe = ends[0];
    if (m_Process < 0)
    {
      close(m_Pipe);
      itkGenericExceptionMacro("No process can be started that reads HDF5: " << std::strerror(error) << '.');
    }
  }
  Child(const Child &) = delete;
  Child &
  operator=(const Child &) = delete;
  ~Child()
  {
    close(m_Pipe);
    // Whoever called may collect all children of the process.
    while (waitpid(m_Process, nullptr, 0) < 0 && errno == EINTR)
    {
    }
  }

  int
  GetPipe() const
  {
    return m_Pipe;
  }

private:
  pid_t m_Process{ -1 };
  int   m_Pipe{ -1 };
};
} // namespace
} // namespace Hdf5Format

std::vector<masked_sampling_chain::Part>
ReadHdf5Transforms(const std::string & path)
{
  using namespace Hdf5Format;
  const Child child(path, GetFileSize(path));
  Reply       reply(child.GetPipe());
  char        kind = failure;
  reply.Read(&kind, 1);
  if (kind != success)
  {
    std::string problem;
    reply.ReadRange(problem);
    itkGenericExceptionMacro("HDF5 cannot read it: " << problem);
  }
  std::vector<PartType> parts(static_cast<size_t>(reply.ReadNumber()));
  for (auto & part : parts)
  {
    reply.ReadRange(part.Name);
    reply.ReadRange(part.FixedParameters);
    reply.ReadRange(part.Parameters);
  }
  return parts;
}
} // namespace MaskedSamplingCore
