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
#include "itkMaskedImageRegistration.h"

#include "itkMaskedImageRegistrationTestHelpers.h"

#include "itkConjugateGradientLineSearchOptimizerv4.h"
#include "itkImageRegistrationMethodv4.h"
#include "itkMeanSquaresImageToImageMetricv4.h"
#include "itkRegistrationParameterScalesFromPhysicalShift.h"
#include "itkRegularStepGradientDescentOptimizerv4.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

namespace MaskedImageRegistrationRatesGTest
{
using namespace itk::MaskedSamplingTest;
using Descent = itk::GradientDescentOptimizerv4;
using LineSearch = itk::GradientDescentLineSearchOptimizerv4Template<double>;
using ConjugateGradient = itk::ConjugateGradientLineSearchOptimizerv4Template<double>;
using RegularStep = itk::RegularStepGradientDescentOptimizerv4<double>;
using itk::SizeValueType;

Descent::Pointer
MakeStockOptimizer(const Settings & settings)
{
  const auto setLimits = [&settings](auto optimizer) -> Descent::Pointer {
    optimizer->SetLowerLimit(settings.LineSearchLowerLimit);
    optimizer->SetUpperLimit(settings.LineSearchUpperLimit);
    optimizer->SetEpsilon(settings.LineSearchEpsilon);
    optimizer->SetMaximumLineSearchIterations(static_cast<unsigned int>(settings.LineSearchMaximumIterations));
    return optimizer.GetPointer();
  };
  Descent::Pointer optimizer;
  if (settings.Optimizer == "gradient-descent")
  {
    optimizer = Descent::New();
  }
  else if (settings.Optimizer == "gradient-descent-line-search")
  {
    optimizer = setLimits(LineSearch::New());
  }
  else if (settings.Optimizer == "conjugate-gradient-line-search")
  {
    optimizer = setLimits(ConjugateGradient::New());
  }
  else
  {
    const auto regular = RegularStep::New();
    regular->SetMinimumStepLength(settings.MinimumStepLength);
    regular->SetRelaxationFactor(settings.RelaxationFactor);
    regular->SetGradientMagnitudeTolerance(settings.GradientMagnitudeTolerance);
    optimizer = regular.GetPointer();
  }
  optimizer->SetLearningRate(settings.LearningRate.front());
  optimizer->SetNumberOfIterations(settings.Iterations.front());
  optimizer->SetMinimumConvergenceValue(settings.ConvergenceMinimumValue);
  optimizer->SetConvergenceWindowSize(settings.ConvergenceWindowSize);
  optimizer->SetDoEstimateLearningRateOnce(settings.EstimateLearningRate == "once");
  optimizer->SetDoEstimateLearningRateAtEachIteration(settings.EstimateLearningRate == "each-iteration");
  optimizer->SetNumberOfWorkUnits(1);
  return optimizer;
}

/** Rates and values of every iteration of ITK's own method, without mask and sampling. */
std::vector<SeenLevel>
RunStock(const Scene<Image2D> & scene, const Settings & settings)
{
  using MetricType = itk::MeanSquaresImageToImageMetricv4<Image2D, Image2D>;
  using MethodType = itk::ImageRegistrationMethodv4<Image2D, Image2D>;
  const auto metric = MetricType::New();
  metric->SetMaximumNumberOfWorkUnits(1);
  const auto optimizer = MakeStockOptimizer(settings);
  if (settings.Scales == "physical-shift")
  {
    const auto scales = itk::RegistrationParameterScalesFromPhysicalShift<MetricType>::New();
    scales->SetMetric(metric);
    optimizer->SetScalesEstimator(scales);
  }
  const auto          method = MethodType::New();
  const SizeValueType numberOfLevels = settings.ShrinkFactors.size();
  method->SetFixedImage(scene.Fixed);
  method->SetMovingImage(scene.Moving);
  method->SetMetric(metric);
  method->SetOptimizer(optimizer);
  method->SetInitialTransform(itk::TranslationTransform<double, 2>::New());
  method->SetNumberOfWorkUnits(1);
  method->SetNumberOfLevels(numberOfLevels);
  MethodType::ShrinkFactorsArrayType   factors(numberOfLevels);
  MethodType::SmoothingSigmasArrayType sigmas(numberOfLevels);
  for (SizeValueType level = 0; level < numberOfLevels; ++level)
  {
    factors[level] = settings.ShrinkFactors[level];
    sigmas[level] = settings.SmoothingSigmas[level];
  }
  method->SetShrinkFactorsPerLevel(factors);
  method->SetSmoothingSigmasPerLevel(sigmas);
  method->SetSmoothingSigmasAreSpecifiedInPhysicalUnits(false);
  std::vector<SeenLevel> levels;
  method->AddObserver(itk::MultiResolutionIterationEvent(), [&](const itk::EventObject &) {
    levels.push_back({ 0, static_cast<SizeValueType>(levels.size()), {}, {} });
  });
  optimizer->AddObserver(itk::IterationEvent(), [&](const itk::EventObject &) {
    levels.back().Values.push_back(optimizer->GetCurrentMetricValue());
    levels.back().LearningRates.push_back(optimizer->GetLearningRate());
  });
  method->Update();
  return levels;
}

Settings
MakeSettings(const std::string & optimizer, const std::string & scales, const std::string & estimate)
{
  auto settings = Settings::MakeDefaults("translation");
  settings.Optimizer = optimizer;
  settings.Scales = scales;
  settings.EstimateLearningRate = estimate;
  settings.Metric = "mean-squares";
  settings.StockMetric = true;
  settings.StockOptimizer = true;
  settings.Sampling = "none";
  settings.Samples = { 0 };
  settings.ShrinkFactors = { 4, 2, 1 };
  settings.SmoothingSigmas = { 2.0, 1.0, 0.0 };
  settings.Iterations = { 5 };
  settings.LearningRate = { optimizer == "regular-step-gradient-descent" || scales != "none" ? 0.3 : 0.002 };
  settings.StepsInVoxels = false;
  settings.ReturnBest = false;
  settings.WorkUnits = 1;
  return settings;
}

TEST(MaskedImageRegistration, LearningRatesOfAllLevelsAreThoseOfITK)
{
  const auto            scene = Scene<Image2D>(MakeLinearMotion<Image2D>(0.0, 1.0, 0.0, 1.5));
  std::set<std::string> optimizersThatChangeTheirRate;
  for (const std::string optimizer : { "gradient-descent",
                                       "regular-step-gradient-descent",
                                       "gradient-descent-line-search",
                                       "conjugate-gradient-line-search" })
  {
    for (const std::string scales : { "none", "physical-shift" })
    {
      for (const std::string estimate : { "never", "once", "each-iteration" })
      {
        SCOPED_TRACE(optimizer + ", " + scales + ", " + estimate);
        const auto settings = MakeSettings(optimizer, scales, estimate);
        const auto expected = RunStock(scene, settings);
        const auto facade = scene.MakeFacade(settings);
        facade->SetFixedImageMask(nullptr);
        const auto levels = UpdateAndWatch(*facade);
        ASSERT_EQ(levels.size(), expected.size());
        for (size_t level = 0; level < levels.size(); ++level)
        {
          EXPECT_EQ(levels[level].LearningRates, expected[level].LearningRates) << level;
          EXPECT_EQ(levels[level].Values, expected[level].Values) << level;
          for (const double rate : levels[level].LearningRates)
          {
            if (rate != settings.LearningRate.front() && estimate == "never")
            {
              optimizersThatChangeTheirRate.insert(optimizer);
            }
          }
        }
      }
    }
  }
  EXPECT_EQ(optimizersThatChangeTheirRate.size(), 2U) << "There is nothing to see.";
}

TEST(MaskedImageRegistration, RatesThatAreSetForEveryLevelAreUsed)
{
  const auto scene = Scene<Image2D>(MakeLinearMotion<Image2D>(0.0, 1.0, 0.0, 1.5));
  auto       settings = MakeSettings("gradient-descent", "none", "never");
  settings.LearningRate = { 0.001, 0.002, 0.001 };
  const auto levels = UpdateAndWatch(*scene.MakeFacade(settings));
  ASSERT_EQ(levels.size(), 3U);
  for (size_t level = 0; level < 3; ++level)
  {
    EXPECT_EQ(levels[level].LearningRates, std::vector<double>(5, settings.LearningRate[level])) << level;
  }
}

} // namespace MaskedImageRegistrationRatesGTest
