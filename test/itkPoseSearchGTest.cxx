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
#include "search/itkChanceLevel.h"
#include "search/itkPoseSearch.hxx"

#include "itkMaskedImageRegistrationTestHelpers.h"

#include "itkEuler2DTransform.h"
#include "itkEuler3DTransform.h"
#include "itkVersor.h"

#include <map>

/** Scores of poses against counting by hand, and poses that are known, which are found. */
namespace PoseSearchGTest
{
using namespace itk::MaskedSamplingTest;

template <unsigned int VDimension>
itk::Pose<VDimension>
MakeRandomPose(std::mt19937 & random, double translation, double angle)
{
  std::uniform_real_distribution<> share(-1.0, 1.0);
  itk::Pose<VDimension>            pose;
  for (unsigned int k = 0; k < pose.Parameters.size(); ++k)
  {
    pose.Parameters[k] = share(random) * (k < VDimension ? translation : angle);
  }
  return pose;
}

TEST(PoseSearch, PosesTurnAboutTheVectorOfTheirRotation)
{
  std::mt19937 random(1);
  for (int trial = 0; trial < 50; ++trial)
  {
    const auto             pose = MakeRandomPose<3>(random, 0.0, trial == 0 ? 0.0 : 2.0);
    itk::Versor<double>    versor;
    itk::Vector<double, 3> axis(&pose.Parameters[3]);
    versor.SetIdentity();
    if (trial > 0)
    {
      versor.Set(axis, axis.GetNorm());
    }
    const auto difference = versor.GetMatrix().GetVnlMatrix() - pose.GetMatrix().GetVnlMatrix();
    EXPECT_LT(difference.absolute_value_max(), 1e-12);
  }
  const auto pose = MakeRandomPose<2>(random, 0.0, 2.0);
  const auto euler = itk::Euler2DTransform<double>::New();
  euler->SetAngle(pose.Parameters[2]);
  EXPECT_LT((euler->GetMatrix().GetVnlMatrix() - pose.GetMatrix().GetVnlMatrix()).absolute_value_max(), 1e-12);
}

/** The mutual information of pairs of bins, less the bias, times the share that is not outside. */
double
ComputeScore(const std::vector<std::pair<int, int>> & pairs)
{
  std::map<std::pair<int, int>, double> joint;
  std::map<int, double>                 first;
  std::map<int, double>                 second;
  double                                number = 0.0;
  for (const auto & pair : pairs)
  {
    if (pair.second != itk::PoseLattice<2>::Outside)
    {
      joint[pair] += 1.0;
      first[pair.first] += 1.0;
      second[pair.second] += 1.0;
      number += 1.0;
    }
  }
  double information = 0.0;
  for (const auto & [pair, count] : joint)
  {
    information += count / number * std::log(count * number / (first[pair.first] * second[pair.second]));
  }
  const double bias =
    (static_cast<double>(joint.size()) - static_cast<double>(first.size()) - static_cast<double>(second.size()) + 1.0) /
    (2.0 * number);
  return (information - bias) * number / static_cast<double>(pairs.size());
}

template <typename T>
class PoseSearchOf : public testing::Test
{};
using Dimensions = testing::Types<std::integral_constant<unsigned int, 2>, std::integral_constant<unsigned int, 3>>;
TYPED_TEST_SUITE(PoseSearchOf, Dimensions);

TYPED_TEST(PoseSearchOf, ScoresAreTheInformationOfTheNearestPoints)
{
  constexpr unsigned int dimension = TypeParam::value;
  using LatticeType = itk::PoseLattice<dimension>;
  using PointType = typename LatticeType::PointType;
  std::mt19937                     random(3);
  std::uniform_real_distribution<> place(-3.0, 3.0);
  std::uniform_int_distribution<>  bin(0, itk::IntensityBins::Number);
  PointType                        corner;
  corner.Fill(9.0);
  LatticeType lattice(PointType{} - corner.GetVectorFromOrigin(), corner, 0.7);
  for (auto & one : lattice.Bins)
  {
    one = static_cast<typename LatticeType::BinType>(bin(random)); // one is outside
  }
  PointType                                center;
  std::vector<PointType>                   points(200);
  std::vector<itk::IntensityBins::BinType> bins(points.size());
  for (unsigned int d = 0; d < dimension; ++d)
  {
    center[d] = 0.3 * d;
  }
  for (std::size_t i = 0; i < points.size(); ++i)
  {
    for (auto & x : points[i])
    {
      x = place(random);
    }
    bins[i] = static_cast<itk::IntensityBins::BinType>(i % itk::IntensityBins::Number);
  }
  const itk::PoseScore<dimension>                   score(points, bins, center, lattice);
  typename itk::PoseScore<dimension>::WorkspaceType workspace;
  for (int trial = 0; trial < 30; ++trial)
  {
    auto                             pose = MakeRandomPose<dimension>(random, 1.0, 0.7);
    std::vector<std::pair<int, int>> pairs;
    std::ptrdiff_t                   shift = 0;
    const auto shiftOf = [&](unsigned int d) { return trial % 3 == 0 ? 0 : (trial + int(d)) % 4 - 2; };
    for (unsigned int d = 0; d < dimension; ++d)
    {
      shift += shiftOf(d) * lattice.Strides[d];
    }
    for (std::size_t i = 0; i < points.size(); ++i)
    {
      const auto  turned = pose.GetMatrix() * (points[i] - center) + center.GetVectorFromOrigin();
      std::size_t at = 0;
      for (unsigned int d = 0; d < dimension; ++d)
      {
        const double position = (turned[d] + pose.Parameters[d] - lattice.Origin[d]) / lattice.Spacing;
        at += static_cast<std::size_t>(std::floor(position + 0.5) + shiftOf(d)) *
              static_cast<std::size_t>(lattice.Strides[d]);
      }
      pairs.emplace_back(bins[i], lattice.Bins.at(at));
    }
    score.SetPose(pose, workspace);
    EXPECT_NEAR(score.Evaluate(workspace, shift), ComputeScore(pairs), 1e-9);
  }
}

TYPED_TEST(PoseSearchOf, LatticesCoverABox)
{
  constexpr unsigned int dimension = TypeParam::value;
  using LatticeType = itk::PoseLattice<dimension>;
  typename LatticeType::PointType lower;
  typename LatticeType::PointType upper;
  for (unsigned int d = 0; d < dimension; ++d)
  {
    lower[d] = -3.0 * d - 1.0;
    upper[d] = 2.1 + d;
  }
  const LatticeType lattice(lower, upper, 0.4);
  const auto        first = lattice.GetPoint(0);
  const auto        last = lattice.GetPoint(lattice.Bins.size() - 1);
  for (unsigned int d = 0; d < dimension; ++d)
  {
    EXPECT_LE(first[d], lower[d] - 0.2);
    EXPECT_GE(last[d], upper[d]);
  }
}

TEST(PoseSearch, BinsAreBetweenCountsAndWidths)
{
  // Half of all values are noise of a background: it takes a quarter of the bins for its counts, and no more.
  std::mt19937                     random(5);
  std::uniform_real_distribution<> noise(0.0, 1.0);
  std::vector<double>              values;
  for (int i = 0; i < 4000; ++i)
  {
    values.push_back(i % 2 == 0 ? noise(random) : 50.0 + 50.0 * noise(random));
  }
  const itk::IntensityBins bins(values);
  EXPECT_EQ(bins.Find(-1e9), 0);
  EXPECT_EQ(bins.Find(1e9), itk::IntensityBins::Number - 1);
  EXPECT_NEAR(bins.Find(1.0), 4, 1);
  EXPECT_NEAR(bins.Find(49.0), 4, 1);
  for (double value = -1.0; value < 101.0; value += 0.1)
  {
    EXPECT_LE(bins.Find(value), bins.Find(value + 0.1));
  }
  // Neither scale nor offset matters.
  auto changed = values;
  for (auto & value : changed)
  {
    value = 1e6 * value - 3e7;
  }
  const itk::IntensityBins others(changed);
  for (const double value : values)
  {
    EXPECT_NEAR(bins.Find(value), others.Find(1e6 * value - 3e7), 1);
  }
}

/** What a search is given for a scene. */
template <typename TImage>
typename itk::PoseSearch<TImage>::InputsType
MakeInputs(const Scene<TImage> & scene)
{
  typename itk::PoseSearch<TImage>::InputsType inputs;
  inputs.FixedImage = scene.Fixed;
  inputs.MovingImage = scene.Moving;
  inputs.Points = scene.ListMaskPoints();
  inputs.RotationRange = 0.3;
  inputs.TranslationRange = 8.0;
  inputs.NumberOfCandidates = 4;
  return inputs;
}

TYPED_TEST(PoseSearchOf, APoseThatIsKnownIsFound)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  for (const double shift : { -5.0, 0.0, 6.0 })
  {
    const Scene<ImageType>           scene(MakeLinearMotion<ImageType>(0.2, 1.0, 0.0, shift));
    const auto                       inputs = MakeInputs(scene);
    const itk::PoseSearch<ImageType> search(inputs);
    const auto                       found = search.Find().Candidates;
    ASSERT_FALSE(found.empty());
    double sum = 0.0;
    for (const auto & point : inputs.Points)
    {
      auto mapped = found[0].Pose.GetMatrix() * (point - search.GetCenter()) + search.GetCenter().GetVectorFromOrigin();
      for (unsigned int d = 0; d < ImageType::ImageDimension; ++d)
      {
        mapped[d] += found[0].Pose.Parameters[d] - scene.Motion(point)[d];
      }
      sum += mapped.GetSquaredNorm();
    }
    EXPECT_LT(std::sqrt(sum / static_cast<double>(inputs.Points.size())), search.GetStep());
    for (std::size_t n = 1; n < found.size(); ++n)
    {
      EXPECT_LE(found[n].Score, found[n - 1].Score);
    }
  }
}

TYPED_TEST(PoseSearchOf, ThreadsChangeNothing)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  const Scene<ImageType> scene(MakeLinearMotion<ImageType>(0.1, 1.0, 0.0, 3.0));
  auto                   inputs = MakeInputs(scene);
  const auto             one = itk::PoseSearch<ImageType>(inputs).Find().Candidates;
  inputs.NumberOfWorkUnits = 5;
  const auto five = itk::PoseSearch<ImageType>(inputs).Find().Candidates;
  ASSERT_EQ(one.size(), five.size());
  for (std::size_t n = 0; n < one.size(); ++n)
  {
    EXPECT_EQ(one[n].Score, five[n].Score);
    EXPECT_EQ(one[n].Pose.Parameters, five[n].Pose.Parameters);
  }
  const std::atomic<bool> isAborting{ true };
  inputs.IsAborting = &isAborting;
  EXPECT_TRUE(itk::PoseSearch<ImageType>(inputs).Find().Candidates.empty());
}

TYPED_TEST(PoseSearchOf, ARegistrationTellsWhatItsSearchDid)
{
  using ImageType = itk::Image<float, TypeParam::value>;
  const Scene<ImageType> scene(MakeLinearMotion<ImageType>(0.1, 1.0, 0.0, 5.0));
  auto                   settings = MakeStage("rigid");
  settings.Initialization = "search";
  settings.SearchCandidates = 3;
  const auto facade = scene.MakeFacade(settings);
  facade->Update();
  EXPECT_LT(scene.ComputeError(*facade->GetTransform()), 0.3);
  const auto report = facade->GetSearchReport();
  ASSERT_LT(report.Chosen, report.Candidates.size());
  EXPECT_LE(report.Candidates.size(), 4U); // where the images lie is one
  EXPECT_GT(report.NumberOfPoses, 100U);
  EXPECT_GT(report.TranslationRange, 5.0);
  EXPECT_GT(report.Seconds, 0.0);
  for (const auto & candidate : report.Candidates)
  {
    EXPECT_LE(report.Candidates[report.Chosen].Value, candidate.Value);
  }
  // The parameters are those of the transform that was taken.
  const auto & taken = report.Candidates[report.Chosen];
  using RigidType =
    std::conditional_t<TypeParam::value == 2, itk::Euler2DTransform<double>, itk::Euler3DTransform<double>>;
  const auto rigid = RigidType::New();
  rigid->SetFixedParameters(taken.FixedParameters);
  rigid->SetParameters(taken.Parameters);
  EXPECT_LT(scene.ComputeError(*rigid), 0.5);
  facade->GetStage(0).Initialization = "none";
  facade->Update();
  EXPECT_TRUE(facade->GetSearchReport().Candidates.empty());
}

TEST(PoseSearch, NoiseIsWithinChanceAndARelationIsNot)
{
  std::mt19937               random(7);
  std::normal_distribution<> normal;
  for (const std::size_t number : { 100, 500, 2000, 20000 })
  {
    for (int trial = 0; trial < 40; ++trial)
    {
      std::vector<double> fixed(number);
      std::vector<double> noise(number);
      std::vector<double> inverse(number);
      for (std::size_t i = 0; i < number; ++i)
      {
        fixed[i] = normal(random);
        noise[i] = normal(random);
        inverse[i] = -fixed[i] + 0.7 * normal(random);
      }
      EXPECT_LT(std::abs(itk::ChanceLevel::ComputeExcess(fixed, noise)), 4.5);
      EXPECT_GT(itk::ChanceLevel::ComputeExcess(fixed, inverse), 7.0);
    }
  }
  const std::vector<double> flat(500, 1.0);
  EXPECT_EQ(itk::ChanceLevel::ComputeExcess(flat, flat), 0.0);
}
} // namespace PoseSearchGTest
