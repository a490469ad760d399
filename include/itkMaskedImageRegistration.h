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
#ifndef itkMaskedImageRegistration_h
#define itkMaskedImageRegistration_h

#include "itkArray2D.h"
#include "itkCompositeTransform.h"
#include "itkImage.h"
#include "itkMaskedRegistrationSettings.h"
#include "itkNumericTraits.h"
#include "itkPointSet.h"
#include "itkSpatialObject.h"

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace itk
{
template <typename TFixedImage,
          typename TMovingImage,
          typename TOutputTransform,
          typename TVirtualImage,
          typename TPointSet>
class MaskedRegistrationMethod;

/** \class MaskedImageRegistration
 * \brief Registers two images in one call: transform, metric, optimizer and levels are chosen by name, at run time.
 *
 * A facade: it composes MaskedRegistrationMethod or MaskedSyNRegistrationMethod, a metric, an optimizer, an estimator
 * of scales and a transform from the settings of each stage, runs one stage after the other, and reports. It adds no
 * sampling, metric or optimization of its own. What it chooses where nothing is said: MaskedRegistrationSettings.
 *
 * \code
 * auto registration = itk::MaskedImageRegistration<itk::Image<float, 3>>::New();
 * registration->SetFixedImage(fixed);
 * registration->SetMovingImage(moving);
 * registration->SetFixedImageMask(mask);
 * registration->AddStage("rigid");
 * registration->AddStage("b-spline");
 * registration->Update();
 * auto point = registration->GetTransform()->TransformPoint(pointInFixedImage);
 * \endcode
 *
 * \par Stages
 * A stage starts where the one before it ended: its transform is applied first, then those before it, and the
 * initial transform of the moving image last. A stage of the transform "given" optimises a copy of that of
 * SetTransformToOptimize(). Rotations are about the middle of the box of the mask, the grid of a B-spline and that of a
 * displacement field cover that box: with a mask, the image around it does not exist.
 *
 * \par Events
 * StartEvent, MultiResolutionIterationEvent at the start of each level, IterationEvent for each iteration of the
 * optimizer, EndEvent. An observer can ask for everything that is reported, and call Stop() or Finish(). What it throws
 * ends Update(), which can be called again.
 *
 * \tparam TImage type of both images: itk::Image of float or double in 2 or 3 dimensions, which the library of the
 * module holds compiled
 * \ingroup MaskedSampling
 */
template <typename TImage>
class ITK_TEMPLATE_EXPORT MaskedImageRegistration : public Object
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(MaskedImageRegistration);

  /** Standard class type aliases. */
  using Self = MaskedImageRegistration;
  using Superclass = Object;
  using Pointer = SmartPointer<Self>;
  using ConstPointer = SmartPointer<const Self>;

  itkNewMacro(Self);
  itkOverrideGetNameOfClassMacro(MaskedImageRegistration);

  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using ImageType = TImage;
  using SettingsType = MaskedRegistrationSettings;
  using MaskType = SpatialObject<ImageDimension>;
  using TransformType = Transform<double, ImageDimension, ImageDimension>;
  using TransformPointer = typename TransformType::Pointer;
  using CompositeTransformType = CompositeTransform<double, ImageDimension>;
  /** What a stage is run by, but SyN. To use it, include its header. */
  using MethodType =
    MaskedRegistrationMethod<TImage, TImage, TransformType, TImage, PointSet<unsigned int, ImageDimension>>;
  using PointSetType = PointSet<typename TImage::PixelType, ImageDimension>;
  using WeightImageType = Image<float, ImageDimension>;
  using GridType = ImageBase<ImageDimension>;
  using ParametersType = typename TransformType::ParametersType;

  /** Another pair of images that lie where the first pair does, and are to fit, too. */
  struct Channel
  {
    typename ImageType::ConstPointer FixedImage{};
    typename ImageType::ConstPointer MovingImage{};
    /** Null: none. */
    typename SpatialObject<ImageDimension>::ConstPointer FixedImageMask{};
    typename SpatialObject<ImageDimension>::ConstPointer MovingImageMask{};
    /** By its name; empty: that of the stage. */
    std::string Metric{};
    /** More than 0. That of the first pair is MetricWeight. */
    double Weight{ 1.0 };
  };

  /** What happened at one level of one stage. */
  struct LevelReport
  {
    SizeValueType Stage{};
    SizeValueType Level{};
    /** See MaskedSamplingMixin::GetNumberOfMaskVoxelsPerLevel() and the methods that follow it. */
    SizeValueType NumberOfMaskVoxels{};
    SizeValueType NumberOfRequestedPoints{};
    SizeValueType NumberOfPoints{};
    SizeValueType NumberOfPointsInMovingImage{};
    SizeValueType NumberOfIterations{};
    /** Of the metric. Without iterations, both are its value there; not a number where it has none:
     * SyN, and optimizers as in ITK. */
    double      FirstValue{};
    double      LastValue{};
    double      Seconds{};
    std::string StopCondition{};
  };

  /** The metric after one iteration. */
  struct CourseEntry
  {
    SizeValueType Stage{};
    SizeValueType Level{};
    SizeValueType Iteration{};
    double        Value{};
  };

  /** What a search for the start did. */
  struct SearchReport
  {
    /** Where it registered to: a rigid transform in the place of that of the first stage, and the metric there. */
    struct Candidate
    {
      ParametersType                              Parameters{};
      typename TransformType::FixedParametersType FixedParameters{};
      /** At sample points that the search did not use, as they are all in the moving image or say nothing. */
      double Value{};
    };

    /** The first: from where the images lie, if that could be registered. */
    std::vector<Candidate> Candidates{};
    /** Which of them was taken. */
    SizeValueType Chosen{};
    SizeValueType NumberOfPoses{};
    double        TranslationRange{};
    double        Seconds{};
  };

  /** How far the result can be trusted. */
  struct UncertaintyReport
  {
    using MapType = Image<double, ImageDimension>;

    /** Another place that fits. */
    struct Alternative
    {
      /** From fixed points to moving points. */
      typename CompositeTransformType::ConstPointer Transform{};
      /** Of the metric, at sample points of its own. */
      double Value{};
    };

    /** determined; ambiguous: another place fits as well, or better; weak: some direction is hardly determined;
     * lost: the images have no more in common than by chance. Empty: not estimated. */
    std::string Status{};
    /** What a status other than determined is about, and the way out. */
    std::string Text{};
    /** Root mean square, over the mask, of how far points may be mapped wrong, in the unit of length; not a number if
     * there is no estimate: of linear transforms with other metrics than mutual-information, mean-squares and
     * correlation, and of a B-spline or a displacement field with fewer samples than control points. */
    double StandardError{ NumericTraits<double>::quiet_NaN() };
    /** Of the parameters of the optimised transform, if it is linear; empty as above. */
    Array2D<double> Covariance{};
    /** The corners of a simplex around the sample points, and the covariance of where these are mapped to, all
     * coordinates of one after the other; with what is systematic. */
    std::vector<Point<double, ImageDimension>> Anchors{};
    Array2D<double>                            AnchorCovariance{};
    /** Of a B-spline or a displacement field: what there is between the points of a grid, linearly interpolated; not a
     * number where no sample is near. Null: it is none. */
    typename MapType::ConstPointer Map{};
    std::vector<Alternative>       Alternatives{};
    double                         Seconds{};

    /** How far a point may be mapped wrong: root of the sum of the variances of its coordinates. Not a number where it
     * is not known: of a B-spline or a displacement field, more than a few cells of that grid from the mask. */
    double
    GetStandardErrorAt(const Point<double, ImageDimension> & point) const;
  };

  /** The Jacobian determinant of the result: how much larger a small volume becomes. Where it is not positive, space is
   * folded. At voxels inside the mask, and on a grid over its box and as much to each side; 30000 each, at most. */
  struct FoldingReport
  {
    /** Of the voxels inside the mask, those where it is not positive. */
    double Share{};
    /** Inside the mask. Not a number: not looked for, as there was no result. */
    double Smallest{ NumericTraits<double>::quiet_NaN() };
    double Largest{ NumericTraits<double>::quiet_NaN() };
    /** Inside the mask and around it. */
    double SmallestAround{ NumericTraits<double>::quiet_NaN() };
    double LargestAround{ NumericTraits<double>::quiet_NaN() };
  };

  /** How far the optimizer is; not a number: it has no such value. */
  struct Progress
  {
    SizeValueType Iteration{};
    double        Value{};
    double        LearningRate{};
    double        ConvergenceValue{};
  };

  /** Set/Get the images. */
  itkSetConstObjectMacro(FixedImage, ImageType);
  itkGetConstObjectMacro(FixedImage, ImageType);
  itkSetConstObjectMacro(MovingImage, ImageType);
  itkGetConstObjectMacro(MovingImage, ImageType);

  /** Set/Get the masks, in the space of their image. Null: none. */
  itkSetConstObjectMacro(FixedImageMask, MaskType);
  itkGetConstObjectMacro(FixedImageMask, MaskType);
  itkSetConstObjectMacro(MovingImageMask, MaskType);
  itkGetConstObjectMacro(MovingImageMask, MaskType);

  /** Add a pair of images: what is optimised is the weighted mean of the metrics of all pairs, each as a logarithm of a
   * likelihood (mutual information as it is; mean squares divided by twice what they are at the start of a level;
   * correlations by twice the share that they do not explain), so that units do not matter. Samples are drawn for each,
   * inside its own mask, on the grid of the virtual domain. For linear transforms and B-splines. A search for the start
   * sees the first pair alone, and the uncertainty is not estimated. */
  void
  AddChannel(const Channel & channel);
  void
  ClearChannels();
  /** One that was added, counted from 0. */
  Channel &
  GetChannel(SizeValueType channel);
  const std::vector<Channel> &
  GetChannels() const
  {
    return m_Channels;
  }

  /** Set/Get the weight of the metric of the first pair, where there are others. Default: 1. */
  itkSetMacro(MetricWeight, double);
  itkGetConstMacro(MetricWeight, double);

  /** Set the mask of one stage, in place of that of all, for all pairs of images: null means that this stage has none.
   * ClearStages() forgets it. For "first with all of the image, then inside the mask". \exception ExceptionObject if
   * there is no such stage */
  void
  SetStageFixedImageMask(SizeValueType stage, const MaskType * mask);
  void
  SetStageMovingImageMask(SizeValueType stage, const MaskType * mask);

  /** Set/Get the density of the sample points, and own sample points: see MaskedSamplingMixin. Null: none. */
  itkSetConstObjectMacro(SamplingWeightImage, WeightImageType);
  itkGetConstObjectMacro(SamplingWeightImage, WeightImageType);
  itkSetConstObjectMacro(SamplePoints, PointSetType);
  itkGetConstObjectMacro(SamplePoints, PointSetType);

  /** Set/Get how much each sample counts in the metric, by an image in the space of the fixed one, linearly
   * interpolated: 0 or more; where it is 0, and beyond it, there are no samples. The density of the samples is another
   * thing, but the same in the limit of many. For mutual-information, mean-squares and correlation, linear transforms
   * and B-splines. Null: all count the same. */
  itkSetConstObjectMacro(MetricWeightImage, WeightImageType);
  itkGetConstObjectMacro(MetricWeightImage, WeightImageType);

  /** Set/Get the grid of the virtual domain. Null: that of the fixed image. */
  itkSetConstObjectMacro(VirtualDomain, GridType);
  itkGetConstObjectMacro(VirtualDomain, GridType);

  /** Set/Get the transforms between the virtual domain and the images that are not optimised. Null: identity. */
  itkSetConstObjectMacro(MovingInitialTransform, TransformType);
  itkGetConstObjectMacro(MovingInitialTransform, TransformType);
  itkSetConstObjectMacro(FixedInitialTransform, TransformType);
  itkGetConstObjectMacro(FixedInitialTransform, TransformType);

  /** Set/Get the transform of which stages of the transform "given" optimise a copy. */
  itkSetConstObjectMacro(TransformToOptimize, TransformType);
  itkGetConstObjectMacro(TransformToOptimize, TransformType);

  /** Add a stage: of settings, or of the defaults for a kind of transform. \return its number */
  SizeValueType
  AddStage(const SettingsType & settings);
  SizeValueType
  AddStage(const std::string & transform);
  void
  ClearStages();
  SizeValueType
  GetNumberOfStages() const;
  SettingsType &
  GetStage(SizeValueType stage);

  /** Register. \exception ExceptionObject if the input does not do, before any work if possible */
  void
  Update();

  /** The metric of the first stage where it would start, at what Update() would sample at full resolution, without
   * smoothing, if its sampling were "none": every voxel of the mask and the region, or else the sample points that are
   * set. (Not demons, which need a displacement field.) */
  double
  EvaluateMetric();

  /** Let the optimizer end the current level after this iteration. \return whether it can */
  bool
  Stop();

  /** To be called by an observer: end here, and keep what was reached. */
  void
  Finish();

  /** From any thread: Update() throws ProcessAborted, where the metric is evaluated next or an event is due. If none
   * runs, the next one does. */
  void
  Abort();

  /** From fixed points to moving points: all stages, and the initial transform of the moving image. */
  const CompositeTransformType *
  GetTransform() const;
  /** The transform of the current or last stage. */
  const TransformType *
  GetOptimizedTransform() const;

  /** The sample points of the current or last level, in virtual space. Null if it has none. */
  const PointSetType *
  GetUsedSamplePoints() const;

  const std::vector<LevelReport> &
  GetReports() const;
  const std::vector<CourseEntry> &
  GetCourse() const;
  /** Without candidates, if there was no search. */
  const SearchReport &
  GetSearchReport() const;
  /** How far the result can be trusted, from the setting Uncertainty of the last stage. Update() warns of every status
   * but determined. Without status, if no iterations were asked for, or it was told to Finish(). */
  const UncertaintyReport &
  GetUncertainty() const;
  /** Whether the result folds space; of that, Update() warns. */
  const FoldingReport &
  GetFolding() const;
  SizeValueType
  GetCurrentStage() const;
  SizeValueType
  GetCurrentLevel() const;
  Progress
  GetProgress() const;
  ParametersType
  GetPosition() const;
  /** Scales of the parameters; empty: 1. */
  ParametersType
  GetScales() const;

  SizeValueType
  GetNumberOfValidPoints() const;
  std::string
  GetStopConditionDescription() const;

protected:
  MaskedImageRegistration();
  ~MaskedImageRegistration() override;
  void
  PrintSelf(std::ostream & os, Indent indent) const override;

private:
  static_assert(std::is_floating_point_v<typename TImage::PixelType> &&
                  !std::is_same_v<typename TImage::PixelType, long double> &&
                  std::is_same_v<TImage, Image<typename TImage::PixelType, ImageDimension>> &&
                  (ImageDimension == 2 || ImageDimension == 3),
                "There are registrations of itk::Image of float or double in 2 or 3 dimensions: cast the images.");

  /** Runs and records. In the library alone. */
  class Implementation;

  typename ImageType::ConstPointer       m_FixedImage{};
  typename ImageType::ConstPointer       m_MovingImage{};
  typename MaskType::ConstPointer        m_FixedImageMask{};
  typename MaskType::ConstPointer        m_MovingImageMask{};
  typename WeightImageType::ConstPointer m_SamplingWeightImage{};
  typename WeightImageType::ConstPointer m_MetricWeightImage{};
  typename PointSetType::ConstPointer    m_SamplePoints{};
  typename GridType::ConstPointer        m_VirtualDomain{};
  typename TransformType::ConstPointer   m_MovingInitialTransform{};
  typename TransformType::ConstPointer   m_FixedInitialTransform{};
  typename TransformType::ConstPointer   m_TransformToOptimize{};
  std::vector<Channel>                   m_Channels{};
  double                                 m_MetricWeight{ 1.0 };

  std::unique_ptr<Implementation> m_Implementation;
};
} // end namespace itk

#endif // itkMaskedImageRegistration_h

// Compiled once, in the library of the module. Outside the include guard, as in itkMetaDataObject.h. Not for the
// wrapping, which would take the names as they are spelled here.
#if !defined(ITK_TEMPLATE_EXPLICIT_MaskedImageRegistration) && !defined(ITK_WRAPPING_PARSER)
#if defined(MaskedSampling_EXPORTS)
#  define MaskedSampling_EXPORT_EXPLICIT ITK_TEMPLATE_EXPORT
#else
#  define MaskedSampling_EXPORT_EXPLICIT MaskedSampling_EXPORT
#endif
namespace itk
{
ITK_GCC_PRAGMA_DIAG_PUSH()
ITK_GCC_PRAGMA_DIAG(ignored "-Wattributes")

extern template class MaskedSampling_EXPORT_EXPLICIT MaskedImageRegistration<Image<float, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedImageRegistration<Image<float, 3>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedImageRegistration<Image<double, 2>>;
extern template class MaskedSampling_EXPORT_EXPLICIT MaskedImageRegistration<Image<double, 3>>;

ITK_GCC_PRAGMA_DIAG_POP()
} // end namespace itk
#undef MaskedSampling_EXPORT_EXPLICIT
#endif
