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
#ifndef itkInitialSearch_h
#define itkInitialSearch_h

#include "facade/itkDrawPoints.h"
#include "facade/itkMaskedRegistrationTransform.h"
#include "facade/itkRegistrationInputs.h"
#include "geometry/itkParallelTasks.h"
#include "search/itkPoseSearch.h"
#include "search/itkSmoothedSamples.h"

#include "itkMaskedImageRegistration.h"
#include "itkMaskedVoxelSampler.h"
#include "itkProcessObject.h"

#include <atomic>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace itk
{
/** \class InitialSearch
 * \brief Searches for the start of a registration: finds poses, registers from the best that lie apart and from where
 * the images lie, and takes the one that ends with the best metric.
 *
 * Poses are found, and told apart, by two halves of one draw of sample points, of which no voxel is in both where the
 * mask has enough. Registrations are rigid ones (translations for a translation) with 1000 samples and the levels of
 * the stage. Their ends are compared by the metric of the stage, at full resolution, where a sample that is outside of
 * the moving image counts as one that says nothing.
 *
 * \sa PoseSearch
 * \ingroup MaskedSampling
 */
template <typename TImage>
class InitialSearch
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using FacadeType = MaskedImageRegistration<TImage>;
  using InputsType = RegistrationInputs<TImage>;
  using SettingsType = MaskedRegistrationSettings;
  using TransformType = typename InputsType::TransformType;
  using CompositeTransformType = CompositeTransform<double, ImageDimension>;
  using SamplerType = MaskedVoxelSampler<ImageDimension>;
  using LinearTransformType = MatrixOffsetTransformBase<double, ImageDimension, ImageDimension>;
  using ReportType = typename FacadeType::SearchReport;

  /** \param inputs of the registration
   * \param settings of its first stage, with values for every level
   * \param toMoving what is applied after the transform that is searched
   * \param sampler of the mask voxels, updated
   * \param isTurning whether there are rotations, or translations alone */
  InitialSearch(const InputsType &             inputs,
                const SettingsType &           settings,
                const CompositeTransformType & toMoving,
                const SamplerType &            sampler,
                bool                           isTurning,
                const std::atomic<bool> &      isAborting)
    : m_Inputs(inputs)
    , m_Settings(settings)
    , m_ToMoving(toMoving)
    , m_Sampler(sampler)
    , m_IsTurning(isTurning)
    , m_IsAborting(isAborting)
  {}

  /** \return the best transform, rigid
   * \exception ExceptionObject if there is nothing to compare, ProcessAborted if it was asked for */
  typename LinearTransformType::Pointer
  Find(ReportType & report);

  static bool
  IsSearch(const std::string & initialization)
  {
    return initialization.find("search") != std::string::npos;
  }

  /** What comes before a search: none, geometry or moments. */
  static std::string
  GetStart(const std::string & initialization)
  {
    const auto place = initialization.find("-search");
    return place != std::string::npos ? initialization.substr(0, place)
           : IsSearch(initialization) ? "none"
                                      : initialization;
  }

private:
  using PoseSearchType = PoseSearch<TImage>;
  using PoseType = typename PoseSearchType::PoseType;
  using PointType = typename PoseSearchType::PointType;
  using PointSetType = typename FacadeType::PointSetType;
  using TransformsType = MaskedRegistrationTransform<ImageDimension>;
  using RigidType = std::conditional_t<ImageDimension == 2, Euler2DTransform<double>, Euler3DTransform<double>>;

  struct CandidateType
  {
    typename LinearTransformType::Pointer Transform{};
    double                                Value{ std::numeric_limits<double>::infinity() };
    /** Why there is no value. */
    std::string Problem{};
  };

  /** Samples for the search, and others to choose by. */
  void
  Draw(std::vector<PointType> & points, typename PointSetType::Pointer & others) const;
  /** Whether where the images lie is a start at all. */
  bool
  IsInMovingImage(const std::vector<PointType> & points) const;
  typename LinearTransformType::Pointer
  MakeTransform(const PoseType & pose, const PointType & center) const;
  typename FacadeType::Pointer
  MakeRegistration() const;
  /** Register from a transform, which is set to the end. */
  void
  Register(LinearTransformType & transform) const;
  /** The metric of the stage, the lower the better; infinite: it has none. */
  double
  Evaluate(const TransformType & transform, const PointSetType & points) const;
  SettingsType
  MakeSettings() const;
  void
  CheckAborted() const
  {
    if (m_IsAborting)
    {
      throw ProcessAborted(__FILE__, __LINE__);
    }
  }
  const InputsType &             m_Inputs;
  const SettingsType &           m_Settings;
  const CompositeTransformType & m_ToMoving;
  const SamplerType &            m_Sampler;
  bool                           m_IsTurning;
  const std::atomic<bool> &      m_IsAborting;
};
} // end namespace itk

#include "facade/itkInitialSearch.hxx"

#endif // itkInitialSearch_h
