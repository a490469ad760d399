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
#ifndef itkHugePageImageContainer_hxx
#define itkHugePageImageContainer_hxx

#include <cstdint>

#if defined(__linux__)
#  include <sys/mman.h>
#  include <unistd.h>
#endif

namespace itk
{
template <typename TElement>
HugePageImageContainer<TElement>::~HugePageImageContainer()
{
  // The destructor of the superclass does not know of mappings.
  Self::DeallocateManagedMemory();
}

template <typename TElement>
TElement *
HugePageImageContainer<TElement>::AllocateElements(SizeValueType size, bool useValueInitialization) const
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  constexpr std::size_t pageSize = std::size_t{ 1 } << 21U;
  constexpr std::size_t fewestPages = 2;
  const auto            smallPageSize = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  if (size > fewestPages * pageSize / sizeof(TElement) && size < PTRDIFF_MAX / sizeof(TElement) - pageSize)
  {
    // A mapping that starts where a huge page does: one that is a huge page too long, without its ends.
    const std::size_t length = (size * sizeof(TElement) + smallPageSize - 1) / smallPageSize * smallPageSize;
    void * const mapping = mmap(nullptr, length + pageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapping != MAP_FAILED)
    {
      auto * const      first = static_cast<char *>(mapping);
      const std::size_t excess = (pageSize - reinterpret_cast<std::uintptr_t>(first) % pageSize) % pageSize;
      if (excess > 0)
      {
        munmap(first, excess);
      }
      munmap(first + excess + length, pageSize - excess);
      void * const aligned = first + excess;
      madvise(aligned, length, MADV_HUGEPAGE);
      m_Mappings[aligned] = length;
      return static_cast<TElement *>(aligned); // zeros
    }
  }
#endif
  return Superclass::AllocateElements(size, useValueInitialization);
}

template <typename TElement>
void
HugePageImageContainer<TElement>::DeallocateManagedMemory()
{
#if defined(__linux__) && defined(MADV_HUGEPAGE)
  const auto mapping = m_Mappings.find(this->GetImportPointer());
  if (mapping != m_Mappings.end())
  {
    munmap(mapping->first, mapping->second);
    m_Mappings.erase(mapping);
    this->SetContainerManageMemory(false); // so that the superclass lets the memory alone
  }
#endif
  Superclass::DeallocateManagedMemory();
}
} // end namespace itk

#endif // itkHugePageImageContainer_hxx
