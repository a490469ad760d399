// SPDX-License-Identifier: Apache-2.0
#include "FailingAllocation.h"

#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#  define HAS_OPERATOR_NEW 0
#elif defined(__has_feature)
#  if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#    define HAS_OPERATOR_NEW 0
#  endif
#endif
#if !defined(HAS_OPERATOR_NEW)
#  define HAS_OPERATOR_NEW 1
#endif

namespace
{
struct State
{
  bool           IsArmed;
  bool           HasFailed;
  std::size_t    Number;
  std::size_t    First;
  std::size_t    End;
  std::ptrdiff_t NumberOfBlocks;
};
thread_local State state{};

/** Arrays of fewer bytes do not fail: where a vector of VNL is resized without memory, it keeps the pointer that it has
 * freed, and its destructor frees it again. Vectors of the tests are smaller than this, images are not. */
constexpr std::size_t bytesOfArrays = 600;
} // namespace

namespace FailingAllocation
{
bool
IsAvailable()
{
  return HAS_OPERATOR_NEW != 0;
}

Scope::Scope(std::size_t first, std::size_t number)
{
  state.HasFailed = false;
  state.Number = 0;
  state.First = first;
  state.End = number > static_cast<std::size_t>(-1) - first ? static_cast<std::size_t>(-1) : first + number;
  state.IsArmed = true;
}

Scope::~Scope()
{
  state.IsArmed = false;
}

std::size_t
Scope::GetNumber()
{
  return state.Number;
}

bool
Scope::HasFailed()
{
  return state.HasFailed;
}

std::ptrdiff_t
GetNumberOfBlocks()
{
  return state.NumberOfBlocks;
}
} // namespace FailingAllocation

#if HAS_OPERATOR_NEW
namespace
{
/** \return null if it fails */
void *
Allocate(std::size_t size, std::size_t alignment, bool canFail = true) noexcept
{
  if (state.IsArmed && canFail)
  {
    const std::size_t number = state.Number++;
    if (number >= state.First && number < state.End)
    {
      state.HasFailed = true;
      return nullptr;
    }
  }
  size = size == 0 ? 1 : size;
  void * const block = alignment > alignof(std::max_align_t)
                         ? std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment)
                         : std::malloc(size);
  state.NumberOfBlocks += block != nullptr ? 1 : 0;
  return block;
}

void *
AllocateOrThrow(std::size_t size, std::size_t alignment, bool canFail = true)
{
  void * const block = Allocate(size, alignment, canFail);
  if (block == nullptr)
  {
    throw std::bad_alloc();
  }
  return block;
}

void
Free(void * block) noexcept
{
  state.NumberOfBlocks -= block != nullptr ? 1 : 0;
  std::free(block);
}
} // namespace

void *
operator new(std::size_t size)
{
  return AllocateOrThrow(size, 0);
}
void *
operator new[](std::size_t size)
{
  return AllocateOrThrow(size, 0, size >= bytesOfArrays);
}
void *
operator new(std::size_t size, const std::nothrow_t &) noexcept
{
  return Allocate(size, 0);
}
void *
operator new[](std::size_t size, const std::nothrow_t &) noexcept
{
  return Allocate(size, 0, size >= bytesOfArrays);
}
void *
operator new(std::size_t size, std::align_val_t alignment)
{
  return AllocateOrThrow(size, static_cast<std::size_t>(alignment));
}
void *
operator new[](std::size_t size, std::align_val_t alignment)
{
  return AllocateOrThrow(size, static_cast<std::size_t>(alignment), size >= bytesOfArrays);
}
void
operator delete(void * block) noexcept
{
  Free(block);
}
void
operator delete[](void * block) noexcept
{
  Free(block);
}
void
operator delete(void * block, std::size_t) noexcept
{
  Free(block);
}
void
operator delete[](void * block, std::size_t) noexcept
{
  Free(block);
}
void
operator delete(void * block, std::align_val_t) noexcept
{
  Free(block);
}
void
operator delete[](void * block, std::align_val_t) noexcept
{
  Free(block);
}
void
operator delete(void * block, std::size_t, std::align_val_t) noexcept
{
  Free(block);
}
void
operator delete[](void * block, std::size_t, std::align_val_t) noexcept
{
  Free(block);
}
#endif
