// SPDX-License-Identifier: Apache-2.0
#ifndef CoreUncertainty_h
#define CoreUncertainty_h

#include "itkArray2D.h"
#include "itkMacro.h"
#include "itkTransformBase.h"

#include <string>
#include <vector>

namespace MaskedSamplingCore
{
[[noreturn]] inline void
RefuseName(const char * what, const std::string & name)
{
  itkGenericExceptionMacro(<< "There is no " << what << " \"" << name << "\".");
}

/** What has a name in MaskedSamplingCore.h. */
template <typename TReport>
void
GetNumbersOfUncertainty(const TReport & uncertainty, const std::string & name, std::vector<double> & numbers)
{
  const auto assign = [&numbers](const itk::Array2D<double> & matrix) { numbers.assign(matrix.begin(), matrix.end()); };
  if (name == "uncertainty")
  {
    numbers = { uncertainty.StandardError, uncertainty.Seconds };
  }
  else if (name == "uncertainty-covariance")
  {
    assign(uncertainty.Covariance);
  }
  else if (name == "uncertainty-anchors")
  {
    for (const auto & anchor : uncertainty.Anchors)
    {
      numbers.insert(numbers.end(), anchor.Begin(), anchor.End());
    }
  }
  else if (name == "uncertainty-anchor-covariance")
  {
    assign(uncertainty.AnchorCovariance);
  }
  else if (name == "uncertainty-map" && uncertainty.Map)
  {
    const auto & map = *uncertainty.Map;
    numbers.assign(map.GetBufferPointer(), map.GetBufferPointer() + map.GetBufferedRegion().GetNumberOfPixels());
  }
  else if (name == "uncertainty-map-grid" && uncertainty.Map)
  {
    const auto & map = *uncertainty.Map;
    const auto & direction = map.GetDirection().GetVnlMatrix();
    for (const auto size : map.GetBufferedRegion().GetSize())
    {
      numbers.push_back(static_cast<double>(size));
    }
    numbers.insert(numbers.end(), map.GetSpacing().Begin(), map.GetSpacing().End());
    numbers.insert(numbers.end(), map.GetOrigin().Begin(), map.GetOrigin().End());
    numbers.insert(numbers.end(), direction.begin(), direction.end());
  }
  else if (name == "uncertainty-map" || name == "uncertainty-map-grid")
  {
    // There is none.
  }
  else if (name == "uncertainty-alternatives")
  {
    for (const auto & alternative : uncertainty.Alternatives)
    {
      numbers.push_back(alternative.Value);
    }
  }
  else
  {
    RefuseName("result", name);
  }
}

/** By a role as alternative-0; null if there is none. */
template <typename TReport>
const itk::TransformBase *
FindAlternative(const TReport & uncertainty, const std::string & role)
{
  const auto & alternatives = uncertainty.Alternatives;
  for (size_t n = 0; n < alternatives.size(); ++n)
  {
    if (role == "alternative-" + std::to_string(n))
    {
      return alternatives[n].Transform;
    }
  }
  return nullptr;
}
} // namespace MaskedSamplingCore

#endif
