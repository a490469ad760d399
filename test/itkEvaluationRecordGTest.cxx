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
#include "facade/itkEvaluationRecord.h"

#include "facade/itkRecordedMetric.h"
#include "facade/itkRegistrationRecord.h"
#include "itkMaskedImageRegistrationTestHelpers.h"

#include "itkMeanSquaresImageToImageMetricv4.h"
#include "itkSampledCorrelationImageToImageMetricv4.h"
#include "itkSampledMattesMutualInformationImageToImageMetricv4.h"
#include "itkSampledMeanSquaresImageToImageMetricv4.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace EvaluationRecordGTest
{
using namespace itk::MaskedSamplingTest;
using MetricType = itk::RecordedMetric<itk::MeanSquaresImageToImageMetricv4<Image2D, Image2D>>;
using itk::SizeValueType;

/** What optimizers do, reduced to what matters: a step along the gradient after each evaluation, too long to stay at
 * the minimum. ITK 5 sends its event after the step, ITK 6 before it. */
void
Optimize(MetricType & metric, bool isEventBeforeStep, unsigned int number, const std::function<void(double)> & send)
{
  MetricType::MeasureType    value{};
  MetricType::DerivativeType derivative;
  for (unsigned int n = 0; n < number; ++n)
  {
    metric.GetValueAndDerivative(value, derivative);
    if (isEventBeforeStep)
    {
      send(value);
    }
    derivative *= 1.4 / derivative.magnitude();
    metric.UpdateTransformParameters(derivative, 1.0);
    if (!isEventBeforeStep)
    {
      send(value);
    }
  }
}

TEST(EvaluationRecord, TheBestPositionIsThatOfTheBestValueWheneverEventsCome)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto transform = itk::TranslationTransform<double, 2>::New();
  const auto metric = MetricType::New();
  metric->SetFixedImage(scene.Fixed);
  metric->SetMovingImage(scene.Moving);
  metric->SetFixedImageMask(scene.Mask);
  metric->SetMovingTransform(transform);
  metric->SetMaximumNumberOfWorkUnits(1);
  metric->Initialize();
  const auto start = transform->GetParameters();
  const auto evaluate = [&](const ParametersType & position) {
    transform->SetParameters(position);
    return metric->GetValue();
  };
  unsigned int numberOfWorseEnds = 0;
  unsigned int numberOfWrongInferences = 0;
  for (const bool isEventBeforeStep : { false, true })
  {
    for (const unsigned int number : { 2, 5, 9, 11, 12 })
    {
      itk::EvaluationRecord            record;
      itk::RegistrationRecord<Image2D> course;
      std::vector<ParametersType>      positionsAtEvents{ start };
      record.Start(true);
      course.StartLevel({});
      metric->SetEvaluationRecord(&record);
      transform->SetParameters(start);
      Optimize(*metric, isEventBeforeStep, number, [&](double value) {
        course.Iterate(0, 0, { static_cast<SizeValueType>(course.GetCourse().size()), value, 0.0, 0.0 });
        positionsAtEvents.push_back(transform->GetParameters());
      });
      metric->SetEvaluationRecord(nullptr);

      const auto & entries = course.GetCourse();
      ASSERT_EQ(entries.size(), number);
      const auto best = std::min_element(
        entries.begin(), entries.end(), [](const auto & a, const auto & b) { return a.Value < b.Value; });
      EXPECT_EQ(record.GetBestValue(), best->Value);
      EXPECT_DOUBLE_EQ(evaluate(record.GetBestPosition()), best->Value) << number << ", " << isEventBeforeStep;
      numberOfWorseEnds += entries.back().Value > best->Value ? 1 : 0;

      // What the order of events seems to tell: the value belongs to the position at the event before.
      const double inferred = evaluate(positionsAtEvents[static_cast<size_t>(best - entries.begin())]);
      if (isEventBeforeStep)
      {
        numberOfWrongInferences += inferred > best->Value * (1.0 + 1e-9) ? 1 : 0;
      }
      else
      {
        EXPECT_DOUBLE_EQ(inferred, best->Value);
      }
    }
  }
  EXPECT_GT(numberOfWorseEnds, 0U) << "There is nothing to do.";
  EXPECT_GT(numberOfWrongInferences, 0U) << "There is nothing to do.";
}

/** A place where nothing of the moving image is, after places where there is something: worse, but not by so much that
 * a line search could not go on. At the start it is an error, as in ITK. */
template <typename TMetric>
void
StepOutsideAndBack(bool isThrowing)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto transform = itk::TranslationTransform<double, 2>::New();
  const auto metric = itk::RecordedMetric<TMetric>::New();
  metric->SetFixedImage(scene.Fixed);
  metric->SetMovingImage(scene.Moving);
  metric->SetFixedImageMask(scene.Mask);
  metric->SetMovingTransform(transform);
  metric->Initialize();
  itk::EvaluationRecord record;
  metric->SetEvaluationRecord(&record);
  metric->SetIsOutsideWorse(true);
  const ParametersType       inside(transform->GetParameters());
  ParametersType             outside(inside);
  MetricType::MeasureType    value{};
  MetricType::DerivativeType derivative;
  outside[0] = 1e4;

  record.Start(true);
  transform->SetParameters(outside);
  if (isThrowing)
  {
    EXPECT_THROW(metric->GetValueAndDerivative(value, derivative), itk::ExceptionObject);
    EXPECT_THROW(metric->GetValue(), itk::ExceptionObject);
  }
  record.Start(true);
  transform->SetParameters(inside);
  metric->GetValueAndDerivative(value, derivative);
  EXPECT_GT(derivative.magnitude(), 0.0);
  const double first = value;
  transform->SetParameters(outside);
  metric->GetValueAndDerivative(value, derivative);
  EXPECT_EQ(derivative.magnitude(), 0.0);
  EXPECT_GT(value, first);
  EXPECT_LT(value - first, 10.0 * std::abs(first));
  EXPECT_EQ(metric->GetValue(), value);
  EXPECT_EQ(record.GetBestPosition(), inside);

  transform->SetParameters(inside);
  metric->GetValueAndDerivative(value, derivative);
  EXPECT_DOUBLE_EQ(value, first);

  metric->SetIsOutsideWorse(false);
  transform->SetParameters(outside);
  if (isThrowing)
  {
    EXPECT_THROW(metric->GetValueAndDerivative(value, derivative), itk::ExceptionObject);
  }
}

TEST(EvaluationRecord, OutsideIsWorseThanInside)
{
  StepOutsideAndBack<itk::MeanSquaresImageToImageMetricv4<Image2D, Image2D>>(false);
  StepOutsideAndBack<itk::SampledMeanSquaresImageToImageMetricv4<Image2D, Image2D>>(false);
  StepOutsideAndBack<itk::SampledCorrelationImageToImageMetricv4<Image2D, Image2D>>(false);
  StepOutsideAndBack<itk::SampledMattesMutualInformationImageToImageMetricv4<Image2D, Image2D>>(true);
}

TEST(EvaluationRecord, KeepsTheFirstOfEqualValuesAndNoNumberThatIsNone)
{
  itk::EvaluationRecord record;
  ParametersType        position(1);
  const auto            evaluate = [&](double where, double value) {
    position[0] = where;
    record.Evaluate(position, value);
  };
  evaluate(1.0, 1.0);
  EXPECT_EQ(record.GetBestPosition().Size(), 0U) << "kept what nobody asked for";
  record.Start(true);
  evaluate(2.0, std::numeric_limits<double>::quiet_NaN());
  EXPECT_EQ(record.GetBestPosition().Size(), 0U);
  evaluate(3.0, 5.0);
  evaluate(4.0, 5.0);
  evaluate(5.0, 6.0);
  ASSERT_EQ(record.GetBestPosition().Size(), 1U);
  EXPECT_EQ(record.GetBestPosition()[0], 3.0);
  EXPECT_EQ(record.GetBestValue(), 5.0);
  record.Start(false);
  evaluate(6.0, 1.0);
  EXPECT_EQ(record.GetBestPosition().Size(), 0U);
}

TEST(EvaluationRecord, ARecordedMetricIsWhatItIsDerivedFrom)
{
  const auto metric = MetricType::New();
  EXPECT_STREQ(metric->GetNameOfClass(), "MeanSquaresImageToImageMetricv4");
  EXPECT_NE(dynamic_cast<const itk::RecordedMetricBase *>(metric.GetPointer()), nullptr);
}

} // namespace EvaluationRecordGTest
