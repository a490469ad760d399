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
#ifndef itkPoseRefinement_h
#define itkPoseRefinement_h

#include "facade/itkMaskedRegistrationTransform.h"
#include "facade/itkRegistrationInputs.h"
#include "search/itkPose.h"

#include "itkCompositeTransform.h"
#include "itkEuler2DTransform.h"
#include "itkEuler3DTransform.h"
#include "itkProcessObject.h"

#include <atomic>
#include <string>
#include <type_traits>
#include <vector>

namespace itk
{
/** \class PoseRefinement
 * \brief Registers from each of some poses, and evaluates the metric where it ends.
 *
 * Registrations are rigid ones (translations for a translation) with 1000 samples and the levels of the stage. The
 * metric is that of the stage, at full resolution, where a sample that is outside of the moving image counts as one
 * that says nothing.
 *
 * \ingroup MaskedSampling
 */
template <typename TImage>
class PoseRefinement
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using FacadeType = MaskedImageRegistration<TImage>;
  using InputsType = RegistrationInputs<TImage>;
  using SettingsType = MaskedRegistrationSettings;
  using TransformType = typename InputsType::TransformType;
  using CompositeTransformType = CompositeTransform<double, ImageDimension>;
  using LinearTransformType = MatrixOffsetTransformBase<double, ImageDimension, ImageDimension>;
  using PoseType = Pose<ImageDimension>;
  using PointType = Point<double, ImageDimension>;

  struct CandidateType
  {
    /** Rigid, if it comes from a pose. */
    typename LinearTransformType::Pointer Transform{};
    /** The lower, the better; infinite: there is none. */
    double Value{};
    /** Of disjoint groups of the points, if they were asked for. */
    std::vector<double> ValuesOfGroups{};
    /** Why there is no value. */
    std::string Problem{};
  };

  /** \param inputs of the registration
   * \param settings of a stage, with values for every level
   * \param toMoving what is applied after the poses
   * \param isTurning whether there are rotations, or translations alone
   * \param minimumStepLength of the registrations */
  PoseRefinement(const InputsType &             inputs,
                 const SettingsType &           settings,
                 const CompositeTransformType & toMoving,
                 bool                           isTurning,
                 const std::atomic<bool> &      isAborting,
                 double                         minimumStepLength = 0.05)
    : m_Inputs(inputs)
    , m_Settings(settings)
    , m_ToMoving(toMoving)
    , m_IsTurning(isTurning)
    , m_IsAborting(isAborting)
    , m_MinimumStepLength(minimumStepLength)
  {}

  /** Several at a time.
   * \param center of the rotations
   * \param points to evaluate the metric at
   * \param numberOfGroups of the points, in which it is evaluated, too
   * \param ofStage if there is one: from this transform as well, in the way in which the stage does it. That is the
   * last one of those that are returned, and of the kind of this transform
   * \exception ProcessAborted if it was asked for */
  std::vector<CandidateType>
  Refine(const std::vector<PoseType> &  poses,
         const PointType &              center,
         const std::vector<PointType> & points,
         SizeValueType                  numberOfGroups,
         const TransformType *          ofStage = nullptr) const;

  /** Only evaluate the metric, where nothing is moved. */
  CandidateType
  Evaluate(const PointType & center, const std::vector<PointType> & points, SizeValueType numberOfGroups) const;

  /** Evaluate the metric of a candidate. */
  void
  Evaluate(CandidateType & candidate, const std::vector<PointType> & points, SizeValueType numberOfGroups) const;

  static typename LinearTransformType::Pointer
  MakeTransform(const PoseType & pose, const PointType & center);

  /** At which points a candidate is in the moving image. */
  std::vector<bool>
  FindInside(const CandidateType & candidate, const std::vector<PointType> & points) const;

  /** By how much a value is above another, over the groups: the mean, and its standard deviation. */
  struct DifferenceType
  {
    double        Mean{};
    double        Deviation{};
    SizeValueType NumberOfGroups{};
  };
  /** Of candidates whose groups have the same samples. */
  static DifferenceType
  Compare(const CandidateType & one, const CandidateType & other);

  /** Evaluate the metric of two candidates, of this and of another refinement, at the same points: those at which both
   * are in the moving image. Where one sees less of it, the other would be preferred for that alone.
   * \return whether these are fewer than one of them sees, but not too few; if not, nothing is changed */
  bool
  EvaluateTogether(CandidateType &                candidate,
                   const PoseRefinement &         otherRefinement,
                   CandidateType &                other,
                   const std::vector<PointType> & points,
                   SizeValueType                  numberOfGroups) const;

private:
  using RigidType = std::conditional_t<ImageDimension == 2, Euler2DTransform<double>, Euler3DTransform<double>>;
  using TransformsType = MaskedRegistrationTransform<ImageDimension>;

  SettingsType
  MakeSettings() const;
  /** Register from a transform. \return where that ends, a linear transform */
  typename LinearTransformType::Pointer
  Register(const TransformType & start, SettingsType settings) const;
  typename LinearTransformType::Pointer
  RegisterFrom(const PoseType & pose, const PointType & center) const;
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
  bool                           m_IsTurning;
  const std::atomic<bool> &      m_IsAborting;
  double                         m_MinimumStepLength;
};
} // end namespace itk

#include "facade/itkPoseRefinement.hxx"

#endif // itkPoseRefinement_h
