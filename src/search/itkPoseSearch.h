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
#ifndef itkPoseSearch_h
#define itkPoseSearch_h

#include "itkImage.h"
#include "itkSpatialObject.h"
#include "itkTransform.h"
#include "search/itkPoseScore.h"

#include <atomic>
#include <utility>
#include <vector>

namespace itk
{
/** \class PoseSearch
 * \brief Finds the poses at which a moving image may fit samples of a fixed image, among all in a range.
 *
 * Both images are smoothed for the distance of neighbouring poses, and put into bins. The score of every pose of a grid
 * of translations and rotations is evaluated at all samples (see PoseScore), and the best that lie apart are improved,
 * one parameter after the other. The result depends on the input only, whatever the number of work units.
 *
 * \par Range and grid
 * The radius is that of a ball (a disk) whose samples are as far from their centre as these, in the root mean square.
 * Without a range, translations go to nine times the geometric mean of the radius and the length of a voxel, along
 * every axis, which is 25 mm for 8 mm and voxels of 1 mm; they are a tenth of that apart. Rotations are as far apart as
 * move the samples by twice that.
 *
 * \tparam TImage itk::Image of float or double in 2 or 3 dimensions
 * \ingroup MaskedSampling
 */
template <typename TImage>
class PoseSearch
{
public:
  static constexpr unsigned int ImageDimension = TImage::ImageDimension;
  using PoseType = Pose<ImageDimension>;
  using PointType = Point<double, ImageDimension>;
  using TransformType = Transform<double, ImageDimension, ImageDimension>;
  using MaskType = SpatialObject<ImageDimension>;

  struct InputsType
  {
    const TImage *   FixedImage{};
    const TImage *   MovingImage{};
    const MaskType * MovingMask{};
    /** From the space of the samples to those of the images. Null: identity. */
    const TransformType * ToFixed{};
    const TransformType * ToMoving{};
    /** Of the samples. */
    std::vector<PointType> Points{};
    double                 VoxelLength{ 1.0 };
    /** 0: as the class says. */
    double TranslationRange{};
    /** Of the range without one, how much of it. */
    double ShareOfRange{ 1.0 };
    /** To each side, in radians, about every axis. */
    double        RotationRange{};
    SizeValueType NumberOfCandidates{ 6 };
    /** For each candidate, how many of the best of the grid are improved. */
    SizeValueType NumberOfImproved{ 8 };
    ThreadIdType  NumberOfWorkUnits{ 1 };
    /** If it becomes true, there are no candidates. */
    const std::atomic<bool> * IsAborting{};
  };

  struct CandidateType
  {
    PoseType Pose{};
    double   Score{};
    /** By how many standard deviations of chance the score is above that at the start. */
    double Excess{};
  };

  struct ResultType
  {
    /** The best first. Empty: nothing to compare. */
    std::vector<CandidateType> Candidates{};
    /** Where it begins, improved: it is among the candidates only if it is one of the best. */
    CandidateType Start{};
  };

  explicit PoseSearch(InputsType inputs);

  ResultType
  Find() const;

  /** Whether two poses are different places to the search. */
  bool
  AreApart(const PoseType & one, const PoseType & other) const
  {
    constexpr double apart = 1.5;
    return one.GetDistance(other, m_RootMeanSquare) >= apart * m_Step;
  }

  /** Of the rotations: the middle of the samples. */
  const PointType &
  GetCenter() const
  {
    return m_Center;
  }
  double
  GetTranslationRange() const
  {
    return m_Range;
  }
  /** How far apart the poses are that it looks at. */
  double
  GetStep() const
  {
    return m_Step;
  }
  SizeValueType
  GetNumberOfPoses() const;

private:
  using LatticeType = PoseLattice<ImageDimension>;
  using ScoreType = PoseScore<ImageDimension>;
  using WorkspaceType = typename ScoreType::WorkspaceType;
  using BinsType = std::vector<IntensityBins::BinType>;
  using CandidatesType = std::vector<CandidateType>;

  static bool
  IsBetter(const CandidateType & one, const CandidateType & other);
  /** Of the Gaussian that smooths both images, in physical units. */
  double
  GetSigma() const
  {
    return 0.5 * m_Step;
  }
  LatticeType
  MakeLattice() const;
  CandidatesType
  Scan(const ScoreType & score, const LatticeType & lattice) const;
  /** The best of them that lie apart, as many as there can be. */
  CandidatesType
  Spread(CandidatesType candidates, std::size_t most) const;
  void
  Improve(CandidateType & candidate, const ScoreType & score, WorkspaceType & workspace) const;
  bool
  IsAborting() const
  {
    return m_Inputs.IsAborting != nullptr && *m_Inputs.IsAborting;
  }
  bool
  IsInRange(const PoseType & pose) const;

  /** Cells of the lattice that a step is. */
  static constexpr unsigned int CellsPerStep = 2;

  InputsType m_Inputs;
  PointType  m_Center{};
  /** Of the samples: root mean square of the distance from the centre, and the greatest. */
  double        m_RootMeanSquare{};
  double        m_Farthest{};
  double        m_Range{};
  double        m_Step{};
  SizeValueType m_StepsToSide{};
  SizeValueType m_NumberOfAngles{ 1 };
  double        m_AngleStep{};
};
} // end namespace itk

#endif // itkPoseSearch_h
