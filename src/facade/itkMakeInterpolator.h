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
#ifndef itkMakeInterpolator_h
#define itkMakeInterpolator_h

#include "facade/itkLabelLinearInterpolateImageFunction.h"
#include "itkBSplineInterpolateImageFunction.h"
#include "itkGaussianInterpolateImageFunction.h"
#include "itkLabelImageGaussianInterpolateImageFunction.h"
#include "itkLinearInterpolateImageFunction.h"
#include "itkNearestNeighborInterpolateImageFunction.h"
#include "itkWindowedSincInterpolateImageFunction.h"

#include <string>

namespace itk
{
/** An interpolator by its name (see MaskedRegistrationSettings::Interpolator), or "label-linear". The widths are those
 * of SimpleITK: windows of 5 voxels to each side, a Gaussian of 0.8 voxels (1 for labels) that is cut at 4 (1) sigmas.
 * \exception ExceptionObject if there is none of the name */
template <typename TImage>
typename InterpolateImageFunction<TImage, double>::Pointer
MakeInterpolator(const std::string & name, const TImage & image)
{
  constexpr unsigned int radius = 5;
  using BoundaryConditionType = ZeroFluxNeumannBoundaryCondition<TImage, TImage>;
  const auto makeSpline = [](unsigned int order) {
    const auto interpolator = BSplineInterpolateImageFunction<TImage, double>::New();
    interpolator->SetSplineOrder(order);
    return interpolator;
  };
  const auto makeGaussian = [&image](auto interpolator, double sigma, double alpha) {
    typename std::decay_t<decltype(*interpolator)>::ArrayType sigmas;
    for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
    {
      sigmas[d] = sigma * image.GetSpacing()[d];
    }
    interpolator->SetSigma(sigmas);
    interpolator->SetAlpha(alpha);
    return interpolator;
  };

  if (name == "nearest-neighbor")
  {
    return NearestNeighborInterpolateImageFunction<TImage, double>::New().GetPointer();
  }
  if (name == "linear")
  {
    return LinearInterpolateImageFunction<TImage, double>::New().GetPointer();
  }
  if (name == "b-spline")
  {
    return makeSpline(3).GetPointer();
  }
  if (name == "b-spline-1" || name == "b-spline-2" || name == "b-spline-4" || name == "b-spline-5")
  {
    return makeSpline(static_cast<unsigned int>(name.back() - '0')).GetPointer();
  }
  if (name == "gaussian")
  {
    return makeGaussian(GaussianInterpolateImageFunction<TImage, double>::New(), 0.8, 4.0).GetPointer();
  }
  if (name == "label-gaussian")
  {
    return makeGaussian(LabelImageGaussianInterpolateImageFunction<TImage, double>::New(), 1.0, 1.0).GetPointer();
  }
  if (name == "label-linear")
  {
    return LabelLinearInterpolateImageFunction<TImage>::New().GetPointer();
  }
  if (name == "hamming-windowed-sinc")
  {
    using WindowType = Function::HammingWindowFunction<radius, double, double>;
    return WindowedSincInterpolateImageFunction<TImage, radius, WindowType, BoundaryConditionType>::New().GetPointer();
  }
  if (name == "cosine-windowed-sinc")
  {
    using WindowType = Function::CosineWindowFunction<radius, double, double>;
    return WindowedSincInterpolateImageFunction<TImage, radius, WindowType, BoundaryConditionType>::New().GetPointer();
  }
  if (name == "welch-windowed-sinc")
  {
    using WindowType = Function::WelchWindowFunction<radius, double, double>;
    return WindowedSincInterpolateImageFunction<TImage, radius, WindowType, BoundaryConditionType>::New().GetPointer();
  }
  if (name == "lanczos-windowed-sinc")
  {
    using WindowType = Function::LanczosWindowFunction<radius, double, double>;
    return WindowedSincInterpolateImageFunction<TImage, radius, WindowType, BoundaryConditionType>::New().GetPointer();
  }
  if (name == "blackman-windowed-sinc")
  {
    using WindowType = Function::BlackmanWindowFunction<radius, double, double>;
    return WindowedSincInterpolateImageFunction<TImage, radius, WindowType, BoundaryConditionType>::New().GetPointer();
  }
  itkGenericExceptionMacro("interpolator: there is no \"" << name << "\".");
}
} // end namespace itk

#endif // itkMakeInterpolator_h
