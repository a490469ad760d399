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
#ifndef itkMaskedImageRegistration_hxx
#define itkMaskedImageRegistration_hxx

#include "facade/itkMaskedImageRegistrationImplementation.h"
#include "geometry/itkForEachCorner.h"

#include "itkPrintHelper.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace itk
{
template <typename TImage>
MaskedImageRegistration<TImage>::MaskedImageRegistration()
  : m_Implementation(std::make_unique<Implementation>(*this))
{}

template <typename TImage>
MaskedImageRegistration<TImage>::~MaskedImageRegistration() = default;

template <typename TImage>
SizeValueType
MaskedImageRegistration<TImage>::AddStage(const SettingsType & settings)
{
  m_Implementation->Stages.push_back(settings);
  this->Modified();
  return m_Implementation->Stages.size() - 1;
}

template <typename TImage>
SizeValueType
MaskedImageRegistration<TImage>::AddStage(const std::string & transform)
{
  return this->AddStage(SettingsType::MakeDefaults(transform));
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::ClearStages()
{
  m_Implementation->Stages.clear();
  m_Implementation->StageMasks.clear();
  this->Modified();
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::AddChannel(const Channel & channel)
{
  m_Channels.push_back(channel);
  this->Modified();
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::ClearChannels()
{
  m_Channels.clear();
  this->Modified();
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetChannel(SizeValueType channel) -> Channel &
{
  if (channel >= m_Channels.size())
  {
    itkExceptionMacro("There is no channel " << channel << ", but " << m_Channels.size() << ", counted from 0.");
  }
  this->Modified();
  return m_Channels[channel];
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::SetStageFixedImageMask(SizeValueType stage, const MaskType * mask)
{
  this->GetStage(stage);
  m_Implementation->StageMasks[stage].Fixed = typename MaskType::ConstPointer(mask);
  this->Modified();
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::SetStageMovingImageMask(SizeValueType stage, const MaskType * mask)
{
  this->GetStage(stage);
  m_Implementation->StageMasks[stage].Moving = typename MaskType::ConstPointer(mask);
  this->Modified();
}

template <typename TImage>
SizeValueType
MaskedImageRegistration<TImage>::GetNumberOfStages() const
{
  return m_Implementation->Stages.size();
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetStage(SizeValueType stage) -> SettingsType &
{
  auto & stages = m_Implementation->Stages;
  if (stage >= stages.size())
  {
    itkExceptionMacro("There is no stage " << stage << ", but " << stages.size() << ", counted from 0.");
  }
  return stages[stage];
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::Update()
{
  m_Implementation->Update();
}

template <typename TImage>
double
MaskedImageRegistration<TImage>::EvaluateMetric()
{
  return m_Implementation->EvaluateMetric();
}

template <typename TImage>
bool
MaskedImageRegistration<TImage>::Stop()
{
  return m_Implementation->Stage && m_Implementation->Stage->Stop();
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::Finish()
{
  m_Implementation->IsFinishing = true;
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::Abort()
{
  m_Implementation->IsAborting = true;
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetTransform() const -> const CompositeTransformType *
{
  return m_Implementation->Transform;
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetOptimizedTransform() const -> const TransformType *
{
  const auto & stage = m_Implementation->Stage;
  return stage && stage->GetTransform() != nullptr ? stage->GetTransform()
                                                   : m_Implementation->OptimizedTransform.GetPointer();
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetUsedSamplePoints() const -> const PointSetType *
{
  const auto & stage = m_Implementation->Stage;
  return stage ? stage->GetSamplePoints() : m_Implementation->State.SamplePoints.GetPointer();
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetReports() const -> const std::vector<LevelReport> &
{
  return m_Implementation->Record.GetReports();
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetSearchReport() const -> const SearchReport &
{
  return m_Implementation->Record.GetSearchReport();
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetUncertainty() const -> const UncertaintyReport &
{
  return m_Implementation->Uncertainty;
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetFolding() const -> const FoldingReport &
{
  return m_Implementation->Folding;
}

template <typename TImage>
double
MaskedImageRegistration<TImage>::UncertaintyReport::GetStandardErrorAt(
  const Point<double, ImageDimension> & point) const
{
  if (Map)
  {
    double     error = 0.0;
    const bool isInside =
      ForEachCorner(*Map, point, [&](const auto & corner, double weight) { error += weight * Map->GetPixel(corner); });
    return isInside ? error : NumericTraits<double>::quiet_NaN();
  }
  if (Anchors.empty())
  {
    return NumericTraits<double>::quiet_NaN();
  }
  // Barycentric coordinates.
  std::array<double, ImageDimension + 1> weights;
  weights[0] = 1.0;
  for (unsigned int d = 0; d < ImageDimension; ++d)
  {
    weights[d + 1] = (point[d] - Anchors[0][d]) / (Anchors[d + 1][d] - Anchors[0][d]);
    weights[0] -= weights[d + 1];
  }
  double variance = 0.0;
  for (unsigned int k = 0; k <= ImageDimension; ++k)
  {
    for (unsigned int l = 0; l <= ImageDimension; ++l)
    {
      for (unsigned int d = 0; d < ImageDimension; ++d)
      {
        variance += weights[k] * weights[l] * AnchorCovariance(k * ImageDimension + d, l * ImageDimension + d);
      }
    }
  }
  return std::sqrt(std::max(variance, 0.0));
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetCourse() const -> const std::vector<CourseEntry> &
{
  return m_Implementation->Record.GetCourse();
}

template <typename TImage>
SizeValueType
MaskedImageRegistration<TImage>::GetCurrentStage() const
{
  return m_Implementation->CurrentStage;
}

template <typename TImage>
SizeValueType
MaskedImageRegistration<TImage>::GetCurrentLevel() const
{
  return m_Implementation->CurrentLevel;
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetProgress() const -> Progress
{
  const auto & stage = m_Implementation->Stage;
  return stage ? stage->GetProgress() : m_Implementation->State.LastProgress;
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetPosition() const -> ParametersType
{
  const auto & stage = m_Implementation->Stage;
  return stage ? stage->GetPosition() : m_Implementation->State.Position;
}

template <typename TImage>
auto
MaskedImageRegistration<TImage>::GetScales() const -> ParametersType
{
  const auto & stage = m_Implementation->Stage;
  return stage ? stage->GetScales() : m_Implementation->State.Scales;
}

template <typename TImage>
SizeValueType
MaskedImageRegistration<TImage>::GetNumberOfValidPoints() const
{
  const auto & stage = m_Implementation->Stage;
  return stage ? stage->GetNumberOfValidPoints() : m_Implementation->State.NumberOfValidPoints;
}

template <typename TImage>
std::string
MaskedImageRegistration<TImage>::GetStopConditionDescription() const
{
  const auto & stage = m_Implementation->Stage;
  return stage ? stage->GetStopConditionDescription() : m_Implementation->State.StopCondition;
}

template <typename TImage>
void
MaskedImageRegistration<TImage>::PrintSelf(std::ostream & os, Indent indent) const
{
  using namespace print_helper;
  Superclass::PrintSelf(os, indent);
  itkPrintSelfObjectMacro(FixedImage);
  itkPrintSelfObjectMacro(MovingImage);
  itkPrintSelfObjectMacro(FixedImageMask);
  itkPrintSelfObjectMacro(MovingImageMask);
  itkPrintSelfObjectMacro(SamplingWeightImage);
  itkPrintSelfObjectMacro(MetricWeightImage);
  itkPrintSelfObjectMacro(SamplePoints);
  itkPrintSelfObjectMacro(VirtualDomain);
  itkPrintSelfObjectMacro(MovingInitialTransform);
  itkPrintSelfObjectMacro(FixedInitialTransform);
  itkPrintSelfObjectMacro(TransformToOptimize);
  os << indent << "Channels: " << m_Channels.size() << std::endl;
  os << indent << "MetricWeight: " << m_MetricWeight << std::endl;
  os << indent << "Stages: " << this->GetNumberOfStages() << std::endl;
  for (const auto & [name, transform] : { std::pair<const char *, const Object *>("Transform", this->GetTransform()),
                                          { "OptimizedTransform", this->GetOptimizedTransform() } })
  {
    os << indent << name << ": " << (transform == nullptr ? "(null)" : "") << std::endl;
    if (transform != nullptr)
    {
      transform->Print(os, indent.GetNextIndent());
    }
  }
  os << indent << "Reports: " << this->GetReports().size() << std::endl;
  os << indent << "Course: " << this->GetCourse().size() << std::endl;
  os << indent << "Uncertainty: " << this->GetUncertainty().Status << std::endl;
  os << indent << "CurrentStage: " << this->GetCurrentStage() << std::endl;
  os << indent << "CurrentLevel: " << this->GetCurrentLevel() << std::endl;
}
} // end namespace itk

#endif // itkMaskedImageRegistration_hxx
