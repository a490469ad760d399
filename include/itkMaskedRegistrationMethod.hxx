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
#ifndef itkMaskedRegistrationMethod_hxx
#define itkMaskedRegistrationMethod_hxx

#include "itkCheckOptimizer.h"
#include "itkComparesValues.h"
#include "itkIdentityTransform.h"
#include "itkMattesMutualInformationImageToImageMetricv4.h"
#include "itkQuietScope.h"
#include "itkRegistrationParameterScalesFromPhysicalShift.h"
#include "itkSampledMattesMutualInformationImageToImageMetricv4.h"

#include <memory>

namespace itk
{
template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::MaskedRegistrationMethod()
{
  using DefaultMetricType =
    SampledMattesMutualInformationImageToImageMetricv4<TFixedImage, TMovingImage, TVirtualImage, RealType>;
  using ScalesEstimatorType = RegistrationParameterScalesFromPhysicalShift<
    MattesMutualInformationImageToImageMetricv4<TFixedImage, TMovingImage, TVirtualImage, RealType>>;

  // The settings of the superclass.
  const auto metric = DefaultMetricType::New();
  metric->SetNumberOfHistogramBins(20);
  metric->UseMovingImageGradientFilterOff();
  metric->UseFixedImageGradientFilterOff();
  this->m_Metric = metric;

  const auto scalesEstimator = ScalesEstimatorType::New();
  scalesEstimator->SetMetric(metric);
  scalesEstimator->SetTransformForward(true);
  this->m_Optimizer->SetScalesEstimator(scalesEstimator);
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::CheckSettings() const
{
  Superclass::CheckSettings();
  if (const auto * const transform = this->GetInitialTransform())
  {
    const auto problem =
      DescribeUnfitOptimizer(*this->GetOptimizer(), static_cast<double>(transform->GetNumberOfParameters()));
    if (!problem.empty())
    {
      itkExceptionMacro("The optimizer does not fit the initial transform: " << problem);
    }
  }
  if (!this->GetResampleEveryIteration())
  {
    return;
  }
  const auto * const optimizer = this->GetOptimizer();
  if (ComparesValues(*optimizer))
  {
    itkExceptionMacro("ResampleEveryIteration is on, but the optimizer, "
                      << optimizer->GetNameOfClass()
                      << ", compares values of the metric, or gradients, that must be of the same sample points. Use "
                         "GradientDescentOptimizerv4 or RegularStepGradientDescentOptimizerv4, or switch "
                         "ResampleEveryIteration off.");
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::CheckInputs()
{
  const auto numberOfPairs = static_cast<SizeValueType>(0.5 * static_cast<double>(this->GetNumberOfIndexedInputs()));
  const auto * const multiMetric = dynamic_cast<const MultiMetricType *>(this->m_Metric.GetPointer());
  this->m_NumberOfMetrics = multiMetric != nullptr ? multiMetric->GetNumberOfMetrics() : 1;
  if (numberOfPairs == 0)
  {
    itkExceptionMacro("There are no fixed and moving images or point sets. Call SetFixedImage() and SetMovingImage().");
  }
  if (multiMetric != nullptr && this->m_NumberOfMetrics != numberOfPairs)
  {
    itkExceptionMacro("The multi-metric has " << this->m_NumberOfMetrics << " metrics, but there are " << numberOfPairs
                                              << " pairs of fixed and moving objects. Set one pair for each metric.");
  }
  if (this->m_NumberOfFixedObjects != this->m_NumberOfMovingObjects)
  {
    itkExceptionMacro("There are " << this->m_NumberOfFixedObjects << " fixed and " << this->m_NumberOfMovingObjects
                                   << " moving objects. Set as many of one as of the other.");
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::
  InitializeCompositeTransform()
{
  auto & composite = *this->m_CompositeTransform;
  composite.ClearTransformQueue();
  auto * const initialTransform = const_cast<InitialTransformType *>(this->GetMovingInitialTransform());
  if (initialTransform != nullptr && std::string(initialTransform->GetNameOfClass()) != "IdentityTransform")
  {
    composite.AddTransform(initialTransform);
  }
  composite.FlattenTransformQueue();
  if (this->GetInitializeCenterOfLinearOutputTransform())
  {
    this->InitializeCenterOfLinearOutputTransform();
  }
  composite.AddTransform(this->m_OutputTransform);
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::InitializeVirtualDomain()
{
  const auto imageMetrics = this->GetImageMetrics();
  this->m_FirstImageMetricIndex = imageMetrics.empty() ? -1 : static_cast<int>(imageMetrics.front().first);

  auto domain = this->GetCurrentLevelVirtualDomainImage();
  if (domain.IsNull() && !imageMetrics.empty())
  {
    domain = this->GetFixedImage(imageMetrics.front().first);
  }
  if (domain.IsNull())
  {
    itkExceptionMacro("There is no image metric, and no virtual domain. Call SetVirtualDomain() of a metric.");
  }
  this->m_VirtualDomainImage = Self::template MakeHeader<VirtualImageType>(*domain);

  this->m_FixedImageMasks.assign(this->m_NumberOfMetrics, nullptr);
  this->m_MovingImageMasks.assign(this->m_NumberOfMetrics, nullptr);
  for (const auto & [index, metric] : imageMetrics)
  {
    this->m_FixedImageMasks[index] = metric->GetFixedImageMask();
    this->m_MovingImageMasks[index] = metric->GetMovingImageMask();
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
template <typename TMetric>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::ConnectMetric(
  TMetric &                    metric,
  const VirtualImageBaseType & grid)
{
  auto * const fixedTransform = const_cast<InitialTransformType *>(this->GetFixedInitialTransform());
  if (fixedTransform != nullptr)
  {
    metric.SetFixedTransform(fixedTransform);
  }
  else
  {
    metric.SetFixedTransform(IdentityTransform<RealType, ImageDimension>::New());
  }
  metric.SetMovingTransform(this->m_CompositeTransform);
  metric.SetVirtualDomainFromImage(Self::template MakeHeader<typename TMetric::VirtualImageType>(grid));
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::ConnectMetrics(
  SizeValueType level)
{
  const auto   levelGrid = this->MakeLevelGrid(level, *this->m_VirtualDomainImage);
  auto * const multiMetric = dynamic_cast<MultiMetricType *>(this->m_Metric.GetPointer());
  if (multiMetric != nullptr)
  {
    this->ConnectMetric(*multiMetric, *levelGrid);
  }
  for (SizeValueType n = 0; n < this->m_NumberOfMetrics; ++n)
  {
    auto & metric = *this->GetNthMetric(n);
    if (auto * const imageMetric = dynamic_cast<ImageMetricType *>(&metric))
    {
      this->ConnectMetric(*imageMetric, *levelGrid);
    }
    else if (auto * const pointSetMetric = dynamic_cast<PointSetMetricType *>(&metric))
    {
      this->ConnectMetric(*pointSetMetric, *levelGrid);
      this->m_FixedPointSets[n] = this->GetFixedPointSet(n);
      this->m_MovingPointSets[n] = this->GetMovingPointSet(n);
      pointSetMetric->SetFixedObject(this->m_FixedPointSets[n]);
      pointSetMetric->SetMovingObject(this->m_MovingPointSets[n]);
    }
    else
    {
      itkExceptionMacro("Metric " << n << ", " << metric.GetNameOfClass()
                                  << ", is neither a metric of the images nor of the point sets of this registration "
                                     "method.");
    }
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::InitializeLevel(
  SizeValueType level)
{
  // What the superclass does, except that nothing is made that is not needed: no pixels of the virtual domain, and only
  // those parts of smoothed images that the samples reach.
  if (level == 0)
  {
    this->CheckInputs();
  }
  this->m_CurrentIteration = 0;
  this->m_CurrentMetricValue = 0.0;
  this->m_CurrentConvergenceValue = 0.0;
  this->m_IsConverged = false;
  this->InvokeEvent(MultiResolutionIterationEvent());

  if (const auto & adaptor = this->m_TransformParametersAdaptorsPerLevel[level])
  {
    adaptor->SetTransform(this->m_OutputTransform);
    adaptor->AdaptTransformParameters();
  }
  if (level == 0)
  {
    this->InitializeCompositeTransform();
    if (this->m_OptimizerWeights.Size() > 0)
    {
      this->m_Optimizer->SetWeights(this->m_OptimizerWeights);
    }
    this->InitializeVirtualDomain();
  }
  this->m_CompositeTransform->SetOnlyMostRecentTransformToOptimizeOn();

  this->m_FixedPointSets.assign(this->m_NumberOfMetrics, nullptr);
  this->m_MovingPointSets.assign(this->m_NumberOfMetrics, nullptr);
  this->ConnectMetrics(level);
  this->SetMetricSamplePoints();

  this->m_FixedSmoothImages.assign(this->m_NumberOfMetrics, nullptr);
  this->m_MovingSmoothImages.assign(this->m_NumberOfMetrics, nullptr);
  for (const auto & [index, metric] : this->GetImageMetrics())
  {
    this->SetImagesOfLevel(level, index, *metric);
    metric->SetFixedImageMask(this->m_FixedImageMasks[index]);
    metric->SetMovingImageMask(this->m_MovingImageMasks[index]);
  }

  this->m_Optimizer->SetMetric(this->m_Metric);
  const SizeValueType numberOfScales = this->m_OutputTransform->GetNumberOfLocalParameters();
  if (this->m_Optimizer->CanUseScales() && this->m_Optimizer->GetScales().Size() != numberOfScales)
  {
    typename Superclass::OptimizerType::ScalesType scales(numberOfScales);
    scales.Fill(1.0);
    this->m_Optimizer->SetScales(scales);
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
bool
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::TakesCoordinates(
  ImageMetricType & metric) const
{
  const auto * const sampledMetric = Self::AsSampledMetric(metric);
  if (sampledMetric == nullptr)
  {
    return false;
  }
  const bool takes = sampledMetric->CanEvaluateSamples(*this->GetDomainToMovingTransform(), true);
  if (!takes && !QuietScope::IsActive() &&
      this->m_MetricSamplingStrategy == Superclass::MetricSamplingStrategyEnum::NONE &&
      !SamplesType::IsOnDomain(*this->m_OutputTransform))
  {
    itkWarningMacro("At level " << this->m_CurrentLevel << ", every voxel inside the mask is left to the superclass of "
                                << metric.GetNameOfClass()
                                << ", which is many times slower and takes more memory: the interpolator of the moving "
                                   "image is not linear, its gradient is not the default, or the transform is neither "
                                   "linear nor one B-spline. Use the strategy RANDOM, or the default settings.");
  }
  return takes;
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::RunLevels()
{
  const auto imageMetrics = this->GetImageMetrics(); // now: when memory runs out, what follows needs none
  try
  {
    // As the superclass does it, except that the metrics lose their masks once they are initialised.
    this->AllocateOutputs();
    for (this->m_CurrentLevel = 0; this->m_CurrentLevel < this->m_NumberOfLevels; ++this->m_CurrentLevel)
    {
      this->InitializeRegistrationAtEachLevel(this->m_CurrentLevel);
      this->m_Metric->Initialize();
      for (const auto & [index, metric] : imageMetrics)
      {
        metric->SetFixedImageMask(this->GetFixedMaskOfLevel(index, *metric));
        this->CheckValues(index, *metric);
      }
      this->RunOptimizer();
    }
  }
  catch (...)
  {
    this->ReleaseParts(imageMetrics);
    throw;
  }
  this->ReleaseParts(imageMetrics);
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::RunOptimizer()
{
  if (!this->GetResampleEveryIteration())
  {
    this->m_Optimizer->StartOptimization();
    return;
  }
  // The event comes after the step of an iteration: the points are for the next one.
  SizeValueType       iteration = 0;
  const unsigned long tag = this->m_Optimizer->AddObserver(
    IterationEvent(), [this, &iteration](const EventObject &) { this->DrawSamplePointsAgain(++iteration); });
  const auto removeObserver = [tag](Object * optimizer) { optimizer->RemoveObserver(tag); };
  const std::unique_ptr<Object, decltype(removeObserver)> observer(this->m_Optimizer.GetPointer(), removeObserver);
  this->m_Optimizer->StartOptimization();
}
} // end namespace itk

// What becomes of the images of a level.
#include "itkMaskedRegistrationMethodImages.hxx"

#endif // itkMaskedRegistrationMethod_hxx
