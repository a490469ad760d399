// SPDX-License-Identifier: Apache-2.0
#include "CoreLocale.h"

#include <clocale>
#include <new>

#if defined(_WIN32)
#  include <string>
#else
#  include <locale.h>
#  if defined(__APPLE__)
#    include <xlocale.h>
#  endif
#endif

namespace MaskedSamplingCore
{
#if defined(_WIN32)
struct PointLocale::State
{
  int         Mode{ _configthreadlocale(_ENABLE_PER_THREAD_LOCALE) };
  std::string Name{ std::setlocale(LC_NUMERIC, nullptr) };
};

PointLocale::PointLocale()
  : m_State(std::make_unique<State>())
{
  std::setlocale(LC_NUMERIC, "C");
}

PointLocale::~PointLocale()
{
  std::setlocale(LC_NUMERIC, m_State->Name.c_str());
  _configthreadlocale(m_State->Mode);
}
#else
struct PointLocale::State
{
  locale_t Before{};
};

PointLocale::PointLocale()
  : m_State(std::make_unique<State>())
{
  // Made once, and never freed: threads that end after main() may use it.
  static const locale_t point = newlocale(LC_ALL_MASK, "C", locale_t{});
  if (point == locale_t{})
  {
    throw std::bad_alloc();
  }
  m_State->Before = uselocale(point);
}

PointLocale::~PointLocale()
{
  uselocale(m_State->Before);
}
#endif
} // namespace MaskedSamplingCore
