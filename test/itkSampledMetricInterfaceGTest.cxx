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
// First include the header file to be tested:
#include "itkSampledMetricInterface.h"

#include "itkSampledMetricKindsTestHelpers.h"

#include "itkDisplacementFieldTransform.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace SampledMetricInterfaceGTest
{
using namespace itk::MaskedSamplingTest;

/** The voxel centres of an image that are inside a mask. */
template <typename TImage>
std::shared_ptr<const CoordinatesOf<TImage::ImageDimension>>
MakeCentersInside(const TImage & image, const itk::SpatialObject<TImage::ImageDimension> & mask)
{
  const auto all = MakeCenters<TImage>(image);
  auto       inside = std::make_shared<CoordinatesOf<TImage::ImageDimension>>();
  for (size_t n = 0; n < all->front().size(); ++n)
  {
    itk::Point<double, TImage::ImageDimension> point;
    for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
    {
      point[d] = (*all)[d][n];
    }
    for (unsigned int d = 0; mask.IsInsideInWorldSpace(point) && d < TImage::ImageDimension; ++d)
    {
      (*inside)[d].push_back(point[d]);
    }
  }
  return inside;
}

template <typename TImage>
MetricScene<TImage>
MakeDenseScene(unsigned int seed)
{
  MetricScene<TImage> scene(seed, 1000);
  // A spacing with which no centre is exact in float.
  scene.Fixed->SetSpacing(itk::MakeFilled<typename TImage::SpacingType>(1.366));
  scene.FixedMask = scene.MakeSpeckleMask();
  scene.MovingMask = scene.MakeSpeckleMask();
  return scene;
}

template <typename TImage, typename TMetric>
void
SetDenseInputs(const MetricScene<TImage> & scene, TMetric & metric)
{
  scene.SetInputs(metric);
  metric.SetUseSampledPointSet(false);
  metric.SetVirtualSampledPointSet(nullptr);
}

/** At the centres of all voxels inside the mask: the value of the stock metric that visits the domain. */
template <typename TKind, typename TImage>
void
ExpectValueOfDenseStock(unsigned int seed)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  auto                   scene = MakeDenseScene<TImage>(seed);
  const auto             spline = MakeRandomSpline<dimension>(scene.Random, 18.0);
  for (const typename TransformOf<dimension>::Pointer & transform :
       { typename TransformOf<dimension>::Pointer(
           MakeRandomTransform<itk::AffineTransform<double, dimension>>(scene.Random)),
         typename TransformOf<dimension>::Pointer(spline) })
  {
    scene.MovingTransform = transform;
    const auto stock = TKind::template Stock<TImage>::New();
    SetDenseInputs(scene, *stock);
    stock->Initialize();
    const auto metric = TKind::template Sampled<TImage>::New();
    SetDenseInputs(scene, *metric);
    auto & interface = GetInterfaceOf(*metric);
    EXPECT_TRUE(interface.CanEvaluateSamples(*transform, true));
    interface.SetSampleCoordinates(MakeCentersInside<TImage>(*scene.Fixed, *scene.FixedMask), true);
    metric->Initialize();
    ExpectValueOf(*metric, *stock, TKind::Tolerance);
    EXPECT_GT(stock->GetNumberOfValidPoints(), 50u);
    // Every sample is known to be inside.
    metric->SetFixedImageMask(static_cast<const itk::SpatialObject<dimension> *>(nullptr));
    ExpectValueOf(*metric, *stock, TKind::Tolerance);
    if constexpr (std::is_same_v<typename TImage::PixelType, double>)
    {
      ExpectDerivativeOfValue(*metric, scene.Random, 1e-6, 1e-3);
    }

    // What is left to the superclass: its own answer, dense, that of a metric that never had coordinates.
    metric->SetFixedImageMask(scene.FixedMask.GetPointer());
    metric->SetUseFloatingPointCorrection(true);
    EXPECT_FALSE(interface.CanEvaluateSamples(*transform, true));
    stock->SetUseFloatingPointCorrection(true);
    EXPECT_EQ(Evaluate(*metric), Evaluate(*stock));
    metric->Initialize();
    EXPECT_EQ(Evaluate(*metric), Evaluate(*stock));
  }
}

/** The same bits as of a point set with the same points; and its own set, once that is given back. */
template <typename TKind, typename TImage>
void
ExpectSameAsPointSet(unsigned int seed)
{
  constexpr unsigned int dimension = TImage::ImageDimension;
  MetricScene<TImage>    scene(seed, 3000);
  scene.FixedMask = scene.MakeSpeckleMask();
  scene.FixedTransform = MakeRandomTransform<itk::AffineTransform<double, dimension>>(scene.Random);
  const auto expected = Evaluate(*scene.template Make<SampledOf<TKind, TImage>>());
  EXPECT_GT(expected.NumberOfValidPoints, 100u);

  const auto metric = SampledOf<TKind, TImage>::New();
  auto &     interface = GetInterfaceOf(*metric);
  SetDenseInputs(scene, *metric);
  interface.SetSampleCoordinates(MakeCoordinates(*scene.Points), false);
  metric->Initialize();
  EXPECT_EQ(Evaluate(*metric), expected);
  EXPECT_EQ(metric->GetValue(), expected.Value);

  // Other points than those of the set, which is there, too.
  scene.SetInputs(*metric);
  auto few = MakeCoordinates(*scene.Points);
  for (auto & column : *few)
  {
    column.resize(column.size() / 2);
  }
  interface.SetSampleCoordinates(few, false);
  metric->Initialize();
  const auto withFew = Evaluate(*metric);
  EXPECT_NE(withFew, expected);
  EXPECT_LT(withFew.NumberOfValidPoints, expected.NumberOfValidPoints);

  interface.SetSampleCoordinates(nullptr, true);
  metric->Initialize();
  EXPECT_EQ(Evaluate(*metric), expected);
  interface.SetSampleCoordinates(few, true);
  metric->Initialize();
  EXPECT_EQ(Evaluate(*metric).NumberOfValidPoints, withFew.NumberOfValidPoints);
  interface.ReleaseRegistration();
  metric->Initialize();
  EXPECT_EQ(Evaluate(*metric), expected);
}

/** Nothing of a part of the moving image is left: the answer of a metric that never had one. */
template <typename TKind, typename TImage>
void
ExpectReleasesParts(unsigned int seed)
{
  MetricScene<TImage> scene(seed, 3000);
  const auto          whole = scene.Moving;
  auto                part = whole->GetLargestPossibleRegion();
  part.ShrinkByRadius(8);
  scene.Moving = KeepOnlyInBuffer(*whole, part);
  const auto untouched = scene.template Make<SampledOf<TKind, TImage>>();
  const auto expected = Evaluate(*untouched);

  const auto metric = SampledOf<TKind, TImage>::New();
  scene.SetInputs(*metric);
  GetInterfaceOf(*metric).SetMovingPart(
    { scene.Moving, part, [whole](const auto &) -> typename TImage::ConstPointer { return whole.GetPointer(); } });
  metric->Initialize();
  EXPECT_GT(Evaluate(*metric).NumberOfValidPoints, expected.NumberOfValidPoints);
  // Before the end of a registration it is what it was, after that no more.
  GetInterfaceOf(*metric).ReleaseRegistration();
  EXPECT_LE(whole->GetReferenceCount(), 2);
  metric->Initialize();
  EXPECT_EQ(Evaluate(*metric), expected);
}

template <typename TKind, typename TImage>
void
ExpectErrorsOfCoordinates(unsigned int seed)
{
  const MetricScene<TImage> scene(seed, 100);
  const auto                metric = SampledOf<TKind, TImage>::New();
  SetDenseInputs(scene, *metric);
  const auto broken = MakeCoordinates(*scene.Points);
  broken->back().pop_back();
  const auto message = GetMessageOf([&] { GetInterfaceOf(*metric).SetSampleCoordinates(broken, false); });
  EXPECT_NE(message.find("100 first coordinates of sample points, but 99"), std::string::npos) << message;

  using CoordinatesType = CoordinatesOf<TImage::ImageDimension>;
  GetInterfaceOf(*metric).SetSampleCoordinates(std::make_shared<CoordinatesType>(), false);
  const auto ofEmpty = GetMessageOf([&] {
    metric->Initialize();
    Evaluate(*metric);
  });
  EXPECT_NE(ofEmpty.find("must have 1 or more points"), std::string::npos) << ofEmpty;
}

template <typename TKind>
class SampledMetricInterface : public testing::Test
{};
using KindsType = testing::Types<MeanSquaresKind, CorrelationKind, MattesKind>;
using ImageType2D = itk::Image<double, 2>;
using ImageType3D = itk::Image<float, 3>;

template <typename TFixed, typename TMoving, typename TVirtual = TFixed, typename TInternal = double>
constexpr bool IsTypeKnown =
  itk::SampledMetricInterface<itk::ImageToImageMetricv4<TFixed, TMoving, TVirtual, TInternal>>::IsTypeKnown;

static_assert(IsTypeKnown<ImageType2D, ImageType2D>);
static_assert(IsTypeKnown<ImageType3D, itk::Image<double, 3>>);
static_assert(IsTypeKnown<itk::Image<float, 4>, itk::Image<float, 4>>);
static_assert(!IsTypeKnown<ImageType2D, ImageType2D, ImageType2D, float>);
static_assert(!IsTypeKnown<itk::Image<double, 5>, itk::Image<double, 5>>);
static_assert(!IsTypeKnown<itk::Image<double, 1>, itk::Image<double, 1>>);

TYPED_TEST_SUITE(SampledMetricInterface, KindsType, );

TYPED_TEST(SampledMetricInterface, ValueAtCentersIsThatOfDenseStock)
{
  ExpectValueOfDenseStock<TypeParam, ImageType2D>(301);
  ExpectValueOfDenseStock<TypeParam, ImageType3D>(302);
}

TEST(SampledNeighborhoodCorrelation, ValueAtCentersIsThatOfDenseStock)
{
  ExpectValueOfDenseStock<NeighborhoodCorrelationKind, ImageType2D>(307);
  ExpectValueOfDenseStock<NeighborhoodCorrelationKind, ImageType3D>(308);
}

/** Windows are of voxels: those around drawn points are left to the superclass. */
TEST(SampledNeighborhoodCorrelation, LeavesPointSetsToStock)
{
  MetricScene<ImageType2D> scene(309, 100);
  const auto               metric = SampledOf<NeighborhoodCorrelationKind, ImageType2D>::New();
  scene.SetInputs(*metric);
  metric->Initialize();
  EXPECT_FALSE(GetInterfaceOf(*metric).CanEvaluateSamples(*scene.MovingTransform, false));
  EXPECT_TRUE(GetInterfaceOf(*metric).CanEvaluateSamples(*scene.MovingTransform, true));
  const auto stock = NeighborhoodCorrelationKind::Stock<ImageType2D>::New();
  scene.SetInputs(*stock);
  stock->Initialize();
  EXPECT_EQ(Evaluate(*metric), Evaluate(*stock));
}

/** With several samples in a voxel of the domain, which is then smaller than a window: the correlation of all. */
TEST(SampledNeighborhoodCorrelation, SamplesOfOneVoxelAreOneWindow)
{
  MetricScene<ImageType2D> scene(310, 50);
  const auto               coarse = itk::ImageBase<2>::New();
  coarse->CopyInformation(scene.Fixed);
  coarse->SetSpacing(scene.Fixed->GetSpacing() * 100.0);
  coarse->SetRegions(itk::Size<2>{ { 2, 2 } });
  const auto evaluate = [&](auto metric) {
    SetDenseInputs(scene, *metric);
    metric->SetVirtualDomain(
      coarse->GetSpacing(), coarse->GetOrigin(), coarse->GetDirection(), coarse->GetLargestPossibleRegion());
    GetInterfaceOf(*metric).SetSampleCoordinates(MakeCoordinates(*scene.Points), false);
    metric->Initialize();
    return Evaluate(*metric);
  };
  EXPECT_EQ(evaluate(SampledOf<NeighborhoodCorrelationKind, ImageType2D>::New()),
            evaluate(SampledOf<CorrelationKind, ImageType2D>::New()));
}

TYPED_TEST(SampledMetricInterface, CoordinatesAreAsGoodAsPointSet)
{
  ExpectSameAsPointSet<TypeParam, ImageType2D>(303);
  ExpectSameAsPointSet<TypeParam, ImageType3D>(304);
}

TYPED_TEST(SampledMetricInterface, ReleasesPartsOfImages)
{
  ExpectReleasesParts<TypeParam, ImageType2D>(305);
}

TYPED_TEST(SampledMetricInterface, RejectsBrokenCoordinates)
{
  ExpectErrorsOfCoordinates<TypeParam, ImageType2D>(306);
}

} // namespace SampledMetricInterfaceGTest
