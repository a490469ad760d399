// SPDX-License-Identifier: Apache-2.0
#ifndef FailingAllocation_h
#define FailingAllocation_h

#include <cstddef>

/** Memory that runs out on demand. The driver of the tests has an operator new of its own, of which this thread can ask
 * that it fails; sanitizers bring theirs, so that there is none. */
namespace FailingAllocation
{
/** Whether operator new is that of this file. */
bool
IsAvailable();

/** While it lives, operator new fails in this thread, from an allocation of a number on. */
class Scope
{
public:
  /** \param first counted from 0
   * \param number how many fail */
  explicit Scope(std::size_t first, std::size_t number = 1);
  Scope(const Scope &) = delete;
  Scope &
  operator=(const Scope &) = delete;
  ~Scope();

  /** Allocations of this thread since the beginning of the scope. */
  static std::size_t
  GetNumber();
  /** Whether one has failed. */
  static bool
  HasFailed();
};

/** Blocks of operator new that this thread has and has not given back, less those that it gave back for others. */
std::ptrdiff_t
GetNumberOfBlocks();
} // namespace FailingAllocation

#endif
