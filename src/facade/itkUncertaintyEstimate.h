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
#ifndef itkUncertaintyEstimate_h
#define itkUncertaintyEstimate_h

#include "facade/itkPoseRefinement.h"
#include "facade/itkRegistrationInputs.h"
#include "facade/itkSplineErrorMap.h"
#include "search/itkPoseSearch.h"

#include "itkCompositeTransform.h"
#include "itkMaskedVoxelSampler.h"

#include <atomic>
#include <string>
#include <vector>

namespace itk
{
/** \class UncertaintyEstimate
 * \brief Finds out how far the result of a registration can be trusted, from mask voxels of its own draw.
 *
 * Three questions, the first of which has an answer that is bad gives the status. Do the images have anything in common
 * at the result (CheckFit; otherwise "lost")? Does any other place around it fit as well (PoseSearch; the best of them
 * are registered from, and the values compared in groups of samples: "ambiguous")? Is there a direction that the
 * samples hardly determine (ParameterCovariance: "weak")? Of a B-spline or a displacement field, there are errors of
 * points instead (SplineErrorMap).
 *
 * \ingroup MaskedSampling
 */
template <typename TImage>
class UncertaintyEstimate
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using InputsType = RegistrationInputs<TImage>;
  using SettingsType = MaskedRegistrationSettings;
  using TransformType = typename InputsType::TransformType;
  using CompositeTransformType = CompositeTransform<double, ImageDimension>;
  using SplineType = typename SplineErrorMap<TImage>::SplineType;
  using SamplerType = MaskedVoxelSampler<ImageDimension>;
  using ReportType = typename MaskedImageRegistration<TImage>::UncertaintyReport;

  /** \param settings of the last stage, with values for every level
   * \param transform that it optimised
   * \param spline that this was before it faded to the identity around the mask; null: it is none
   * \param chain what is applied after that
   * \param sampler of the mask voxels, updated
   * \param numberOfSamples of the last level */
  UncertaintyEstimate(const InputsType &             inputs,
                      const SettingsType &           settings,
                      const TransformType &          transform,
                      const SplineType *             spline,
                      const CompositeTransformType & chain,
                      const SamplerType &            sampler,
                      SizeValueType                  numberOfSamples,
                      const std::atomic<bool> &      isAborting);

  /** \exception ProcessAborted if it was asked for */
  ReportType
  Compute() const;

private:
  using PoseSearchType = PoseSearch<TImage>;
  using PoseType = typename PoseSearchType::PoseType;
  using PointType = typename PoseSearchType::PointType;
  using CandidateType = typename PoseRefinement<TImage>::CandidateType;

  /** How it is looked for other places. */
  struct SurveyType
  {
    SizeValueType NumberOfPoints{};
    /** Of that of a search. */
    double        ShareOfRange{};
    SizeValueType NumberOfCandidates{};
    SizeValueType NumberOfImproved{};
    /** Of the best other place: by how many standard deviations its score is above that of the result. */
    double Excess{ NumericTraits<double>::NonpositiveMin() };
  };
  static constexpr SurveyType QuickSurvey{ 500, 0.5, 3, 2 };
  static constexpr SurveyType ThoroughSurvey{ 1000, 1.0, 8, 4 };

  bool
  IsThorough() const
  {
    return m_Settings.Uncertainty == "thorough";
  }
  std::vector<PointType>
  Draw(SizeValueType number) const;
  /** The errors of points, if it is a B-spline or a displacement field and they can be known. */
  void
  MapErrors(ReportType & report) const;
  /** The result, if it is rigid; otherwise the rigid motion that is nearest to it at some points. */
  typename CompositeTransformType::Pointer
  FitMotion(const std::vector<PointType> & points) const;
  /** Registrations from elsewhere end nearby, not at the very place: up to what difference of values, without noise.
   * \param ofResult value of the metric there */
  double
  ComputeTolerance(double ofResult, const std::vector<PointType> & points) const;
  /** \return that another place fits as well, or nothing */
  std::string
  FindAlternatives(SurveyType & survey, ReportType & report) const;
  std::string
  AddAlternative(const CandidateType &          other,
                 const CandidateType &          here,
                 const CompositeTransformType & motion,
                 const std::vector<PointType> & points,
                 double                         tolerance,
                 ReportType &                   report) const;

  const InputsType &                       m_Inputs;
  const SettingsType &                     m_Settings;
  const TransformType &                    m_Transform;
  const SplineType *                       m_Spline;
  const CompositeTransformType &           m_Chain;
  typename CompositeTransformType::Pointer m_Result;
  const SamplerType &                      m_Sampler;
  SizeValueType                            m_NumberOfSamples;
  const std::atomic<bool> &                m_IsAborting;
};
} // end namespace itk

#include "facade/itkUncertaintyEstimate.hxx"

#endif // itkUncertaintyEstimate_h
