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
#ifndef itkSampledMattesMutualInformationImageToImageMetricv4_h
#define itkSampledMattesMutualInformationImageToImageMetricv4_h

#include "itkMattesMutualInformationImageToImageMetricv4.h"
#include "itkSampledMetricMixin.h"

namespace itk
{
/** \class SampledMattesMutualInformationImageToImageMetricv4
 * \brief Mutual information after Mattes, evaluated at sample points many times faster.
 *
 * The negative mutual information, from a joint histogram with a cubic B-spline as Parzen window for the moving image,
 * as in MattesMutualInformationImageToImageMetricv4. The derivative comes from a second visit of the samples, once the
 * histogram is known, in place of a histogram for each parameter.
 *
 * To be used in its place, with any registration method; when it is faster, and what its derivative is:
 * SampledMetricMixin.
 *
 * \sa MattesMutualInformationImageToImageMetricv4, MaskedRegistrationMethod
 * \ingroup MaskedSampling
 */
template <typename TFixedImage,
          typename TMovingImage,
          typename TVirtualImage = TFixedImage,
          typename TInternalComputationValueType = double,
          typename TMetricTraits =
            DefaultImageToImageMetricTraitsv4<TFixedImage, TMovingImage, TVirtualImage, TInternalComputationValueType>>
class ITK_TEMPLATE_EXPORT SampledMattesMutualInformationImageToImageMetricv4
  : public SampledMetricMixin<MattesMutualInformationImageToImageMetricv4<TFixedImage,
                                                                          TMovingImage,
                                                                          TVirtualImage,
                                                                          TInternalComputationValueType,
                                                                          TMetricTraits>>
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(SampledMattesMutualInformationImageToImageMetricv4);

  /** Standard class type aliases. */
  using Self = SampledMattesMutualInformationImageToImageMetricv4;
  using Superclass = SampledMetricMixin<MattesMutualInformationImageToImageMetricv4<TFixedImage,
                                                                                    TMovingImage,
                                                                                    TVirtualImage,
                                                                                    TInternalComputationValueType,
                                                                                    TMetricTraits>>;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(SampledMattesMutualInformationImageToImageMetricv4);

  using typename Superclass::EngineType;
  using typename Superclass::MeasureType;

protected:
  SampledMattesMutualInformationImageToImageMetricv4() = default;
  ~SampledMattesMutualInformationImageToImageMetricv4() override = default;

  void
  InitializeSampling() override;

  SizeValueType
  EvaluateSamples(EngineType & engine) const override
  {
    if constexpr (EngineType::IsTypeKnown)
    {
      return this->Evaluate(engine);
    }
    return 0;
  }

private:
  SizeValueType
  Evaluate(EngineType & engine) const;

  static constexpr int Padding = 2;

  /** Where a value of the moving image falls into the histogram. */
  struct ParzenWindow
  {
    /** First of the four bins that it touches. */
    int FirstBin{};
    /** Where it is between the second and the third, from 0 to 1. */
    double Fraction{};
  };

  /** Counts of a part of the samples. */
  struct Histogram
  {
    SizeValueType       NumberOfSamples{};
    std::vector<double> Joint{};
    std::vector<double> Fixed{};
  };

  void
  FindRangeOfFixedImage();
  void
  FindRangeOfMovingImage();
  /** Whether a value is in the range of the moving image, or taken to be at its end. */
  bool
  IsInRange(double value) const
  {
    return m_IsRangeOfPart || (value >= this->m_MovingImageTrueMin && value <= this->m_MovingImageTrueMax);
  }
  double
  ClampToRange(double value) const
  {
    return std::max(this->m_MovingImageTrueMin, std::min(value, this->m_MovingImageTrueMax));
  }
  ParzenWindow
  FindParzenWindow(double value) const;
  void
  CountSamples(const EngineType & engine, SizeValueType first, SizeValueType last, Histogram & histogram) const;
  /** Divide the counts by their sum.
   * \return their sum */
  static double
  Normalize(Histogram & histogram);
  /** Keep a normalised histogram for GetJointPDF(). */
  void
  KeepJointHistogram(const Histogram & histogram) const;
  /** Compute the value from a normalised histogram, and the logarithm of the ratio of joint and moving probability of
   * each bin, or 0. */
  double
  ComputeValue(const Histogram & histogram, std::vector<double> & logRatios) const;
  void
  ComputeWeights(EngineType &                engine,
                 SizeValueType               first,
                 SizeValueType               last,
                 const std::vector<double> & logRatios) const;

  /** Whether the range is that of a part of the moving image, beyond which there may be other values. */
  bool m_IsRangeOfPart{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "itkSampledMattesMutualInformationImageToImageMetricv4.hxx"
#endif

#endif // itkSampledMattesMutualInformationImageToImageMetricv4_h
