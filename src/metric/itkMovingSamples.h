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
#ifndef itkMovingSamples_h
#define itkMovingSamples_h

#include "itkSpatialObject.h"
#include "metric/itkGradientImageInterpolator.h"
#include "metric/itkLinearGradientInterpolator.h"
#include "metric/itkSampledTransform.h"
#include "metric/itkSampleParts.h"
#include "sampler/itkIndexedMask.h"

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

namespace itk
{
/** \class MovingSamples
 * \brief Value and gradient of the moving image at samples, many at a time, and the derivative of weighted sums of
 * them.
 *
 * A metric turns the values into a weight for each sample; the derivative is the sum of the weighted gradients, times
 * the Jacobian of the transform.
 *
 * \ingroup MaskedSampling
 */
template <typename TMovingPixel, unsigned int VDimension>
class MovingSamples
{
public:
  using ImageType = Image<TMovingPixel, VDimension>;
  using ImagePointer = typename ImageType::ConstPointer;
  using RegionType = ImageRegion<VDimension>;
  using MaskType = SpatialObject<VDimension>;
  using SampledTransformType = SampledTransform<VDimension>;
  using TransformType = typename SampledTransformType::TransformType;
  using PointsType = typename SampledTransformType::PointsType;
  using DerivativeType = typename SampledTransformType::DerivativeType;
  /** Gets a region of the image that is needed, and returns the image with that in its buffer, and with what was there
   * before. */
  using GrowerType = std::function<ImagePointer(const RegionType &)>;

  /** Say that the buffer of an image is only a part of what counts as inside. For other images nothing of this holds.
   * What was made of images before is forgotten. */
  void
  SetPart(const ImageType * image, const GrowerType & grower)
  {
    m_PartImage = image;
    m_Grower = grower;
    m_GrownImage = nullptr;
    m_GradientInterpolator.Clear();
  }

  /** Prepare an evaluation at samples.
   * \param points which must stay until that ends
   * \param usesGradientImage whether gradients are those of GaussianGradient, of the part that samples reach, and not
   * those of the linear interpolant, which must be finite numbers
   * \param computesDerivative whether there will be a derivative */
  void
  Start(const ImageType &     image,
        const MaskType *      mask,
        const TransformType & transform,
        const PointsType &    points,
        ThreadIdType          numberOfWorkUnits,
        bool                  usesGradientImage = false,
        bool                  computesDerivative = true);

  const SampleParts &
  GetParts() const
  {
    return m_Transform.GetParts();
  }

  /** After Start(): an order of the samples that would be faster; the same if there is none. */
  const SampleOrder &
  GetBetterOrder() const
  {
    return m_Transform.GetBetterOrder();
  }

  /** They were put into that order. */
  void
  SetSortedPoints(const PointsType & points)
  {
    m_Transform.SetSortedPoints(points);
  }

  ThreadIdType
  GetNumberOfWorkUnitsUsed() const
  {
    return this->GetParts().GetNumberOfWorkUnitsUsed(m_NumberOfWorkUnits);
  }

  ThreadIdType
  GetNumberOfWorkUnits() const
  {
    return m_NumberOfWorkUnits;
  }

  /** For each sample: the value, if it is valid; whether it is; and the weight, for the metric to set, which must be 0
   * where it is not. */
  const TMovingPixel *
  GetValues() const
  {
    return m_Values.data();
  }
  const unsigned char *
  GetIsValid() const
  {
    return m_IsValid.data();
  }
  double *
  GetWeights()
  {
    return m_Weights.data();
  }

  /** Evaluate all samples, and call work(part, first, last) for each part. If the image has to grow, that is done
   * again.
   */
  template <typename TWork>
  void
  Evaluate(const TWork & work);

  /** Call work(part, first, last) for each part, in several threads. */
  template <typename TWork>
  void
  ForEachPart(const TWork & work) const
  {
    this->GetParts().ForEach(m_NumberOfWorkUnits, work);
  }

  /** Sum the weighted gradients of a part. */
  void
  SumDerivative(SizeValueType part);

  /** Add the sums of all parts, times a factor, to a derivative. */
  void
  AddDerivative(double factor, DerivativeType & derivative);

private:
  using InterpolatorType = LinearGradientInterpolator<ImageType>;
  using BatchType = typename InterpolatorType::BatchType;
  static constexpr unsigned int BatchSize = InterpolatorType::BatchSize;

  /** Make pixels, and gradients, around a region that samples need. */
  void
  Grow(const RegionType & missing);
  void
  EvaluatePart(SizeValueType part);
  /** Take what a batch found that is not finite, or not inside the mask, out of it. */
  void
  Clean(BatchType & batch) const;
  /** Keep what a batch found for the samples from one on. */
  void
  Keep(const BatchType & batch, SizeValueType first);
  bool
  IsInsideMask(const BatchType & batch, unsigned int i) const;

  ImagePointer m_PartImage{};
  GrowerType   m_Grower{};
  ImagePointer m_GrownImage{};

  const ImageType *       m_Image{};
  IndexedMask<VDimension> m_Mask{};
  SampledTransformType    m_Transform{};
  InterpolatorType        m_Interpolator{};
  /** Where points are inside. */
  RegionType m_Region{};

  GradientImageInterpolator<ImageType> m_GradientInterpolator{};
  bool                                 m_UsesGradientImage{};
  /** Whether the gradient image is needed now. */
  bool m_TakesGradientImage{};
  /** What the gradients are of: the address of an image may be that of another one later. */
  const ImageType * m_ImageOfGradients{};
  ModifiedTimeType  m_TimeOfGradients{};

  ThreadIdType m_NumberOfWorkUnits{ 1 };

  std::vector<TMovingPixel>                         m_Values{};
  std::array<std::vector<TMovingPixel>, VDimension> m_Gradients{};
  std::vector<unsigned char>                        m_IsValid{};
  std::vector<double>                               m_Weights{};
  std::vector<std::vector<double>>                  m_Sums{};
  std::vector<RegionType>                           m_MissingRegions{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "metric/itkMovingSamples.hxx"
#endif

#endif // itkMovingSamples_h
