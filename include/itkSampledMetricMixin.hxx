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
#ifndef itkSampledMetricMixin_hxx
#define itkSampledMetricMixin_hxx

#include "itkLinearInterpolateImageFunction.h"
#include "itkQuietScope.h"

#include <algorithm>
#include <cmath>
#include <typeinfo>

namespace itk
{
#if !defined(ITK_WRAPPING_PARSER)
template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::SetSampleCoordinates(std::shared_ptr<const CoordinatesType> coordinates,
                                                      bool                                   isRangeOfMask)
{
  if (coordinates != nullptr)
  {
    for (const auto & column : *coordinates)
    {
      if (column.size() != coordinates->front().size())
      {
        itkExceptionMacro("There are " << coordinates->front().size() << " first coordinates of sample points, but "
                                       << column.size() << " of another. Give each point all of its coordinates.");
      }
    }
  }
  m_Coordinates = std::move(coordinates);
  m_IsRangeOfMask = isRangeOfMask;
  m_KeyOfSamples.clear();
  this->Modified();
}

template <typename TSuperclass>
bool
SampledMetricMixin<TSuperclass>::CanEvaluateSamples(const typename Superclass::MovingTransformType & movingTransform,
                                                    bool areCoordinates) const
{
  return (areCoordinates || this->EvaluatesPointSets()) && this->IsApplicable(&movingTransform);
}

template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::SetWeightImage(const typename InterfaceType::WeightImageType * image)
{
  m_GreatestWeight = 1.0;
  if (image != nullptr)
  {
    const auto * const first = image->GetBufferPointer();
    const auto * const last = first + image->GetBufferedRegion().GetNumberOfPixels();
    const auto * const bad = std::find_if_not(first, last, [](float w) { return w >= 0.0F && std::isfinite(w); });
    if (bad != last)
    {
      itkExceptionMacro("A weight of samples is " << *bad << ", but it must be a finite number of 0 or more.");
    }
    const auto * const greatest = std::max_element(first, last);
    if (greatest == last || *greatest == 0.0F)
    {
      itkExceptionMacro("All weights of samples are 0, so that no sample counts.");
    }
    m_GreatestWeight = static_cast<double>(*greatest);
  }
  m_WeightImage = image;
  m_KeyOfSamples.clear();
  this->Modified();
}

template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::CheckWeights() const
{
  if (m_WeightImage != nullptr && !(this->EvaluatesSamples() && this->KnowsWeights()))
  {
    itkExceptionMacro("The weights of the samples would not count: they are for samples, linear interpolation, the "
                      "default gradients, and transforms that are linear or a B-spline. Leave them out.");
  }
}

template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::SetMovingPart(const MovingPartType & part)
{
  m_MovingPart = part;
  if constexpr (IsTypeKnown)
  {
    if (m_Kernel != nullptr)
    {
      m_Kernel->SetMovingPart(part.Image, part.Grower);
    }
  }
}

template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::ReleaseRegistration()
{
  m_Kernel = nullptr;
  m_KeyOfSamples.clear();
  m_MovingPart = {};
  m_Coordinates = nullptr;
  m_IsRangeOfMask = false;
}
#endif

template <typename TSuperclass>
bool
SampledMetricMixin<TSuperclass>::IsApplicable(const typename Superclass::MovingTransformType * movingTransform) const
{
  if constexpr (IsTypeKnown)
  {
    using LinearInterpolatorType =
      LinearInterpolateImageFunction<MovingImageType, typename Superclass::CoordinateRepresentationType>;

    // A filter or calculator of gradients that the user chose is respected.
    const bool hasDefaultGradient =
      this->m_UseMovingImageGradientFilter
        ? this->m_MovingImageGradientFilter.GetPointer() == this->m_DefaultMovingImageGradientFilter.GetPointer()
        : this->m_MovingImageGradientCalculator.GetPointer() ==
            this->m_DefaultMovingImageGradientCalculator.GetPointer();
    const auto * const interpolator = this->m_MovingInterpolator.GetPointer();
    const bool         isDerivativeKnown = !this->UsesGradientImage() || this->m_UseMovingImageGradientFilter;
    return hasDefaultGradient && isDerivativeKnown && !this->GetUseFloatingPointCorrection() &&
           !this->GetGradientSourceIncludesFixed() && this->GetGradientSourceIncludesMoving() &&
           interpolator != nullptr && typeid(*interpolator) == typeid(LinearInterpolatorType) &&
           movingTransform != nullptr && KernelType::IsKnown(*movingTransform);
  }
  return false;
}

template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::Initialize()
{
  m_KeyOfSamples.clear();
  m_IsSuperclassInitialized = false;
  this->CheckWeights();
  if (!this->EvaluatesSamples())
  {
    m_Kernel = nullptr; // with what it has made of images
    Superclass::Initialize();
    m_IsSuperclassInitialized = true;
    return;
  }
  const bool usesFilter = this->m_UseMovingImageGradientFilter;
  this->m_UseMovingImageGradientFilter = false;
  try
  {
    this->ImageMetricType::Initialize();
  }
  catch (...)
  {
    this->m_UseMovingImageGradientFilter = usesFilter;
    throw;
  }
  this->m_UseMovingImageGradientFilter = usesFilter;
  if constexpr (IsTypeKnown)
  {
    this->GetKernel().SetMovingPart(m_MovingPart.Image, m_MovingPart.Grower);
  }
  this->CheckGradientImage();
  this->InitializeSampling();
}

template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::CheckGradientImage() const
{
  constexpr SizeValueType fewest = 4; // the recursive filter needs
  const bool              isPart = m_MovingPart.Image == this->m_MovingImage && m_MovingPart.Grower;
  const auto &            region =
    isPart ? this->m_MovingImage->GetLargestPossibleRegion() : this->m_MovingImage->GetBufferedRegion();
  const auto & size = region.GetSize();
  if (this->UsesGradientImage() && *std::min_element(size.begin(), size.end()) < fewest)
  {
    itkExceptionMacro("The moving image has " << size << " voxels, but the gradient image that the derivative is taken "
                                              << "from needs " << fewest << " or more along each dimension. Pad the "
                                              << "image, or use the exact derivative.");
  }
}

template <typename TSuperclass>
ThreadIdType
SampledMetricMixin<TSuperclass>::GetNumberOfWorkUnitsUsed() const
{
  return m_IsLeftToSuperclass ? Superclass::GetNumberOfWorkUnitsUsed() : m_NumberOfWorkUnitsUsed;
}

template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::InitializeForIteration() const
{
  m_IsLeftToSuperclass = !this->EvaluatesSamples();
  if (!m_IsLeftToSuperclass)
  {
    this->ImageMetricType::InitializeForIteration();
    return;
  }
  if (!m_IsSuperclassInitialized)
  {
    // Settings were changed after Initialize(), which left this out.
    if (this->GetGradientSourceIncludesMoving() && this->m_UseMovingImageGradientFilter)
    {
      this->ComputeMovingImageGradientFilterImage();
    }
    m_IsSuperclassInitialized = true;
  }
  Superclass::InitializeForIteration();
}

template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::GetValueAndDerivativeExecute() const
{
  if (m_IsLeftToSuperclass)
  {
    Superclass::GetValueAndDerivativeExecute();
    return;
  }
  if constexpr (IsTypeKnown)
  {
    this->UpdateSamples();
    this->CheckGradientImage(); // again, as settings may have changed
    KernelType & kernel = this->GetKernel();
    kernel.SetMoving(*this->m_MovingImage,
                     this->m_MovingImageMask,
                     *this->m_MovingTransform,
                     std::max<ThreadIdType>(this->GetMaximumNumberOfWorkUnits(), 1),
                     this->UsesGradientImage(),
                     this->GetComputeDerivative());
    m_NumberOfWorkUnitsUsed = kernel.GetNumberOfWorkUnitsUsed();
    this->m_NumberOfValidPoints =
      this->EvaluateSamples(kernel, this->GetComputeDerivative() ? this->m_DerivativeResult : nullptr);
    if (this->m_NumberOfValidPoints > 0 || !QuietScope::IsActive())
    {
      this->VerifyNumberOfValidPoints(this->m_Value, *this->m_DerivativeResult);
    }
    else
    {
      // As it does, without a warning.
      this->m_Value = NumericTraits<typename Superclass::MeasureType>::max();
      this->m_DerivativeResult->Fill(typename Superclass::DerivativeValueType{});
    }
  }
}

template <typename TSuperclass>
auto
SampledMetricMixin<TSuperclass>::GetKernel() const -> KernelType &
{
  if (m_Kernel == nullptr)
  {
    m_Kernel = std::make_unique<KernelType>();
    m_Kernel->SetMovingPart(m_MovingPart.Image, m_MovingPart.Grower);
  }
  return *m_Kernel;
}

template <typename TSuperclass>
auto
SampledMetricMixin<TSuperclass>::MakeKeyOfSamples() const -> KeyType
{
  KeyType    key;
  const auto append = [&key](const Object * object) {
    key.push_back(reinterpret_cast<std::uintptr_t>(object));
    key.push_back(object != nullptr ? object->GetMTime() : 0);
  };
  append(this->m_FixedImage);
  append(m_WeightImage);
  append(this->m_FixedImageMask);
  append(this->m_FixedInterpolator);
  append(this->m_FixedTransform);
  append(this->GetVirtualImage());
  key.push_back(KernelType::GetTimeOfTransform(*this->m_FixedTransform));
  key.push_back(reinterpret_cast<std::uintptr_t>(m_Coordinates.get()));
  if (m_Coordinates == nullptr)
  {
    append(this->m_VirtualSampledPointSet);
    append(this->m_VirtualSampledPointSet->GetPoints());
  }
  return key;
}

template <typename TSuperclass>
template <typename TFunction>
void
SampledMetricMixin<TSuperclass>::ForEachSamplePoint(const TFunction & function) const
{
  typename Superclass::VirtualPointType point;
  if (m_Coordinates == nullptr)
  {
    for (const auto & sample : this->m_VirtualSampledPointSet->GetPoints()->CastToSTLConstContainer())
    {
      point.CastFrom(sample);
      function(point);
    }
    return;
  }
  for (SizeValueType i = 0; i < m_Coordinates->front().size(); ++i)
  {
    for (unsigned int d = 0; d < VirtualDimension; ++d)
    {
      point[d] = (*m_Coordinates)[d][i];
    }
    function(point);
  }
}

template <typename TSuperclass>
auto
SampledMetricMixin<TSuperclass>::GetCoordinates() const -> CoordinatesPointer
{
  const bool hasOwnPoints = m_Coordinates == nullptr;
  const bool isEmpty = hasOwnPoints ? this->m_VirtualSampledPointSet->GetPoints() == nullptr ||
                                        this->m_VirtualSampledPointSet->GetPoints()->Size() == 0
                                    : m_Coordinates->front().empty();
  if (isEmpty)
  {
    itkExceptionMacro("The sample point set of the metric is empty. It must have 1 or more points.");
  }
  if (!hasOwnPoints)
  {
    return m_Coordinates;
  }
  auto coordinates = std::make_shared<CoordinatesType>();
  for (auto & column : *coordinates)
  {
    column.reserve(this->m_VirtualSampledPointSet->GetPoints()->Size());
  }
  this->ForEachSamplePoint([&coordinates](const auto & point) {
    for (unsigned int d = 0; d < VirtualDimension; ++d)
    {
      (*coordinates)[d].push_back(point[d]);
    }
  });
  return coordinates;
}

template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::UpdateSamples() const
{
  KeyType key = this->MakeKeyOfSamples();
  if (key == m_KeyOfSamples)
  {
    return;
  }
  m_KeyOfSamples.clear();
  typename KernelType::SampleWeightType weight;
  if (m_WeightImage != nullptr)
  {
    using InterpolatorType = LinearInterpolateImageFunction<typename InterfaceType::WeightImageType, double>;
    const auto interpolator = InterpolatorType::New();
    interpolator->SetInputImage(m_WeightImage);
    weight = [this, interpolator](const auto & point) {
      const auto mapped = this->m_FixedTransform->TransformPoint(point);
      return interpolator->IsInsideBuffer(mapped) ? interpolator->Evaluate(mapped) / m_GreatestWeight : 0.0;
    };
  }
  this->GetKernel().SetSamples(
    this->GetCoordinates(),
    [this](const auto & point, auto & value) {
      typename Superclass::FixedImagePointType mapped;
      return this->TransformAndEvaluateFixedPoint(point, mapped, value);
    },
    weight,
    this->m_FixedImageMask,
    std::max<ThreadIdType>(this->GetMaximumNumberOfWorkUnits(), 1));
  m_KeyOfSamples = std::move(key);
}

template <typename TSuperclass>
void
SampledMetricMixin<TSuperclass>::PrintSelf(std::ostream & os, Indent indent) const
{
  Superclass::PrintSelf(os, indent);

  SizeValueType numberOfSamples = 0;
  if constexpr (IsTypeKnown)
  {
    numberOfSamples = m_Kernel != nullptr ? m_Kernel->GetNumberOfSamples() : 0;
  }
  const auto print = [&](const char * name, bool value) {
    os << indent << name << ": " << (value ? "Yes" : "No") << std::endl;
  };
  os << indent << "Kernel: " << numberOfSamples << " samples" << std::endl;
  print("KeyOfSamples", !m_KeyOfSamples.empty());
  print("WeightImage", m_WeightImage != nullptr);
  print("MovingPart", m_MovingPart.Image != nullptr);
  print("Coordinates", m_Coordinates != nullptr);
  print("IsRangeOfMask", m_IsRangeOfMask);
  os << indent << "NumberOfWorkUnitsUsed: " << m_NumberOfWorkUnitsUsed << std::endl;
  print("UseExactDerivative", m_UseExactDerivative);
  print("IsLeftToSuperclass", m_IsLeftToSuperclass);
  print("IsSuperclassInitialized", m_IsSuperclassInitialized);
}
} // end namespace itk

#endif // itkSampledMetricMixin_hxx
