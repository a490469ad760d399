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

#include "itkGradientDescentLineSearchOptimizerv4.h"
#include "itkGradientDescentOptimizerv4.h"
#include "itkLBFGS2Optimizerv4.h"
#include "itkMultiGradientOptimizerv4.h"
#include "itkQuasiNewtonOptimizerv4.h"

#include <memory>

namespace itk
{
template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::CheckSettings() const
{
  Superclass::CheckSettings();
  if (!this->GetResampleEveryIteration())
  {
    return;
  }
  const auto * const optimizer = this->GetOptimizer();
  if (dynamic_cast<const GradientDescentOptimizerv4Template<RealType> *>(optimizer) == nullptr ||
      dynamic_cast<const GradientDescentLineSearchOptimizerv4Template<RealType> *>(optimizer) != nullptr ||
      dynamic_cast<const LBFGS2Optimizerv4 *>(optimizer) != nullptr ||
      dynamic_cast<const MultiGradientOptimizerv4Template<RealType> *>(optimizer) != nullptr ||
      dynamic_cast<const QuasiNewtonOptimizerv4Template<RealType> *>(optimizer) != nullptr)
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
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::RunLevels()
{
  // As the superclass does it, except that the metrics lose their masks once they are initialised.
  this->AllocateOutputs();
  for (this->m_CurrentLevel = 0; this->m_CurrentLevel < this->m_NumberOfLevels; ++this->m_CurrentLevel)
  {
    this->InitializeRegistrationAtEachLevel(this->m_CurrentLevel);
    this->m_Metric->Initialize();
    this->ReleaseKnownMasks();
    this->RunOptimizer();
  }
}

template <typename TFixedImage, typename TMovingImage, typename TTransform, typename TVirtualImage, typename TPointSet>
void
MaskedRegistrationMethod<TFixedImage, TMovingImage, TTransform, TVirtualImage, TPointSet>::ReleaseKnownMasks()
{
  for (const auto & [index, metric] : this->GetImageMetrics())
  {
    if (this->IsMaskKnown(index, *metric))
    {
      metric->SetFixedImageMask(static_cast<const FixedImageMaskType *>(nullptr));
    }
  }
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

#endif // itkMaskedRegistrationMethod_hxx
