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
#ifndef itkSplineErrorMap_hxx
#define itkSplineErrorMap_hxx

#include "facade/itkAverageOnGrid.h"
#include "facade/itkBSplineMaker.h"
#include "facade/itkDrawPoints.h"
#include "facade/itkIsField.h"
#include "facade/itkMaskedRegistrationTransform.h"
#include "facade/itkMetricAtSamples.h"
#include "geometry/itkGridGeometry.h"
#include "geometry/itkParallelTasks.h"

#include "itkImageRegionIterator.h"
#include "itkNumericTraits.h"
#include "itkQuietScope.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <random>

namespace itk
{
template <typename TImage>
SplineErrorMap<TImage>::SplineErrorMap(const InputsType &             inputs,
                                       const SettingsType &           settings,
                                       const SplineType &             spline,
                                       const CompositeTransformType & chain,
                                       const CompositeTransformType & toMoving,
                                       const SamplerType &            sampler,
                                       SizeValueType                  numberOfSamples,
                                       const std::atomic<bool> &      isAborting)
  : m_Inputs(inputs)
  , m_Settings(settings)
  , m_Spline(spline)
  , m_Chain(chain)
  , m_ToMoving(toMoving)
  , m_Sampler(sampler)
  , m_NumberOfSamples(numberOfSamples)
  , m_IsAborting(isAborting)
{}

template <typename TImage>
auto
SplineErrorMap<TImage>::MakeIdentity(const SamplerType & sampler) -> typename SplineType::ConstPointer
{
  const auto box = GridGeometry<ImageDimension>::Reindex(*sampler.GetDomain(), sampler.GetBoundingRegion());
  const auto spline =
    MaskedRegistrationTransform<ImageDimension>::Make(SettingsType::MakeDefaults("b-spline"), *box.Grid);
  return dynamic_cast<const SplineType *>(spline.GetPointer());
}

template <typename TImage>
void
SplineErrorMap<TImage>::Estimate(ReportType & report) const
{
  // By experience with deformed brains and lungs: most errors are within two bars.
  constexpr double        systematic = 2.5;
  constexpr SizeValueType mostPlaces = 20000;
  constexpr SizeValueType mostSamples = 200000; // a field has as many as the mask has voxels
  const bool              isThorough = m_Settings.Uncertainty == "thorough";
  const SizeValueType     wanted = IsField(m_Settings) ? std::min(m_NumberOfSamples, mostSamples) : m_NumberOfSamples;
  const auto              points = DrawPoints(m_Inputs, m_Sampler, wanted, m_Settings.Seed + 0x5eed);
  if (points.size() < m_Spline.GetNumberOfParametersPerDimension())
  {
    return;
  }
  std::vector<PointType> places;
  const SizeValueType    number = std::min<SizeValueType>(points.size(), mostPlaces);
  for (SizeValueType i = 0; i < number; ++i)
  {
    places.push_back(points[i * points.size() / number]);
  }
  const SizeValueType divisions = isThorough ? 4 : 1;
  std::vector<double> squares(places.size(), 0.0);
  for (SizeValueType division = 0; division < divisions; ++division)
  {
    const auto halves = this->Divide(points, division);
    if (halves[0].empty())
    {
      return;
    }
    this->AddSquares(halves, division, places, squares);
  }
  const auto map = AverageOnGrid(*m_Spline.GetCoefficientImages()[0], places, squares);
  for (ImageRegionIterator<MapType> it(map, map->GetLargestPossibleRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(systematic * std::sqrt(it.Get() / static_cast<double>(divisions)));
  }
  report.Map = map;
  double sum = 0.0;
  double count = 0.0;
  for (const auto & place : places)
  {
    // Samples may be beyond a grid that was given.
    const double error = report.GetStandardErrorAt(place);
    sum += std::isfinite(error) ? error * error : 0.0;
    count += std::isfinite(error) ? 1.0 : 0.0;
  }
  report.StandardError = count > 0.0 ? std::sqrt(sum / count) : NumericTraits<double>::quiet_NaN();
}

template <typename TImage>
auto
SplineErrorMap<TImage>::Divide(const std::vector<PointType> & points, SizeValueType number) const -> HalvesType
{
  constexpr double       least = 0.35; // of all, in each half
  constexpr unsigned int trials = 4;
  const auto &           grid = *m_Spline.GetCoefficientImages()[0];
  double                 cells = 2.0;
  for (unsigned int trial = 0; trial < trials; ++trial, cells *= 0.5)
  {
    HalvesType halves;
    for (const auto & point : points)
    {
      const auto index = grid.template TransformPhysicalPointToContinuousIndex<double>(point);
      long       field = 0;
      for (unsigned int d = 0; d < ImageDimension; ++d)
      {
        // Half a field further along other axes each time.
        const double shift = (number >> d) % 2 == 1 ? 0.5 : 0.0;
        field += static_cast<long>(std::floor(index[d] / cells + shift));
      }
      halves[static_cast<std::size_t>(std::abs(field) % 2)].push_back(point);
    }
    if (static_cast<double>(std::min(halves[0].size(), halves[1].size())) >= least * static_cast<double>(points.size()))
    {
      return halves;
    }
  }
  return {};
}

template <typename TImage>
auto
SplineErrorMap<TImage>::MakeSettings() const -> SettingsType
{
  const SettingsType usual = SettingsType::MakeDefaults("b-spline");
  const SettingsType resolved = usual.Resolve();
  const bool         isField = IsField(m_Settings);
  SettingsType       settings = isField ? usual : m_Settings;
  settings.Transform = "given";
  SetMetricAtSamples(m_Settings, settings);
  settings.Seed = m_Settings.Seed;
  settings.RegionIndex = m_Settings.RegionIndex;
  settings.RegionSize = m_Settings.RegionSize;
  settings.Initialization = "none";
  settings.Uncertainty = "none";
  settings.Levels = 1;
  settings.GridScaleFactors = {};
  settings.ShrinkFactors = { m_Settings.ShrinkFactors.back() };
  settings.SmoothingSigmas = { isField ? resolved.SmoothingSigmas.back() : m_Settings.SmoothingSigmas.back() };
  settings.Samples = {};
  settings.Percentage = { 1.0 };
  settings.ResampleEveryIteration = false;
  // Whatever the registration was made with: what is quick near a minimum.
  constexpr SizeValueType iterations = 10;
  settings.Optimizer = usual.Optimizer;
  settings.Scales = usual.Scales;
  settings.StockOptimizer = false;
  settings.StepsInVoxels = true;
  settings.Iterations = { iterations };
  settings.LearningRate = { resolved.LearningRate.back() };
  settings.OptimizerWeights = {};
  settings.LowerBound = {};
  settings.UpperBound = {};
  // Two are registered side by side.
  settings.WorkUnits = std::max<SizeValueType>(InputsType::GetNumberOfWorkUnits(m_Settings) / 2, 1);
  return settings;
}

template <typename TImage>
auto
SplineErrorMap<TImage>::MakeStart(SizeValueType number, double sign) const -> typename SplineType::Pointer
{
  constexpr double voxels = 1.5;
  constexpr double shareOfCell = 0.15;
  const auto &     cells = m_Spline.GetCoefficientImages()[0]->GetSpacing();
  const double     deviation =
    std::min(voxels * m_Inputs.GetShortestSpacing(), shareOfCell * *std::min_element(cells.Begin(), cells.End()));
  const auto start = BSplineMaker<ImageDimension>::Copy(m_Spline);
  auto       parameters = m_Spline.GetParameters();
  // The same with every library, which distributions of the standard are not.
  std::mt19937 generator(static_cast<std::mt19937::result_type>(m_Settings.Seed + 1000 * number));
  const double range = std::sqrt(12.0) * deviation;
  for (double & parameter : parameters)
  {
    const double uniform = static_cast<double>(generator()) / static_cast<double>(std::mt19937::max()) - 0.5;
    parameter += sign * range * uniform;
  }
  start->SetParameters(parameters);
  return start;
}

template <typename TImage>
auto
SplineErrorMap<TImage>::Register(const SplineType & start, const std::vector<PointType> & points) const -> SplinePointer
{
  const QuietScope scope;
  const auto       samples = PointSetType::New();
  for (const auto & point : points)
  {
    typename PointSetType::PointType sample;
    sample.CastFrom(point);
    samples->SetPoint(static_cast<typename PointSetType::PointIdentifier>(samples->GetNumberOfPoints()), sample);
  }
  const auto registration = FacadeType::New();
  m_Inputs.SetImagesOf(*registration);
  registration->SetSamplePoints(samples);
  if (m_Chain.GetNumberOfTransforms() > 0)
  {
    registration->SetMovingInitialTransform(MaskedRegistrationTransform<ImageDimension>::Copy(m_Chain));
  }
  registration->SetTransformToOptimize(&start);
  registration->AddStage(this->MakeSettings());
  registration->AddObserver(IterationEvent(), [this](const EventObject &) {
    if (m_IsAborting)
    {
      throw ProcessAborted(__FILE__, __LINE__);
    }
  });
  registration->Update();
  return dynamic_cast<const SplineType *>(registration->GetOptimizedTransform());
}

template <typename TImage>
void
SplineErrorMap<TImage>::AddSquares(const HalvesType &             halves,
                                   SizeValueType                  number,
                                   const std::vector<PointType> & places,
                                   std::vector<double> &          squares) const
{
  std::array<SplinePointer, 2>      splines{};
  std::array<std::exception_ptr, 2> problems{};
  const ThreadIdType                units = InputsType::GetNumberOfWorkUnits(m_Settings);
  ParallelTasks::ForEach(halves.size(), units, [&](SizeValueType half) {
    try
    {
      splines[half] = this->Register(*this->MakeStart(number, half == 0 ? 1.0 : -1.0), halves[half]);
    }
    catch (...)
    {
      problems[half] = std::current_exception();
    }
  });
  for (const auto & problem : problems)
  {
    if (problem)
    {
      std::rethrow_exception(problem);
    }
  }
  ParallelTasks::ForEach(places.size(), units, [&](SizeValueType i) {
    const auto map = [&](const SplineType & spline) {
      return m_ToMoving.TransformPoint(spline.TransformPoint(places[i]));
    };
    const auto result = map(m_Spline);
    const auto one = map(*splines[0]) - result;
    const auto other = map(*splines[1]) - result;
    // Half of the difference, and the middle of both.
    squares[i] += 0.25 * ((one - other).GetSquaredNorm() + (one + other).GetSquaredNorm());
  });
}
} // end namespace itk

#endif // itkSplineErrorMap_hxx
