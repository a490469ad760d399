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
// The library of the module is being built: the extern templates of the header are defined here.
#define ITK_TEMPLATE_EXPLICIT_SampledNeighborhoodCorrelationImageToImageMetricv4
#include "itkSampledNeighborhoodCorrelationImageToImageMetricv4.h"

namespace itk
{
ITK_GCC_PRAGMA_DIAG_PUSH()
ITK_GCC_PRAGMA_DIAG(ignored "-Wattributes")

template class MaskedSampling_EXPORT ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<float, 2>, Image<float, 2>>;
template class MaskedSampling_EXPORT
  SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<float, 2>, Image<float, 2>>>;
template class MaskedSampling_EXPORT
  SampledNeighborhoodCorrelationImageToImageMetricv4<Image<float, 2>, Image<float, 2>>;
template class MaskedSampling_EXPORT ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<float, 3>, Image<float, 3>>;
template class MaskedSampling_EXPORT
  SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<float, 3>, Image<float, 3>>>;
template class MaskedSampling_EXPORT
  SampledNeighborhoodCorrelationImageToImageMetricv4<Image<float, 3>, Image<float, 3>>;
template class MaskedSampling_EXPORT ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<float, 4>, Image<float, 4>>;
template class MaskedSampling_EXPORT
  SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<float, 4>, Image<float, 4>>>;
template class MaskedSampling_EXPORT
  SampledNeighborhoodCorrelationImageToImageMetricv4<Image<float, 4>, Image<float, 4>>;
template class MaskedSampling_EXPORT
  ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<double, 2>, Image<double, 2>>;
template class MaskedSampling_EXPORT
  SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<double, 2>, Image<double, 2>>>;
template class MaskedSampling_EXPORT
  SampledNeighborhoodCorrelationImageToImageMetricv4<Image<double, 2>, Image<double, 2>>;
template class MaskedSampling_EXPORT
  ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<double, 3>, Image<double, 3>>;
template class MaskedSampling_EXPORT
  SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<double, 3>, Image<double, 3>>>;
template class MaskedSampling_EXPORT
  SampledNeighborhoodCorrelationImageToImageMetricv4<Image<double, 3>, Image<double, 3>>;
template class MaskedSampling_EXPORT
  ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<double, 4>, Image<double, 4>>;
template class MaskedSampling_EXPORT
  SampledMetricMixin<ANTSNeighborhoodCorrelationImageToImageMetricv4<Image<double, 4>, Image<double, 4>>>;
template class MaskedSampling_EXPORT
  SampledNeighborhoodCorrelationImageToImageMetricv4<Image<double, 4>, Image<double, 4>>;

ITK_GCC_PRAGMA_DIAG_POP()
} // end namespace itk
