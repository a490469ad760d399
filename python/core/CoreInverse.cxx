// SPDX-License-Identifier: Apache-2.0
#include "CoreCalls.h"
#include "CoreChain.h"

#include "field/itkVectorField.h"

#include "itkDisplacementFieldTransform.h"
#include "itkMultiThreaderBase.h"

namespace MaskedSamplingCore
{
namespace
{
/** What takes back a field of displacements, on the same grid. */
template <unsigned int VDimension>
typename itk::DisplacementFieldTransform<double, VDimension>::Pointer
InvertField(const itk::DisplacementFieldTransform<double, VDimension> & transform)
{
  using MapType = itk::VectorField<VDimension>;
  using FieldTransformType = itk::DisplacementFieldTransform<double, VDimension>;
  const auto & field = *transform.GetDisplacementField();
  const auto   units = itk::MultiThreaderBase::GetGlobalDefaultNumberOfThreads();
  const auto   map = MapType::MakeFrom(field, units);

  const std::size_t numberOfFolds = map.CountFolds(units);
  if (numberOfFolds > 0)
  {
    itkGenericExceptionMacro("inverse: the displacement field has none: it folds at "
                             << numberOfFolds << " of its " << map.GetVectors().size()
                             << " voxels. Register the other way round.");
  }
  std::size_t   numberOfUnknown = 0;
  const MapType inverse = map.MakeInverse(units, &numberOfUnknown);
  if (numberOfUnknown > 0)
  {
    itkGenericExceptionMacro("inverse: that of the displacement field was not found at "
                             << numberOfUnknown << " of its " << map.GetVectors().size()
                             << " voxels: it is too steep there. Register the other way round.");
  }
  const auto inverted = FieldTransformType::New();
  inverted->SetDisplacementField(inverse.MakeImage(field, units));
  return inverted;
}

template <unsigned int VDimension>
void
Invert(const masked_sampling_chain & chain, masked_sampling_chain & inverse)
{
  using FieldTransformType = itk::DisplacementFieldTransform<double, VDimension>;
  const auto            transform = MakeComposite<VDimension>(chain);
  masked_sampling_chain result;
  for (itk::SizeValueType n = transform->GetNumberOfTransforms(); n > 0; --n)
  {
    const auto & part = *transform->GetNthTransformConstPointer(n - 1);
    if (const auto * const field = dynamic_cast<const FieldTransformType *>(&part))
    {
      AppendTransform(*InvertField(*field), result);
      continue;
    }
    const auto inverted = part.GetInverseTransform();
    if (inverted.IsNull())
    {
      itkGenericExceptionMacro("inverse: " << part.GetNameOfClass()
                                           << " has no inverse that is known. Register the other way round.");
    }
    AppendTransform(*inverted, result);
  }
  inverse = result;
}
} // namespace
} // namespace MaskedSamplingCore

using namespace MaskedSamplingCore;

int
masked_sampling_invert(uint32_t dimension, const masked_sampling_chain * chain, masked_sampling_chain * inverse)
{
  return Call([&] {
    CheckDimension(dimension);
    (dimension == 2 ? Invert<2> : Invert<3>)(Need(chain, "chain"), Need(inverse, "inverse"));
  });
}
