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
#ifndef itkSamplePairs_h
#define itkSamplePairs_h

#include "itkIntTypes.h"

namespace itk
{
/** \class SamplePairs
 * \brief Values of both images at some samples, which are all that a metric looks at.
 *
 * A sample is valid if it has a finite value, and a finite gradient, in the moving image and its mask.
 *
 * \ingroup MaskedSampling
 */
template <typename TFixedPixel, typename TMovingPixel>
struct SamplePairs
{
  using FixedPixelType = TFixedPixel;

  const TFixedPixel *   Fixed{};
  const TMovingPixel *  Moving{};
  const unsigned char * IsValid{};
  SizeValueType         Count{};
  /** How much each sample counts, more than 0. Null: all the same. */
  const float * SampleWeights{};

  /** Call a function with a functor that gives the weight of a sample by its number. Without weights it is a constant,
   * with which nothing is multiplied. */
  template <typename TFunction>
  auto
  CallWithSampleWeight(const TFunction & function) const
  {
    return SampleWeights == nullptr
             ? function([](SizeValueType) { return 1.0; })
             : function([weights = SampleWeights](SizeValueType i) { return static_cast<double>(weights[i]); });
  }

  SamplePairs
  GetPart(SizeValueType first, SizeValueType last) const
  {
    return { Fixed + first,
             Moving + first,
             IsValid + first,
             last - first,
             SampleWeights != nullptr ? SampleWeights + first : nullptr };
  }
};
} // end namespace itk

#endif // itkSamplePairs_h
