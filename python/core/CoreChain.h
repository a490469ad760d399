// SPDX-License-Identifier: Apache-2.0
#ifndef CoreChain_h
#define CoreChain_h

#include "MaskedSamplingCore.h"

#include "itkCompositeTransform.h"

#include <string>
#include <vector>

/** Transforms as what they are made from. */
struct masked_sampling_chain
{
  struct Part
  {
    std::string         Name;
    std::vector<double> FixedParameters;
    std::vector<double> Parameters;
  };
  std::vector<Part> Parts;
};

namespace MaskedSamplingCore
{
/** Let ITK know transforms by their names, and the formats of their files. */
void
RegisterTransforms();

/** The name by which ITK can make a transform, in double: inverses of some transforms, and what other programs write,
 * are of a class that they are derived from. */
std::string
GetKnownName(const std::string & name);

/** Throw if ITK has no such transform, or one with other parameters, or if they are not finite or fit no grid. */
void
CheckPart(const masked_sampling_chain::Part & part, unsigned int dimension);

template <unsigned int VDimension>
typename itk::CompositeTransform<double, VDimension>::Pointer
MakeComposite(const masked_sampling_chain & chain);

/** Put the parts of a transform, of a composite the parts of its parts, at the end of a chain. */
void
AppendTransform(const itk::TransformBase & transform, masked_sampling_chain & chain);
} // namespace MaskedSamplingCore

#endif
