/*=========================================================================
 *
 *  Copyright NumFOCUS
 *
 *  Licensed under the Apache License, Version 2.0 (the "License");
 *  you may not use this file except in compliance with the License.
 *  You may obtain a copy of the License at
 *
 *         https://www.apache.org/licenses/LICENSE-2.0.txt
 *
 *  Unless required by applicable law or agreed to in writing, software
 *  distributed under the License is distributed on an "AS IS" BASIS,
 *  WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 *  See the License for the specific language governing permissions and
 *  limitations under the License.
 *
 *=========================================================================*/
#include "itkMachineMemory.h"

#include "itkMacro.h"

#include "itksys/SystemInformation.hxx"

#include <algorithm>
#include <fstream>
#include <iomanip>
#include <sstream>

#if defined(__unix__) || defined(__APPLE__)
#  include <sys/resource.h>
#  include <unistd.h>
#endif

namespace itk
{
namespace
{
constexpr double mebibyte = 1048576.0;

/** What the machine has. */
double
GetLeft()
{
  // Also what the system would give back if it were needed.
  std::ifstream file("/proc/meminfo");
  std::string   name;
  double        kibibytes = 0.0;
  double        left = 0.0;
  for (std::string line; std::getline(file, line);)
  {
    std::istringstream words(line);
    if (words >> name >> kibibytes && (name == "MemAvailable:" || name == "SwapFree:"))
    {
      left += 1024.0 * kibibytes;
    }
  }
  if (left > 0.0)
  {
    return left;
  }
  itksys::SystemInformation information;
  information.RunMemoryCheck();
  return mebibyte * static_cast<double>(information.GetTotalPhysicalMemory());
}

/** A limit of the control group, which is a number, or a text if there is none. */
double
GetLimitOfGroup(double otherwise)
{
  for (const char * const path : { "/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes" })
  {
    double limit = 0.0;
    if (std::ifstream(path) >> limit && limit > 0.0)
    {
      return limit;
    }
  }
  return otherwise;
}

/** What is left of the address space that the process may have. */
double
GetLeftOfProcess(double otherwise)
{
#if defined(RLIMIT_AS)
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
  {
    double pages = 0.0;
    std::ifstream("/proc/self/statm") >> pages;
    return std::max(0.0, static_cast<double>(limit.rlim_cur) - pages * static_cast<double>(sysconf(_SC_PAGESIZE)));
  }
#endif
  return otherwise;
}

std::string
ToText(double bytes)
{
  std::ostringstream text;
  text << std::setprecision(3) << (bytes < 1024.0 * mebibyte ? bytes / mebibyte : bytes / mebibyte / 1024.0)
       << (bytes < 1024.0 * mebibyte ? " MiB" : " GiB");
  return text.str();
}
} // namespace

double
MachineMemory::GetAvailable()
{
  const double left = GetLeft();
  return std::min({ left, GetLimitOfGroup(left), GetLeftOfProcess(left) });
}

void
MachineMemory::Check(const std::string & what, double bytes, const std::string & wayOut)
{
  if (bytes < 16.0 * mebibyte)
  {
    return; // not worth a question
  }
  const double available = GetAvailable();
  if (available > 0.0 && !(bytes <= available))
  {
    itkGenericExceptionMacro(<< what << " needs about " << ToText(bytes) << " of memory, but there is "
                             << ToText(available) << ". " << wayOut);
  }
}
} // end namespace itk
