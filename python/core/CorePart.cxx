// SPDX-License-Identifier: Apache-2.0
#include "CorePart.h"

#include "CoreCalls.h"
#include "MaskedSamplingCore.h"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace MaskedSamplingCore
{
namespace
{
void
CheckFinite(const std::string & name, const char * kind, const double * numbers, std::size_t number)
{
  const auto * const end = numbers + number;
  const auto * const found = std::find_if(numbers, end, [](double value) { return !std::isfinite(value); });
  if (found != end)
  {
    itkGenericExceptionMacro("transform: \"" << name << "\" has " << *found << " as number " << found - numbers
                                             << " of its " << kind << ", which are finite numbers.");
  }
}

bool
Contains(const std::string & name, const char * word)
{
  return name.find(word) != std::string::npos;
}

/** From the end of a name, such as _double_3_3, or _double_3_3_2 for splines of order 2. */
std::size_t
GetDimension(const std::string & name)
{
  return Contains(name, "_2_2") ? 2 : Contains(name, "_3_3") ? 3 : 0;
}

/** Of the axes of a grid: its size, origin and spacing for each, and a direction. Two variances can follow. */
std::size_t
GetNumberOfAxes(std::size_t dimension, std::size_t numberOfFixedParameters)
{
  for (const std::size_t axes : { dimension, dimension + 1 })
  {
    const std::size_t expected = axes * (axes + 3);
    if (numberOfFixedParameters == expected || numberOfFixedParameters == expected + 2)
    {
      return axes;
    }
  }
  return 0;
}

double
GetLeastSize(const std::string & name)
{
  if (name.rfind("BSplineTransform", 0) != 0)
  {
    return 0.0;
  }
  for (int order = 0; order < 3; ++order)
  {
    const std::string suffix = "_" + std::to_string(order);
    const bool        isOrder = Contains(name, ("_2_2" + suffix).c_str()) || Contains(name, ("_3_3" + suffix).c_str());
    if (isOrder)
    {
      return order + 1.0;
    }
  }
  return 4.0;
}
} // namespace

bool
HasGrid(const std::string & name)
{
  return name.rfind("BSplineTransform", 0) == 0 || Contains(name, "FieldTransform");
}

void
CheckPart(const std::string & name,
          const double *      fixedParameters,
          std::size_t         numberOfFixedParameters,
          const double *      parameters,
          std::size_t         numberOfParameters)
{
  CheckFinite(name, "fixed parameters", fixedParameters, numberOfFixedParameters);
  CheckFinite(name, "parameters", parameters, numberOfParameters);
  const auto dimension = GetDimension(name);
  const auto axes = HasGrid(name) && dimension > 0 ? GetNumberOfAxes(dimension, numberOfFixedParameters) : 0;
  if (Contains(name, "FieldTransform") && numberOfFixedParameters == 0)
  {
    itkGenericExceptionMacro("transform: \"" << name << "\" has no grid, which its fixed parameters tell.");
  }
  if (axes == 0)
  {
    return; // ITK counts what it is given before it does anything with it
  }
  const double       least = GetLeastSize(name);
  auto               product = static_cast<double>(dimension);
  bool               isSize = true;
  std::ostringstream sizes;
  for (std::size_t d = 0; d < axes; ++d)
  {
    const double size = fixedParameters[d];
    isSize = isSize && size >= least && size == std::floor(size);
    product *= size;
    sizes << (d > 0 ? " x " : "") << size;
  }
  if (!isSize)
  {
    itkGenericExceptionMacro("transform: \"" << name << "\" cannot have a grid of " << sizes.str()
                                             << ": along each axis, it needs a whole number of at least " << least
                                             << '.');
  }
  if (product != static_cast<double>(numberOfParameters))
  {
    itkGenericExceptionMacro("transform: \"" << name << "\" has " << product << " parameters, for a grid of "
                                             << sizes.str() << ", not " << numberOfParameters << '.');
  }
}
} // namespace MaskedSamplingCore

using namespace MaskedSamplingCore;

int
masked_sampling_check_part(const char *   name,
                           const double * fixed_parameters,
                           size_t         number_of_fixed_parameters,
                           const double * parameters,
                           size_t         number_of_parameters)
{
  return Call([&] {
    NeedArray(fixed_parameters, number_of_fixed_parameters, "fixed_parameters");
    NeedArray(parameters, number_of_parameters, "parameters");
    CheckPart(NeedText(name, "name"), fixed_parameters, number_of_fixed_parameters, parameters, number_of_parameters);
  });
}
