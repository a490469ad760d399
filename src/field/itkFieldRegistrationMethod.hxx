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
#ifndef itkFieldRegistrationMethod_hxx
#define itkFieldRegistrationMethod_hxx

#include "field/itkFieldRegistrationMethod.h"
#include "geometry/itkPositionBox.h"

#include "itkWindowConvergenceMonitoringFunction.h"

#include <cmath>

namespace itk
{
template <typename TImage>
auto
FieldRegistrationMethod<TImage>::MakeSettings() const -> typename FieldRegistrationType::SettingsType
{
  typename FieldRegistrationType::SettingsType settings;
  settings.Metric = m_KindOfMetric;
  settings.Radius = m_Radius;
  settings.IsSymmetric = m_IsSymmetric;
  settings.StepLength = this->GetLearningRate();
  settings.UpdateVariance = this->GetGaussianSmoothingVarianceForTheUpdateField();
  settings.TotalVariance = this->GetGaussianSmoothingVarianceForTheTotalField();
  settings.ReturnsBest = m_ReturnsBest;
  settings.NumberOfWorkUnits = this->GetNumberOfWorkUnits();
  return settings;
}

template <typename TImage>
void
FieldRegistrationMethod<TImage>::RunLevels()
{
  const auto release = [this](void *) {
    m_FixedImage = nullptr;
    m_MovingImage = nullptr;
    m_LevelGrid = nullptr;
    m_FixedMask = nullptr;
    m_MovingMask = nullptr;
  };
  const std::unique_ptr<void, decltype(release)> guard(this, release);

  this->AllocateOutputs();
  const auto [index, metric] = this->GetImageMetrics().front();
  const auto * const fixed = this->GetFixedImage(index);
  const auto * const moving = this->GetMovingImage(index);
  m_FixedImage = this->FillGaps("fixed", index, fixed, fixed->GetBufferedRegion(), this->GetFixedMaskOfRun(index));
  m_MovingImage = this->FillGaps("moving", index, moving, moving->GetBufferedRegion(), metric->GetMovingImageMask());
  FieldRegistrationType registration(this->MakeSettings());
  for (this->m_CurrentLevel = 0; this->m_CurrentLevel < this->m_NumberOfLevels; ++this->m_CurrentLevel)
  {
    this->InitializeRegistrationAtEachLevel(this->m_CurrentLevel);
    this->RunLevel(registration);
  }
  this->SetResult(registration);
  this->GetTransformOutput()->Set(this->m_OutputTransform);
}

template <typename TImage>
void
FieldRegistrationMethod<TImage>::InitializeRegistrationAtEachLevel(const SizeValueType level)
{
  // Not as the superclass, which has fields of its own.
  MaskedSamplingMixin<SyNImageRegistrationMethod<TImage, TImage>>::InitializeRegistrationAtEachLevel(level);
}

template <typename TImage>
void
FieldRegistrationMethod<TImage>::InitializeLevel(SizeValueType level)
{
  this->m_CurrentIteration = 0;
  this->m_CurrentMetricValue = 0.0;
  this->m_CurrentConvergenceValue = 0.0;
  this->m_IsConverged = false;
  this->InvokeEvent(MultiResolutionIterationEvent());

  const auto domain = this->GetSamples(0).GetSampler()->GetDomain();
  m_LevelGrid = this->MakeLevelGrid(level, *domain);
  constexpr SizeValueType fewest = 4;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    const SizeValueType number = m_LevelGrid->GetLargestPossibleRegion().GetSize(d);
    if (number < fewest && number < domain->GetLargestPossibleRegion().GetSize(d))
    {
      itkGenericExceptionMacro("shrink-factors: at level " << level << " the grid has " << number
                                                           << (number == 1 ? " voxel" : " voxels") << " along axis "
                                                           << d << ", but a field needs four voxels. Shrink less.");
    }
  }
  if (level == 0)
  {
    m_FixedMask = this->MakeFixedMask();
    m_MovingMask = this->MakeMovingMask();
  }
}

template <typename TImage>
auto
FieldRegistrationMethod<TImage>::MakeFixedMask() const -> std::unique_ptr<MaskType>
{
  const auto & sampler = *this->GetSamples(0).GetSampler();
  auto         mask = std::make_unique<MaskType>(*sampler.GetDomain(), sampler.GetBoundingRegion());
  const auto & region = mask->GetRegion();
  sampler.ForEachRun([&](const auto & index, SizeValueType length) {
    const SizeValueType number = GeometryType::GetNumber(region, index);
    std::fill_n(mask->GetVoxels().begin() + static_cast<std::ptrdiff_t>(number), length, 1);
  });
  return mask;
}

template <typename TImage>
auto
FieldRegistrationMethod<TImage>::MakeMovingMask() const -> std::unique_ptr<MaskType>
{
  const auto         metric = this->GetImageMetrics().front().second;
  const auto * const movingMask = metric->GetMovingImageMask();
  if (movingMask == nullptr)
  {
    return nullptr;
  }
  const auto * const domain = this->GetSamples(0).GetSampler()->GetDomain();
  const auto         transform = this->GetDomainToMovingTransform();
  auto               mask = std::make_unique<MaskType>(*domain, domain->GetLargestPossibleRegion());
  GeometryType::ForEachVoxel(
    mask->GetRegion(), this->GetNumberOfWorkUnits(), [&](const auto & voxel, SizeValueType number) {
      const auto point = domain->template TransformIndexToPhysicalPoint<double>(voxel);
      mask->GetVoxels()[number] =
        static_cast<unsigned char>(movingMask->IsInsideInWorldSpace(transform->TransformPoint(point)));
    });
  return mask;
}

template <typename TImage>
auto
FieldRegistrationMethod<TImage>::MakeImage(const TImage * image, const InitialTransformType * transform) const
  -> std::unique_ptr<WarpedType>
{
  constexpr double numberOfVoxels = 8.0;
  constexpr double fraction = 0.25;

  const LevelImage<TImage>                             level(image,
                                 this->m_SmoothingSigmasPerLevel[this->m_CurrentLevel],
                                 this->m_SmoothingSigmasAreSpecifiedInPhysicalUnits,
                                 this->GetNumberOfWorkUnits());
  const auto &                                         sampler = *this->GetSamples(0).GetSampler();
  PositionBox<ContinuousIndex<double, ImageDimension>> box;
  for (const auto & corner : GeometryType::GetCorners(*sampler.GetDomain(), sampler.GetBoundingRegion()))
  {
    box.Add(image->template TransformPhysicalPointToContinuousIndex<double>(
      transform != nullptr ? transform->TransformPoint(corner) : corner));
  }
  const auto region = level.MakeRegion(box.Lower, box.Upper, numberOfVoxels, fraction);
  const auto part = level.MakePartOrWhole(region);
  return std::make_unique<WarpedType>(part, transform, level.MakeGrower(*part, region, numberOfVoxels, fraction));
}

template <typename TImage>
void
FieldRegistrationMethod<TImage>::RunLevel(FieldRegistrationType & registration)
{
  const auto toFixed = this->GetDomainToFixedTransform();
  const auto toMoving = this->GetDomainToMovingTransform();
  const auto fixed = this->MakeImage(m_FixedImage, toFixed);
  const auto moving = this->MakeImage(m_MovingImage, toMoving);
  registration.StartLevel(*m_LevelGrid, *fixed, *moving, m_FixedMask.get(), m_MovingMask.get());

  const auto monitor = Function::WindowConvergenceMonitoringFunction<typename Superclass::RealType>::New();
  monitor->SetWindowSize(this->GetConvergenceWindowSize());
  const auto mostIterations = [this] { return this->GetNumberOfIterationsPerLevel()[this->m_CurrentLevel]; };
  if (mostIterations() == 0)
  {
    this->SetValue(registration.Evaluate(), registration);
    m_ValueOfEnd = this->m_CurrentMetricValue;
    return;
  }
  while (this->m_CurrentIteration++ < mostIterations() && !this->m_IsConverged)
  {
    this->SetValue(registration.Iterate(), registration);
    monitor->AddEnergyValue(this->m_CurrentMetricValue);
    this->m_CurrentConvergenceValue = monitor->GetConvergenceValue();
    this->m_IsConverged = this->m_CurrentConvergenceValue < this->GetConvergenceThreshold();
    this->InvokeEvent(IterationEvent());
  }
  m_ValueOfEnd = registration.EndLevel();
}

template <typename TImage>
void
FieldRegistrationMethod<TImage>::SetValue(double value, const FieldRegistrationType & registration)
{
  m_NumberOfValidPoints = registration.GetNumberOfVoxels();
  if (std::isnan(value))
  {
    itkExceptionMacro("At level " << this->m_CurrentLevel
                                  << ", none of the voxels inside the mask is in the moving image, and inside its "
                                     "mask if there is one. Is the initial transform right?");
  }
  this->m_CurrentMetricValue = value;
}

template <typename TImage>
void
FieldRegistrationMethod<TImage>::SetResult(const FieldRegistrationType & registration)
{
  const auto makeImage = [this](const VectorField<ImageDimension> & map) {
    return map.MakeImage(*m_LevelGrid, this->GetNumberOfWorkUnits());
  };
  this->m_OutputTransform->SetDisplacementField(makeImage(registration.MakeFixedToMoving()));
  this->m_OutputTransform->SetInverseDisplacementField(makeImage(registration.MakeMovingToFixed()));
}
} // end namespace itk

#endif // itkFieldRegistrationMethod_hxx
