// SPDX-License-Identifier: Apache-2.0
#ifndef CoreLocale_h
#define CoreLocale_h

#include <memory>

namespace MaskedSamplingCore
{
/** While it lives, this thread reads and writes numbers with a decimal point.
 *
 * Readers and writers of ITK, and the libraries below them, use sscanf() and the like, which take the decimal comma of
 * the user's locale for the end of a number. Nothing here touches the locale of the process, which other threads see.
 */
class PointLocale
{
public:
  PointLocale();
  PointLocale(const PointLocale &) = delete;
  PointLocale &
  operator=(const PointLocale &) = delete;
  ~PointLocale();

private:
  struct State;
  std::unique_ptr<State> m_State;
};
} // namespace MaskedSamplingCore

#endif
