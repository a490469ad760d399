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
#include "itkMaskedRegistrationMethod.h"

#include "itkMaskedRegistrationMethodTestHelpers.h"

#include "itkAmoebaOptimizerv4.h"
#include "itkBSplineTransform.h"
#include "itkDisplacementFieldTransform.h"
#include "itkExhaustiveOptimizerv4.h"
#include "itkImageGaps.h"
#include "itkOnePlusOneEvolutionaryOptimizerv4.h"
#include "itkPowellOptimizerv4.h"
#include "itkSampledMattesMutualInformationImageToImageMetricv4.h"
#include "itkSampledMeanSquaresImageToImageMetricv4.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

/** Pixels that are not there, pixels and parameters that are no finite numbers, and optimizers that cannot be used. */
namespace MaskedRegistrationMethodPixelsGTest
{
using namespace itk::MaskedSamplingTest;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double oddities[] = { std::numeric_limits<double>::quiet_NaN(), infinity, -infinity };
using SampledMeanSquares = itk::SampledMeanSquaresImageToImageMetricv4<Image2D, Image2D>;
using SampledMattes = itk::SampledMattesMutualInformationImageToImageMetricv4<Image2D, Image2D>;
using StockMeanSquares = MeanSquaresOf<Image2D>;
using StockMattes = itk::MattesMutualInformationImageToImageMetricv4<Image2D, Image2D>;

/** Broad waves, and an ellipse of a mask; the moving image shows at x + 2.5 what the fixed one shows at x. */
struct GapScene
{
  static constexpr double shift = 2.5;
  Image2D::Pointer        Fixed{ Make(0.0) };
  Image2D::Pointer        Moving{ Make(shift) };
  MaskType<2>::Pointer    Mask;
  MaskType<2>::Pointer    MovingMask;

  GapScene()
    : Mask(MakeDisk(0.0, 14.0))
    , MovingMask(MakeDisk(shift, 20.0))
  {}

  static double
  Distance(const itk::Index<2> & index, double dx)
  {
    return std::hypot(static_cast<double>(index[0]) - 40.0 - dx, static_cast<double>(index[1]) - 32.0);
  }

  static Image2D::Pointer
  Make(double dx)
  {
    const auto image = Image2D::New();
    image->SetRegions(itk::Size<2>{ { 80, 64 } });
    image->Allocate();
    for (itk::ImageRegionIteratorWithIndex<Image2D> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      const double x = static_cast<double>(it.GetIndex()[0]) - dx;
      const auto   y = static_cast<double>(it.GetIndex()[1]);
      it.Set(static_cast<float>(100.0 + 40.0 * std::sin(x / 5.0 + y / 13.0) + 40.0 * std::cos(y / 6.0 - x / 17.0)));
    }
    return image;
  }

  MaskType<2>::Pointer
  MakeDisk(double dx, double radius) const
  {
    const auto image = MakeEmptyImage<MaskImageType<2>>(*Fixed);
    for (itk::ImageRegionIteratorWithIndex<MaskImageType<2>> it(image, image->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      it.Set(Distance(it.GetIndex(), dx) < radius ? 1 : 0);
    }
    return itk::MaskedSamplingTest::MakeMask<2>(image);
  }

  /** A copy with a value wherever it is farther from the middle than a radius. */
  static Image2D::Pointer
  Cut(const Image2D & image, double dx, double radius, double value)
  {
    const auto copy = MakeEmptyImage<Image2D>(image);
    for (itk::ImageRegionIteratorWithIndex<Image2D> it(copy, copy->GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      it.Set(Distance(it.GetIndex(), dx) < radius ? image.GetPixel(it.GetIndex()) : static_cast<float>(value));
    }
    return copy;
  }
};

template <typename TMetric>
struct GapRun : Registration<Image2D, TMetric>
{
  GapRun(const GapScene & scene, const Image2D * fixed, const Image2D * moving, bool isSampling, double sigma)
    : Registration<Image2D, TMetric>(fixed, moving)
  {
    this->Method->SetFixedImageMask(scene.Mask);
    this->Method->SetMovingImageMask(scene.MovingMask);
    if (isSampling)
    {
      this->SampleRandomly(400);
    }
    MakeItMove(*this);
    this->Optimizer->SetNumberOfIterations(40);
    this->Optimizer->SetMaximumStepSizeInPhysicalUnits(0.25);
    typename MethodOf<Image2D>::SmoothingSigmasArrayType sigmas(1);
    sigmas[0] = sigma;
    this->Method->SetSmoothingSigmasPerLevel(sigmas);
  }

  double
  GetError() const
  {
    const auto & parameters = this->Method->GetTransform()->GetParameters();
    return std::hypot(parameters[0] - GapScene::shift, parameters[1]);
  }
};

template <typename TMetric>
class MaskedRegistrationMethodGaps : public testing::Test
{};
using GapMetrics = testing::Types<SampledMeanSquares, SampledMattes, StockMeanSquares, StockMattes>;
TYPED_TEST_SUITE(MaskedRegistrationMethodGaps, GapMetrics, );

TYPED_TEST(MaskedRegistrationMethodGaps, TheImageAroundTheMasksDoesNotExist)
{
  const GapScene scene;
  for (const bool isSampling : { true, false })
  {
    for (const double sigma : { 0.0, 2.0 })
    {
      GapRun<TypeParam> usual(scene, scene.Fixed, scene.Moving, isSampling, sigma);
      usual.Update();
      ASSERT_LT(usual.GetError(), 0.6) << "there is nothing to see";
      for (const double oddity : oddities)
      {
        // Right at the masks, and some voxels away from them.
        for (const double margin : { 0.0, 6.0 })
        {
          SCOPED_TRACE(testing::Message()
                       << isSampling << ", sigma " << sigma << ", " << oddity << ", margin " << margin);
          const auto        fixed = GapScene::Cut(*scene.Fixed, 0.0, 14.0 + margin, oddity);
          const auto        moving = GapScene::Cut(*scene.Moving, GapScene::shift, 20.0 + margin, oddity);
          GapRun<TypeParam> run(scene, fixed, moving, isSampling, sigma);
          run.Update();
          EXPECT_LT(run.GetError(), usual.GetError() + (sigma > 0.0 ? 0.35 : 0.15));
          EXPECT_EQ(run.Method->GetFixedImage(), fixed.GetPointer());
        }
      }
    }
  }
}

TYPED_TEST(MaskedRegistrationMethodGaps, InsideTheMasksTheyAreRefused)
{
  const GapScene scene;
  for (const double oddity : oddities)
  {
    for (const double sigma : { 0.0, 2.0 })
    {
      const auto fixed = GapScene::Cut(*scene.Fixed, 0.0, 13.0, oddity);
      const auto message = GetMessageOf([&] { GapRun<TypeParam>(scene, fixed, scene.Moving, true, sigma).Update(); });
      EXPECT_NE(message.find("fixed: "), std::string::npos) << message;
      // All of the moving image: whoever leaves out samples has none.
      const auto nothing = GapScene::Cut(*scene.Moving, 0.0, 0.0, oddity);
      const auto second = GetMessageOf([&] { GapRun<TypeParam>(scene, scene.Fixed, nothing, true, sigma).Update(); });
      EXPECT_NE(second.find("moving: "), std::string::npos) << second;
    }
  }
}

TEST(ImageGaps, AreFoundWhereverTheyAre)
{
  std::mt19937 random(11);
  for (int trial = 0; trial < 60; ++trial)
  {
    const auto image = MakeRandomGrid<itk::Image<float, 3>>(random, 40, 1.0F);
    const auto region = image->GetBufferedRegion();
    EXPECT_FALSE((itk::ImageGaps<float, 3>::HasGaps(image, region, 2)));
    itk::ImageRegion<3> part = region;
    itk::Index<3>       place;
    for (unsigned int d = 0; d < 3; ++d)
    {
      const auto size = static_cast<int>(region.GetSize(d));
      const int  begin = std::uniform_int_distribution<>(0, size - 1)(random);
      part.SetIndex(d, region.GetIndex(d) + begin);
      part.SetSize(d, static_cast<itk::SizeValueType>(std::uniform_int_distribution<>(1, size - begin)(random)));
      place[d] = region.GetIndex(d) + std::uniform_int_distribution<>(0, size - 1)(random);
    }
    image->SetPixel(place, static_cast<float>(oddities[trial % 3]));
    EXPECT_TRUE((itk::ImageGaps<float, 3>::HasGaps(image, region, 2)));
    EXPECT_EQ((itk::ImageGaps<float, 3>::HasGaps(image, part, 2)), part.IsInside(place));
    const auto filled = itk::ImageGaps<float, 3>::Fill(image);
    EXPECT_FALSE((itk::ImageGaps<float, 3>::HasGaps(filled, region, 2)));
    EXPECT_FLOAT_EQ(filled->GetPixel(place), 1.0F);
  }
}

TEST(MaskedRegistrationMethodPixels, ImagesWithoutPixelsAreRefused)
{
  const WavesCase waves;
  const auto      never = Image2D::New();
  never->SetRegions(itk::Size<2>{ { 32, 24 } });
  const auto empty = Image2D::New();
  const auto grown = MakeEmptyImage<Image2D>(*waves.Fixed);
  grown->SetRegions(itk::Size<2>{ { 320, 240 } }); // and not allocated again
  for (const auto * const image : { never.GetPointer(), empty.GetPointer(), grown.GetPointer() })
  {
    for (const bool isFixed : { true, false })
    {
      Registration<Image2D> run(isFixed ? image : waves.Fixed.GetPointer(),
                                isFixed ? waves.Moving.GetPointer() : image);
      const auto message = GetMessageOf([&] { run.Update(); });
      EXPECT_NE(message.find(isFixed ? "fixed image" : "moving image"), std::string::npos) << message;
      EXPECT_NE(message.find("pixels"), std::string::npos) << message;
    }
  }
}

TEST(MaskedRegistrationMethodPixels, ParametersThatAreNoFiniteNumbersAreRefused)
{
  const WavesCase waves;
  for (const double oddity : oddities)
  {
    const auto odd = TranslationOf<Image2D>::New();
    auto       parameters = odd->GetParameters();
    parameters[1] = oddity;
    odd->SetParameters(parameters);
    const std::string names[] = { "The initial transform", "moving initial transform", "fixed initial transform" };
    for (int role = 0; role < 3; ++role)
    {
      Registration<Image2D> run(waves.Fixed, waves.Moving);
      if (role == 0)
      {
        run.Method->SetInitialTransform(odd);
      }
      else if (role == 1)
      {
        const auto composite = itk::CompositeTransform<double, 2>::New(); // also in a part of a part
        composite->AddTransform(odd);
        run.Method->SetMovingInitialTransform(composite);
      }
      else
      {
        run.Method->SetFixedInitialTransform(odd);
      }
      const auto message = GetMessageOf([&] { run.Method->Update(); });
      EXPECT_NE(message.find(names[role]), std::string::npos) << message;
      EXPECT_NE(message.find("no finite numbers"), std::string::npos) << message;
    }
  }
}

TEST(MaskedRegistrationMethodPixels, DisplacementFieldsThatAreNoneAreRefused)
{
  const WavesCase waves;
  const auto      none = itk::DisplacementFieldTransform<double, 2>::New();
  const auto      composite = itk::CompositeTransform<double, 2>::New(); // also in a part of a part
  composite->AddTransform(none);
  Registration<Image2D> run(waves.Fixed, waves.Moving);
  run.Method->SetMovingInitialTransform(composite);
  const auto message = GetMessageOf([&] { run.Method->Update(); });
  EXPECT_NE(message.find("The moving initial transform"), std::string::npos) << message;
  EXPECT_NE(message.find("has no displacement field"), std::string::npos) << message;
}

TEST(MaskedRegistrationMethodPixels, AnOptimizerThatEndsNowhereIsAnError)
{
  const WavesCase       waves;
  Registration<Image2D> run(waves.Fixed, waves.Moving);
  run.Optimizer->SetLearningRate(std::numeric_limits<double>::infinity());
  const auto message = GetMessageOf([&] { run.Update(); });
  EXPECT_NE(message, "");
}

TEST(MaskedRegistrationMethodPixels, SearchesWithoutParametersOrWithTooManyAreRefused)
{
  const WavesCase waves;
  const auto      identity = itk::IdentityTransform<double, 2>::New();
  const auto      field = itk::DisplacementFieldTransform<double, 2>::New();
  const auto      pixels = itk::DisplacementFieldTransform<double, 2>::DisplacementFieldType::New();
  pixels->CopyInformation(waves.Fixed);
  pixels->SetRegions(waves.Fixed->GetBufferedRegion());
  pixels->AllocateInitialized();
  field->SetDisplacementField(pixels);
  const std::vector<itk::ObjectToObjectOptimizerBaseTemplate<double>::Pointer> searches{
    itk::PowellOptimizerv4<double>::New().GetPointer(),
    itk::AmoebaOptimizerv4::New().GetPointer(),
    itk::OnePlusOneEvolutionaryOptimizerv4<double>::New().GetPointer(),
    itk::ExhaustiveOptimizerv4<double>::New().GetPointer()
  };
  for (const auto & search : searches)
  {
    Registration<Image2D> run(waves.Fixed, waves.Moving);
    run.Method->SetOptimizer(search);
    run.Method->SetInitialTransform(identity);
    auto message = GetMessageOf([&] { run.Method->Update(); });
    EXPECT_NE(message.find("this one has none"), std::string::npos) << message;
    if (search == searches.back())
    {
      continue; // which does as many steps as it is told
    }
    run.Method->SetInitialTransform(field);
    message = GetMessageOf([&] { run.Method->Update(); });
    EXPECT_NE(message.find("1536 parameters"), std::string::npos) << message;
  }
}

} // namespace MaskedRegistrationMethodPixelsGTest
