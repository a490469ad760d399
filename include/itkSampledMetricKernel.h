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
#ifndef itkSampledMetricKernel_h
#define itkSampledMetricKernel_h

#include "MaskedSamplingExport.h"
#include "itkImage.h"
#include "itkImageBase.h"
#include "itkSpatialObject.h"
#include "itkTransform.h"

#include <array>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace itk
{
/** \class SampledMetricKernel
 * \brief The door from the templates of the sampled metrics to what evaluates them, which is compiled once.
 *
 * It keeps the samples of a level: coordinates, and the value of the fixed image. For each evaluation, it takes value
 * and gradient of the linear interpolant of the moving image at the mapped samples, and computes the metric from the
 * two values and its derivative, in parallel. Results are the same to the bit with any number of work units.
 *
 * A sample of which a value or the gradient is not a finite number is not valid: it counts for nothing.
 *
 * Compiled for float and double in 2, 3 and 4 dimensions, and for these only.
 *
 * \ingroup MaskedSampling
 */
template <typename TFixedPixel, typename TMovingPixel, unsigned int VDimension>
class SampledMetricKernel
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(SampledMetricKernel);

  using FixedImageType = Image<TFixedPixel, VDimension>;
  using MovingImageType = Image<TMovingPixel, VDimension>;
  using RegionType = ImageRegion<VDimension>;
  using MaskType = SpatialObject<VDimension>;
  using TransformType = Transform<double, VDimension, VDimension>;
  using PointType = Point<double, VDimension>;
  using DerivativeType = typename TransformType::DerivativeType;

  /** Of points, one array for each coordinate. */
  using CoordinatesType = std::array<std::vector<double>, VDimension>;

  /** Sets the value of the fixed image at a point.
   * \return whether it has one there, inside its mask */
  using FixedValueType = std::function<bool(const PointType &, TFixedPixel &)>;

  /** What a sample at a point counts, 0 or more. */
  using SampleWeightType = std::function<double(const PointType &)>;

  /** Gets a region of the moving image that is needed, and returns the image with that in its buffer, and with what was
   * there before. */
  using RegionGrowerType = std::function<typename MovingImageType::ConstPointer(const RegionType &)>;

  /** What comes out of an evaluation. */
  struct ResultType
  {
    double Value{};
    /** Those that are valid. */
    SizeValueType NumberOfSamples{};
  };

  /** The bins of a joint histogram. A value divided by the size of a bin, minus the normalised minimum, is its position
   * in bins. */
  struct BinsType
  {
    SizeValueType NumberOfBins{};
    double        FixedBinSize{};
    double        FixedNormalizedMinimum{};
    double        MovingBinSize{};
    double        MovingNormalizedMinimum{};
    /** Samples beyond these values count as at the end of the range, or not at all. */
    double MovingMinimum{};
    double MovingMaximum{};
    bool   IsClamped{};
  };

  SampledMetricKernel();
  ~SampledMetricKernel();

  /** Whether moving transforms like this one are known: those affine in the point, and cubic B-splines, with affine
   * transforms before and after. */
  static bool
  IsKnown(const TransformType & transform);

  /** Time of the last change of a transform and its parts. */
  static ModifiedTimeType
  GetTimeOfTransform(const TransformType & transform);

  /** Smallest and greatest value of the voxels of a region whose centres are inside a mask; null: of all of them. If
   * there are none, the smallest is greater than the greatest. */
  static std::pair<TFixedPixel, TFixedPixel>
  FindRangeOfFixedImage(const FixedImageType & image,
                        const RegionType &     region,
                        const MaskType *       mask,
                        ThreadIdType           numberOfWorkUnits);
  static std::pair<TMovingPixel, TMovingPixel>
  FindRangeOfMovingImage(const MovingImageType & image,
                         const RegionType &      region,
                         const MaskType *        mask,
                         ThreadIdType            numberOfWorkUnits);

  /** Set the samples: those of the points at which the fixed image has a value, and that count. The functions are
   * called in several threads.
   * \param sampleWeight empty: all count the same. Neighbourhood correlation does not ask for it
   * \param coordinates kept, and not copied if the fixed image has a value everywhere, unless for a B-spline, for
   * which samples are sorted
   * \param mask that the function asks; or null */
  void
  SetSamples(const std::shared_ptr<const CoordinatesType> & coordinates,
             const FixedValueType &                         fixedValue,
             const SampleWeightType &                       sampleWeight,
             const MaskType *                               mask,
             ThreadIdType                                   numberOfWorkUnits);
  SizeValueType
  GetNumberOfSamples() const;

  /** Say that the buffer of a moving image is only a part of its largest possible region, in which points are inside.
   * For others nothing of this holds. What was made of moving images before is forgotten. */
  void
  SetMovingPart(const MovingImageType * image, const RegionGrowerType & grower);

  /** Prepare an evaluation. Everything must stay as it is until that is over.
   * \param usesGradientImage whether gradients are those that metrics of ITK have by default, blurred, and not those of
   * the linear interpolant. They are made of the part of the image that samples reach
   * \param computesDerivative whether there will be a derivative: for the value alone, no gradient image is made */
  void
  SetMoving(const MovingImageType & image,
            const MaskType *        mask,
            const TransformType &   transform,
            ThreadIdType            numberOfWorkUnits,
            bool                    usesGradientImage = false,
            bool                    computesDerivative = true);

  /** Evaluate the mean of the squared differences; if no sample is valid, the value is 0.
   * \param derivative null, or what the derivative is added to */
  ResultType
  EvaluateMeanSquares(DerivativeType * derivative);

  /** Evaluate the negative square of the correlation coefficient; 0 if an image does not vary. */
  ResultType
  EvaluateCorrelation(DerivativeType * derivative);

  /** Evaluate the negative mean, over the samples, of the squared correlation within a window around each, as
   * ANTSNeighborhoodCorrelationImageToImageMetricv4 does; if no sample is valid, the value is 0.
   * \param grid in whose voxels the samples are. Where several are in one, all samples are one window.
   * \param radius of the windows, in voxels */
  ResultType
  EvaluateNeighborhoodCorrelation(const ImageBase<VDimension> & grid,
                                  const Size<VDimension> &      radius,
                                  DerivativeType *              derivative);

  /** Evaluate the negative mutual information; if no sample is valid, the value is 0.
   * \param joint set to the joint probabilities, a row for each bin of the fixed image; nothing if no sample is valid
   */
  ResultType
  EvaluateMutualInformation(const BinsType & bins, DerivativeType * derivative, std::vector<double> & joint);

  /** How many work units the evaluation had work for. */
  ThreadIdType
  GetNumberOfWorkUnitsUsed() const;

private:
  class Implementation;
  std::unique_ptr<Implementation> m_Implementation;
};
} // end namespace itk

#endif // itkSampledMetricKernel_h
