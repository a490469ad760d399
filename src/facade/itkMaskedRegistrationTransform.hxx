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
#ifndef itkMaskedRegistrationTransform_hxx
#define itkMaskedRegistrationTransform_hxx

#include "facade/itkBSplineMaker.h"
#include "geometry/itkGridGeometry.h"

#include "itkAffineTransform.h"
#include "itkBSplineTransform.h"
#include "itkBSplineTransformParametersAdaptor.h"
#include "itkCompositeTransform.h"
#include "itkDisplacementFieldTransform.h"
#include "itkDisplacementFieldTransformParametersAdaptor.h"
#include "itkEuler2DTransform.h"
#include "itkEuler3DTransform.h"
#include "itkGaussianSmoothingOnUpdateDisplacementFieldTransform.h"
#include "itkGaussianSmoothingOnUpdateDisplacementFieldTransformParametersAdaptor.h"
#include "itkSimilarity2DTransform.h"
#include "itkSimilarity3DTransform.h"
#include "itkTranslationTransform.h"

#include <algorithm>
#include <cmath>
#include <typeinfo>

namespace itk
{
template <unsigned int VDimension>
auto
MaskedRegistrationTransform<VDimension>::Make(const MaskedRegistrationSettings & settings, const GridType & box)
  -> TransformPointer
{
  const std::string & name = settings.Transform;
  if (name == "translation")
  {
    return TranslationTransform<double, VDimension>::New().GetPointer();
  }
  if (name == "b-spline")
  {
    return MakeSpline(settings, box);
  }
  if (name == "displacement-field" || name == "syn")
  {
    return MakeField(settings, box);
  }

  typename MatrixOffsetTransformBase<double, VDimension, VDimension>::Pointer transform;
  if (name == "rigid")
  {
    using RigidType = std::conditional_t<VDimension == 2, Euler2DTransform<double>, Euler3DTransform<double>>;
    transform = RigidType::New();
  }
  else if (name == "similarity")
  {
    using SimilarityType =
      std::conditional_t<VDimension == 2, Similarity2DTransform<double>, Similarity3DTransform<double>>;
    transform = SimilarityType::New();
  }
  else if (name == "affine")
  {
    transform = AffineTransform<double, VDimension>::New();
  }
  else
  {
    itkGenericExceptionMacro("transform: \"" << name << "\" is none that can be made.");
  }
  PointType center = GridGeometry<VDimension>::GetMiddle(box, box.GetLargestPossibleRegion());
  if (!settings.Center.empty())
  {
    if (settings.Center.size() != VDimension)
    {
      itkGenericExceptionMacro("center: " << settings.Center.size() << " coordinates for images of " << VDimension
                                          << " dimensions.");
    }
    std::copy(settings.Center.begin(), settings.Center.end(), center.Begin());
  }
  transform->SetIdentity();
  transform->SetCenter(center);
  return transform.GetPointer();
}

template <unsigned int VDimension>
auto
MaskedRegistrationTransform<VDimension>::MakeSpline(const MaskedRegistrationSettings & settings, const GridType & box)
  -> TransformPointer
{
  const auto & requested = settings.GridSpacing;
  if (requested.size() != 1 && requested.size() != VDimension)
  {
    itkGenericExceptionMacro("grid-spacing: " << requested.size() << " values for images of " << VDimension
                                              << " dimensions. Give one for all axes, or one for each.");
  }
  const SizeValueType finest =
    settings.GridScaleFactors.empty() ? 1 : std::max<SizeValueType>(1, settings.GridScaleFactors.back());
  const auto & spacing = box.GetSpacing();
  const double voxel = *std::min_element(spacing.Begin(), spacing.End());

  // Whole cells of the coarsest grid, with the box in their middle, and no sample point at their very end.
  typename BSplineTransform<double, VDimension>::MeshSizeType           cells;
  typename BSplineTransform<double, VDimension>::PhysicalDimensionsType length;
  ContinuousIndex<double, VDimension>                                   corner;
  for (unsigned int d = 0; d < VDimension; ++d)
  {
    const auto   size = static_cast<double>(box.GetLargestPossibleRegion().GetSize(d));
    const double cell = requested[requested.size() == 1 ? 0 : d] * voxel * static_cast<double>(finest);
    const double margin = spacing[d];
    cells[d] = static_cast<SizeValueType>(std::ceil((size * spacing[d] + 2.0 * margin) / cell));
    length[d] = static_cast<double>(cells[d]) * cell;
    corner[d] = 0.5 * (size - length[d] / spacing[d]) - 0.5;
  }
  PointType origin;
  box.TransformContinuousIndexToPhysicalPoint(corner, origin);

  return BSplineMaker<VDimension>::Make(origin, box.GetDirection(), length, cells).GetPointer();
}

template <unsigned int VDimension>
auto
MaskedRegistrationTransform<VDimension>::MakeField(const MaskedRegistrationSettings & settings, const GridType & box)
  -> TransformPointer
{
  using FieldTransformType = DisplacementFieldTransform<double, VDimension>;
  using SmoothingTransformType = GaussianSmoothingOnUpdateDisplacementFieldTransform<double, VDimension>;
  const auto makeField = [&box] {
    const auto field = FieldTransformType::DisplacementFieldType::New();
    field->CopyInformation(&box);
    field->SetRegions(box.GetLargestPossibleRegion());
    field->AllocateInitialized();
    return field;
  };
  if (settings.Transform == "syn")
  {
    const auto transform = FieldTransformType::New();
    transform->SetDisplacementField(makeField());
    transform->SetInverseDisplacementField(makeField());
    return transform.GetPointer();
  }
  const auto transform = SmoothingTransformType::New();
  transform->SetDisplacementField(makeField());
  transform->SetGaussianSmoothingVarianceForTheUpdateField(settings.UpdateFieldVariance);
  transform->SetGaussianSmoothingVarianceForTheTotalField(settings.TotalFieldVariance);
  return transform.GetPointer();
}

template <unsigned int VDimension>
auto
MaskedRegistrationTransform<VDimension>::Copy(const TransformType & transform) -> TransformPointer
{
  using CompositeType = CompositeTransform<double, VDimension>;
  if (const auto * const composite = dynamic_cast<const CompositeType *>(&transform))
  {
    const auto copy = CompositeType::New();
    for (SizeValueType n = 0; n < composite->GetNumberOfTransforms(); ++n)
    {
      copy->AddTransform(Copy(*composite->GetNthTransformConstPointer(n)));
      copy->SetNthTransformToOptimize(n, composite->GetNthTransformToOptimize(n));
    }
    return copy.GetPointer();
  }
  using SplineType = BSplineTransform<double, VDimension>;
  if (typeid(transform) == typeid(SplineType))
  {
    return BSplineMaker<VDimension>::Copy(static_cast<const SplineType &>(transform)).GetPointer();
  }
  const auto copy = transform.Clone();
  if (auto * const field = dynamic_cast<DisplacementFieldTransform<double, VDimension> *>(copy.GetPointer()))
  {
    // Clone() loses the index at which the field starts, and the inverse.
    const auto & original = dynamic_cast<const DisplacementFieldTransform<double, VDimension> &>(transform);
    using FieldType = typename DisplacementFieldTransform<double, VDimension>::DisplacementFieldType;
    const auto copyOf = [](const FieldType * other) {
      const auto pixels = FieldType::New();
      pixels->CopyInformation(other);
      pixels->SetRegions(other->GetBufferedRegion());
      pixels->Allocate();
      std::copy_n(
        other->GetBufferPointer(), other->GetBufferedRegion().GetNumberOfPixels(), pixels->GetBufferPointer());
      return pixels;
    };
    if (original.GetDisplacementField() != nullptr)
    {
      field->SetDisplacementField(copyOf(original.GetDisplacementField()));
    }
    if (original.GetInverseDisplacementField() != nullptr)
    {
      field->SetInverseDisplacementField(copyOf(original.GetInverseDisplacementField()));
    }
  }
  return copy;
}

template <unsigned int VDimension>
auto
MaskedRegistrationTransform<VDimension>::MakeAdaptors(const MaskedRegistrationSettings & settings,
                                                      TransformType &                    transform,
                                                      const GridType &                   domain,
                                                      bool                               isGiven) -> AdaptorsType
{
  AdaptorsType adaptors(settings.GetNumberOfLevels());
  for (SizeValueType level = 0; level < adaptors.size(); ++level)
  {
    const auto grid =
      GridGeometry<VDimension>::Shrink(domain, static_cast<unsigned int>(settings.ShrinkFactors[level]));
    const SizeValueType factor = settings.GridScaleFactors.empty() ? 0 : settings.GridScaleFactors[level];
    if (auto * const cubic = dynamic_cast<BSplineTransform<double, VDimension, 3> *>(&transform))
    {
      adaptors[level] = MakeSplineAdaptor(*cubic, factor, domain, *grid, isGiven);
    }
    else if (auto * const quadratic = dynamic_cast<BSplineTransform<double, VDimension, 2> *>(&transform))
    {
      adaptors[level] = MakeSplineAdaptor(*quadratic, factor, domain, *grid, isGiven);
    }
    else
    {
      adaptors[level] = MakeFieldAdaptor(transform, *grid);
    }
  }
  return adaptors;
}

template <unsigned int VDimension>
template <typename TSpline>
auto
MaskedRegistrationTransform<VDimension>::MakeSplineAdaptor(TSpline &        spline,
                                                           SizeValueType    factor,
                                                           const GridType & domain,
                                                           const GridType & grid,
                                                           bool             isGiven) -> AdaptorPointer
{
  if (factor == 0)
  {
    return nullptr;
  }
  auto cells = spline.GetTransformDomainMeshSize();
  for (auto & number : cells)
  {
    number *= factor;
  }
  auto origin = spline.GetTransformDomainOrigin();
  auto direction = spline.GetTransformDomainDirection();
  auto length = spline.GetTransformDomainPhysicalDimensions();
  if (isGiven)
  {
    origin = grid.GetOrigin();
    direction = grid.GetDirection();
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      length[d] = domain.GetSpacing()[d] * static_cast<double>(domain.GetLargestPossibleRegion().GetSize(d) - 1);
    }
  }
  const auto adaptor = BSplineTransformParametersAdaptor<TSpline>::New();
  adaptor->SetTransform(&spline);
  adaptor->SetRequiredTransformDomainMeshSize(cells);
  adaptor->SetRequiredTransformDomainOrigin(origin);
  adaptor->SetRequiredTransformDomainDirection(direction);
  adaptor->SetRequiredTransformDomainPhysicalDimensions(length);
  return adaptor.GetPointer();
}

template <unsigned int VDimension>
auto
MaskedRegistrationTransform<VDimension>::MakeFieldAdaptor(const TransformType & transform, const GridType & grid)
  -> AdaptorPointer
{
  using FieldType = DisplacementFieldTransform<double, VDimension>;
  using SmoothedFieldType = GaussianSmoothingOnUpdateDisplacementFieldTransform<double, VDimension>;
  const auto setGrid = [&grid](auto adaptor) {
    adaptor->SetRequiredSpacing(grid.GetSpacing());
    adaptor->SetRequiredSize(grid.GetLargestPossibleRegion().GetSize());
    adaptor->SetRequiredDirection(grid.GetDirection());
    adaptor->SetRequiredOrigin(grid.GetOrigin());
    return adaptor;
  };
  if (const auto * const smoothed = dynamic_cast<const SmoothedFieldType *>(&transform))
  {
    const auto adaptor =
      setGrid(GaussianSmoothingOnUpdateDisplacementFieldTransformParametersAdaptor<SmoothedFieldType>::New());
    adaptor->SetGaussianSmoothingVarianceForTheUpdateField(smoothed->GetGaussianSmoothingVarianceForTheUpdateField());
    adaptor->SetGaussianSmoothingVarianceForTheTotalField(smoothed->GetGaussianSmoothingVarianceForTheTotalField());
    return adaptor.GetPointer();
  }
  if (dynamic_cast<const FieldType *>(&transform) != nullptr)
  {
    return setGrid(DisplacementFieldTransformParametersAdaptor<FieldType>::New()).GetPointer();
  }
  return nullptr;
}

template <unsigned int VDimension>
bool
MaskedRegistrationTransform<VDimension>::Translate(TransformType & transform, const VectorType & translation)
{
  if (auto * const offset = dynamic_cast<TranslationTransform<double, VDimension> *>(&transform))
  {
    offset->Translate(translation);
    return true;
  }
  if (auto * const linear = dynamic_cast<MatrixOffsetTransformBase<double, VDimension, VDimension> *>(&transform))
  {
    const typename TransformType::ParametersType parameters = linear->GetParameters();
    const auto                                   before = linear->GetTranslation();
    linear->SetTranslation(before + translation);
    if (linear->GetParameters() != parameters || translation.GetSquaredNorm() == 0.0)
    {
      return true;
    }
    // It has no translation among its parameters, and would lose it in a copy or a file.
    linear->SetTranslation(before);
  }
  return false;
}
template <unsigned int VDimension>
bool
MaskedRegistrationTransform<VDimension>::ApplyBefore(TransformType & transform, const LinearType & first)
{
  constexpr double tolerance = 1e-9;
  auto             identity = LinearType::MatrixType::GetIdentity();
  if (auto * const offset = dynamic_cast<TranslationTransform<double, VDimension> *>(&transform))
  {
    const auto difference = first.GetMatrix().GetVnlMatrix() - identity.GetVnlMatrix();
    if (difference.absolute_value_max() > tolerance)
    {
      return false;
    }
    offset->SetOffset(offset->GetOffset() + first.GetOffset());
    return true;
  }
  auto * const linear = dynamic_cast<LinearType *>(&transform);
  if (linear == nullptr)
  {
    return false;
  }
  const typename TransformType::ParametersType before = linear->GetParameters();
  const auto                                   matrix = linear->GetMatrix() * first.GetMatrix();
  const auto                                   offset = linear->GetMatrix() * first.GetOffset() + linear->GetOffset();
  try
  {
    linear->SetMatrix(matrix);
    linear->SetOffset(offset);
    // Some have less among their parameters, and would lose it in a copy or a file.
    const typename TransformType::ParametersType parameters = linear->GetParameters();
    linear->SetParameters(before);
    linear->SetParameters(parameters);
    const auto difference = linear->GetMatrix().GetVnlMatrix() - matrix.GetVnlMatrix();
    if (difference.absolute_value_max() < tolerance)
    {
      return true;
    }
  }
  catch (const ExceptionObject &)
  {
    // It is none of those matrices that it can have.
  }
  linear->SetParameters(before);
  return false;
}
} // end namespace itk

#endif // itkMaskedRegistrationTransform_hxx
