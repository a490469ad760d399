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
#ifndef itkFourNumbers_h
#define itkFourNumbers_h

#include "geometry/itkVectorInstructions.h"

#include <cstring>

namespace itk
{
/** Four numbers that are computed with at once. Not to be passed by value: how that is done depends on the processor.
 */
#if defined(ITK_VECTOR_INSTRUCTIONS)
typedef double FourNumbers __attribute__((vector_size(4 * sizeof(double))));
#else
class FourNumbers
{
public:
  FourNumbers(double all = 0.0)
    : FourNumbers(all, all, all, all)
  {}
  FourNumbers(double a, double b, double c, double d)
    : m_Numbers{ a, b, c, d }
  {}
  double
  operator[](unsigned int n) const
  {
    return m_Numbers[n];
  }
#  define ITK_FOUR_NUMBERS_OPERATOR(name)                                                                \
    friend FourNumbers operator name(const FourNumbers & one, const FourNumbers & other)                 \
    {                                                                                                    \
      return { one[0] name other[0], one[1] name other[1], one[2] name other[2], one[3] name other[3] }; \
    }
  ITK_FOUR_NUMBERS_OPERATOR(+)
  ITK_FOUR_NUMBERS_OPERATOR(-)
  ITK_FOUR_NUMBERS_OPERATOR(*)
  ITK_FOUR_NUMBERS_OPERATOR(/)
#  undef ITK_FOUR_NUMBERS_OPERATOR

private:
  double m_Numbers[4];
};
#endif

/** \class FourNumbersMemory
 * \brief What moves four numbers to and from memory, and cuts them off.
 * \ingroup MaskedSampling
 */
class FourNumbersMemory
{
public:
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  Load(FourNumbers & numbers, const double * values)
  {
    std::memcpy(&numbers, values, sizeof(numbers));
  }

  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  Store(const FourNumbers & numbers, double * values)
  {
    std::memcpy(values, &numbers, sizeof(numbers));
  }

  /** Of numbers that int can hold: without what is behind the point. */
  static ITK_VECTOR_INSTRUCTIONS_INLINE void
  Truncate(FourNumbers & numbers)
  {
#if defined(ITK_VECTOR_INSTRUCTIONS)
    typedef int Integers __attribute__((vector_size(4 * sizeof(int))));
    numbers = __builtin_convertvector(__builtin_convertvector(numbers, Integers), FourNumbers);
#else
    const auto truncate = [&](unsigned int n) { return static_cast<double>(static_cast<int>(numbers[n])); };
    numbers = FourNumbers(truncate(0), truncate(1), truncate(2), truncate(3));
#endif
  }
};
} // end namespace itk

#endif // itkFourNumbers_h
