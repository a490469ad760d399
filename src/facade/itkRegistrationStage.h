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
#ifndef itkRegistrationStage_h
#define itkRegistrationStage_h

#include "facade/itkMaskedRegistrationTransform.h"
#include "facade/itkRegistrationInputs.h"
#include "facade/itkRegistrationRecord.h"
#include "facade/itkSetUpRegistrationMethod.h"

#include "geometry/itkGridGeometry.h"

#include "itkEventObject.h"
#include "itkImageToImageMetricv4.h"
#include "itkMaskedVoxelSampler.h"
#include "itkProcessObject.h"

#include <atomic>
#include <functional>
#include <string>
#include <vector>

namespace itk
{
/** \class RegistrationFinished
 * \brief What MaskedImageRegistration::Finish() ends a stage with, where nothing else can end it.
 * \ingroup MaskedSampling
 */
class RegistrationFinished
{};

/** \class RegistrationContext
 * \brief What a stage shares with the registration that it is a part of. All of it outlives the stage.
 * \ingroup MaskedSampling
 */
template <typename TImage>
struct RegistrationContext
{
  const RegistrationInputs<TImage> & Inputs;
  RegistrationRecord<TImage> &       Record;
  /** All that is applied after the transform of the stage. */
  CompositeTransform<double, TImage::ImageDimension> & Chain;
  SizeValueType                                        Stage;
  SizeValueType &                                      Level;
  const bool &                                         IsFinishing;
  const std::atomic<bool> &                            IsAborting;
  std::function<void(const EventObject &)>             Notify;
  std::function<void(const std::string &)>             Warn;
  /** All of them, as the user has set them. */
  const std::vector<MaskedRegistrationSettings> & Stages;
  /** Whether no stage before this one had the same masks for sure. */
  bool AreMasksNew;

  /** \exception ProcessAborted if it was asked for */
  void
  CheckAborted() const
  {
    if (IsAborting)
    {
      throw ProcessAborted(__FILE__, __LINE__);
    }
  }
};

/** \class RegistrationStage
 * \brief One stage of a MaskedImageRegistration: a transform, and the registration method that optimises it.
 * \ingroup MaskedSampling
 */
template <typename TImage>
class RegistrationStage
{
public:
  ITK_DISALLOW_COPY_AND_MOVE(RegistrationStage);

  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using FacadeType = MaskedImageRegistration<TImage>;
  using SettingsType = MaskedRegistrationSettings;
  using ContextType = RegistrationContext<TImage>;
  using TransformType = typename FacadeType::TransformType;
  using PointSetType = typename FacadeType::PointSetType;
  using ParametersType = typename FacadeType::ParametersType;
  using Progress = typename FacadeType::Progress;
  using MetricType = ImageToImageMetricv4<TImage, TImage>;
  using MetricPointer = typename MetricType::Pointer;
  using SamplerType = MaskedVoxelSampler<ImageDimension>;

  virtual ~RegistrationStage() = default;

  /** \exception RegistrationFinished if it was told to finish; the transform is where the optimizer left it */
  virtual void
  Run() = 0;

  /** End the level that is under way. To be called after Run(), also after an exception. */
  void
  EndLevel();

  /** Let the optimizer end the level after this iteration. \return whether it can */
  virtual bool
  Stop()
  {
    return false;
  }

  virtual Progress
  GetProgress() const = 0;
  virtual std::string
  GetStopConditionDescription() const = 0;
  /** Of the current level, in virtual space. Null: none. */
  virtual const PointSetType *
  GetSamplePoints() const = 0;
  /** Of the mask voxels. Null: there was none. */
  const SamplerType *
  GetSampler() const
  {
    return m_Sampler;
  }
  /** Of the optimizer; empty: it has none. */
  virtual ParametersType
  GetPosition() const
  {
    return {};
  }
  virtual ParametersType
  GetScales() const
  {
    return {};
  }
  /** Whether levels end at the best value, rather than at the last. */
  virtual bool
  IsEndingAtBest() const
  {
    return false;
  }

  /** Null before it is made. */
  TransformType *
  GetTransform() const
  {
    return m_Transform;
  }
  virtual SizeValueType
  GetNumberOfValidPoints() const
  {
    return m_Metric->GetNumberOfValidPoints();
  }

protected:
  RegistrationStage(const SettingsType & settings, const ContextType & context, MetricPointer metric)
    : m_Settings(settings)
    , m_Context(context)
    , m_Metric(std::move(metric))
  {}

  /** Give a method its settings, and the transform of the stage for its mask. */
  template <typename TMethod>
  void
  SetUp(TMethod & method);

  /** Call StartLevel() at the start of each. */
  template <typename TMethod>
  void
  ObserveLevels(TMethod & method)
  {
    method.AddObserver(MultiResolutionIterationEvent(),
                       [this, &method](const EventObject &) { this->StartLevel(method); });
  }

  void
  Iterate();

  /** Give the method what there is besides the first pair of images. */
  virtual void
  AddChannels()
  {}
  /** Throw what an observer threw where it could not be thrown. */
  virtual void
  RethrowException()
  {}
  virtual void
  StartLevelOfOptimizer(SizeValueType)
  {}
  /** Let the transform have the best position of the level, if one is kept. */
  virtual void
  ReturnBest()
  {}
  /** End all levels here. */
  virtual void
  Finish() = 0;

  const SettingsType                 m_Settings;
  const ContextType                  m_Context;
  MetricPointer                      m_Metric;
  typename TransformType::Pointer    m_Transform{};
  typename SamplerType::ConstPointer m_Sampler{};

private:
  using TransformsType = MaskedRegistrationTransform<ImageDimension>;
  using GeometryType = GridGeometry<ImageDimension>;

  template <typename TMethod>
  void
  StartLevel(TMethod & method);
  /** Of the voxels inside the mask of any pair of images. */
  template <typename TMethod>
  typename SamplerType::ConstPointer
  FindSampler(TMethod & method) const;
  /** Refuse a level with fewer samples than parameters, and warn of few. */
  void
  CheckNumberOfPoints(const typename FacadeType::LevelReport & report) const;
  /** The box of the mask, on which a transform is made, or the whole domain for one that is given. That of a fast field
   * has a margin, in which the displacement fades, of four voxels of the coarsest level. */
  typename GeometryType::ReindexedGrid
  FindBox(const SettingsType & settings, const SamplerType & sampler) const;
  template <typename TMethod>
  void
  MakeTransform(TMethod & method);
  template <typename TMethod>
  void
  Initialize(TMethod & method);
  /** Start at the best place that a search finds. */
  void
  Search();
  /** Whether what is found without a search is one of the places to choose from: if that is as rigid as they are, and
   * does not take long. */
  bool
  IsComparedWithoutSearch() const;
};
} // end namespace itk

#include "facade/itkRegistrationStage.hxx"

#endif // itkRegistrationStage_h
