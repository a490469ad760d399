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
#ifndef itkCheckTransformSize_h
#define itkCheckTransformSize_h

#include "facade/itkIsField.h"

#include "itkCheckOptimizer.h"
#include "itkMachineMemory.h"
#include "itkMaskedRegistrationSettings.h"
#include "itkTransform.h"

#include "facade/itkRegistrationOptimizerKind.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <sstream>
#include <string>

namespace itk
{
/** \class CheckTransformSize
 * \brief Throws, before anything is allocated, if the transform of a stage would be too large: for the memory, or for
 * its optimizer.
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class CheckTransformSize
{
public:
  using SettingsType = MaskedRegistrationSettings;
  using GridType = ImageBase<VDimension>;
  using TransformType = Transform<double, VDimension, VDimension>;

  /** \param settings with values for every level
   * \param box of the mask, on which the transform lies
   * \param given the transform that is optimised, if the stage has the transform "given" */
  static void
  Check(const SettingsType & settings, const GridType & box, const TransformType * given)
  {
    CountsType         counts{};
    double             parameters = 0.0;
    std::ostringstream what;
    std::string        wayOut;
    if (settings.Transform == "b-spline")
    {
      if (settings.GridSpacing.empty())
      {
        return; // which is told where the grid is made
      }
      counts = CountKnots(CountCells(settings, box), settings);
      parameters = Multiply(counts);
      const auto              factor = GetLargestFactor(settings);
      constexpr SizeValueType usual = 64;
      const bool isGrowing = factor > usual || factor > std::max<SizeValueType>(settings.GridScaleFactors.back(), 1);
      what << (isGrowing ? "grid-scale-factors" : "grid-spacing") << ": a grid of " << Join(counts)
           << " knots, which is " << parameters << " parameters,";
      wayOut = isGrowing ? "Give smaller factors." : "Give a wider spacing; there is nothing to find between voxels.";
    }
    else if (IsField(settings))
    {
      std::copy_n(box.GetLargestPossibleRegion().GetSize().begin(), VDimension, counts.begin());
      parameters = Multiply(counts);
      what << "transform: \"" << settings.Transform << "\" on the box of the mask, " << Join(counts) << " voxels,";
      wayOut = "Use a smaller mask, or a \"b-spline\".";
    }
    else if (given != nullptr)
    {
      parameters = static_cast<double>(given->GetNumberOfParameters());
      what << "transform: one of " << parameters << " parameters";
      wayOut = "Give a coarser one.";
      if (given->GetTransformCategory() == TransformType::TransformCategoryEnum::BSpline &&
          GetLargestFactor(settings) > 1 && given->GetFixedParameters().Size() == VDimension * (VDimension + 3))
      {
        CountsType cells{};
        for (unsigned int d = 0; d < VDimension; ++d)
        {
          cells[d] = std::max(1.0, given->GetFixedParameters()[d] - 3.0);
        }
        counts = CountKnots(cells, settings);
        parameters = Multiply(counts);
        what.str({});
        what << "grid-scale-factors: a grid of " << Join(counts) << " knots, which is " << parameters << " parameters,";
        wayOut = "Give smaller factors.";
      }
    }
    CheckOptimizer(settings, parameters, given);
    // Of the transform, the metric and the optimizer, about; and two for each step that the optimizer keeps.
    const auto [name, kept] = GetKeptSteps(settings);
    const double     copies = settings.Transform == "syn" ? 14.0 : name != nullptr ? 12.0 : 8.0;
    constexpr double usualSteps = 20.0;
    // When the optimizer is gone, a grid that was made here is continued: FadedSpline.
    const double afterwards = settings.Transform == "b-spline" ? 16.0 : 0.0;
    const auto   check = [&, copies = copies](const std::string & text, double steps, const std::string & way) {
      MachineMemory::Check(text, sizeof(double) * std::max(copies + 2.0 * steps, afterwards) * parameters, way);
    };
    check(what.str(), std::min(kept, usualSteps), wayOut);
    if (kept > usualSteps)
    {
      what.str({});
      what << name << ": " << kept << " steps, of each of which an optimizer keeps two numbers for each of "
           << parameters << " parameters,";
      check(what.str(), kept, "Usual are 3 to 20.");
    }
  }

private:
  using CountsType = std::array<double, VDimension>;

  static SizeValueType
  GetLargestFactor(const SettingsType & settings)
  {
    const auto & factors = settings.GridScaleFactors;
    return factors.empty() ? 1 : std::max<SizeValueType>(1, *std::max_element(factors.begin(), factors.end()));
  }

  /** Of the coarsest grid, as MaskedRegistrationTransform makes it. */
  static CountsType
  CountCells(const SettingsType & settings, const GridType & box)
  {
    const auto & requested = settings.GridSpacing;
    const auto & spacing = box.GetSpacing();
    const double voxel = *std::min_element(spacing.Begin(), spacing.End());
    const auto   finest = static_cast<double>(std::max<SizeValueType>(1, settings.GridScaleFactors.back()));
    CountsType   cells{};
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      const auto   size = static_cast<double>(box.GetLargestPossibleRegion().GetSize(d));
      const double cell = requested[requested.size() == VDimension ? d : 0] * voxel * finest;
      cells[d] = std::ceil((size + 2.0) * spacing[d] / cell);
    }
    return cells;
  }

  /** Of the finest grid. */
  static CountsType
  CountKnots(CountsType cells, const SettingsType & settings)
  {
    for (double & count : cells)
    {
      count = count * static_cast<double>(GetLargestFactor(settings)) + 3.0;
    }
    return cells;
  }

  /** The number of parameters. */
  static double
  Multiply(const CountsType & counts)
  {
    double product = VDimension;
    for (const double count : counts)
    {
      product *= count;
    }
    return product;
  }

  static std::string
  Join(const CountsType & counts)
  {
    std::ostringstream text;
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      text << (d > 0 ? " x " : "") << counts[d];
    }
    return text.str();
  }

  /** The setting of how many steps an optimizer keeps, and how many these are; no name: it keeps none. */
  static std::pair<const char *, double>
  GetKeptSteps(const SettingsType & settings)
  {
    if (settings.Transform != "syn" && settings.Optimizer == "lbfgs2")
    {
      return { "hessian-approximation-accuracy", static_cast<double>(settings.HessianApproximationAccuracy) };
    }
    if (settings.Transform != "syn" && settings.Optimizer == "lbfgsb")
    {
      return { "maximum-number-of-corrections", static_cast<double>(settings.MaximumNumberOfCorrections) };
    }
    return { nullptr, 0.0 };
  }

  static void
  CheckOptimizer(const SettingsType & settings, double parameters, const TransformType * given)
  {
    if (settings.Transform == "syn" || (parameters == 0.0 && given == nullptr))
    {
      return; // it has an optimizer of its own, or its few parameters are not counted here
    }
    if (parameters == 0.0 && !settings.StockOptimizer)
    {
      itkGenericExceptionMacro("transform: \"" << given->GetNameOfClass()
                                               << "\" has no parameters, so there is nothing to find. Use another.");
    }
    if (!RegistrationOptimizerKind::Find(settings.Optimizer).NeedsDerivative)
    {
      const std::string name = '"' + settings.Optimizer + '"';
      const auto        problem = DescribeUnfitSearch(name, settings.Optimizer == "exhaustive", parameters);
      if (!problem.empty())
      {
        itkGenericExceptionMacro("optimizer: " << problem);
      }
    }
  }
};
} // end namespace itk

#endif // itkCheckTransformSize_h
