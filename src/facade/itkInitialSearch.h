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
#include "facade/itkPoseRefinement.h"
#include "facade/itkRegistrationInputs.h"
#include "search/itkPoseSearch.h"
#include "search/itkSmoothedSamples.h"

#include "itkMaskedImageRegistration.h"
#include "itkMaskedVoxelSampler.h"

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
 * mask has enough.
 *
 * \sa PoseSearch, PoseRefinement
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
  using LinearTransformType = typename PoseRefinement<TImage>::LinearTransformType;
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

  /** \param ofStage from which the stage starts without a search; null: that is not to be compared
   * \return the best transform, rigid. Where nothing is clearly better than what the stage finds without a search, that
   * from which it finds it
   * \exception ExceptionObject if there is nothing to compare, ProcessAborted if it was asked for */
  typename LinearTransformType::Pointer
  Find(ReportType & report, const TransformType * ofStage);

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

  using RefinementType = PoseRefinement<TImage>;
  using CandidateType = typename RefinementType::CandidateType;

  /** Whether a candidate is better than another one, and not by chance.
   * \param otherwise the answer where they see too little of the same */
  static bool
  IsClearlyBetter(CandidateType                  one,
                  CandidateType                  other,
                  const RefinementType &         refinement,
                  const std::vector<PointType> & points,
                  bool                           otherwise);
  /** Samples for the search, and others to choose by. */
  void
  Draw(std::vector<PointType> & points, std::vector<PointType> & others) const;
  /** Whether where the images lie is a start at all. */
  bool
  IsInMovingImage(const std::vector<PointType> & points) const;

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
