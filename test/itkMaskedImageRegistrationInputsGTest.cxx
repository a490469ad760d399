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
#include "itkMaskedImageRegistration.h"

#include "itkMaskedImageRegistrationTestHelpers.h"

#include "itkANTSNeighborhoodCorrelationImageToImageMetricv4.h"
#include "itkCorrelationImageToImageMetricv4.h"
#include "itkDemonsImageToImageMetricv4.h"
#include "itkDisplacementFieldTransform.h"
#include "itkEllipseSpatialObject.h"
#include "itkEuler2DTransform.h"
#include "itkGroupSpatialObject.h"
#include "itkJointHistogramMutualInformationImageToImageMetricv4.h"
#include "itkMattesMutualInformationImageToImageMetricv4.h"
#include "itkMeanSquaresImageToImageMetricv4.h"

#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <string>
#include <vector>

namespace MaskedImageRegistrationInputsGTest
{
using namespace itk::MaskedSamplingTest;
using FacadeType = Facade<Image2D>;

/** Expect that Update() throws, before any event, with a message that holds some words. */
void
ExpectRefusal(FacadeType & facade, const std::vector<std::string> & words, bool isAtOnce = true)
{
  bool       hasStarted = false;
  const auto tag = Observe(facade, itk::StartEvent(), [&] { hasStarted = true; });
  const auto message = GetMessageOf([&] { facade.Update(); });
  facade.RemoveObserver(tag);
  EXPECT_FALSE(message.empty()) << "not refused: " << words.front();
  EXPECT_EQ(hasStarted, !isAtOnce) << message;
  for (const auto & word : words)
  {
    EXPECT_NE(message.find(word), std::string::npos) << '"' << word << "\" is not in: " << message;
  }
}

/** The value of a metric of ITK at every voxel of the fixed mask. */
template <typename TMetric>
double
ComputeStockValue(const Scene<Image2D> &             scene,
                  TMetric &                          metric,
                  const itk::SpatialObject<2> *      movingMask,
                  const FacadeTransformOf<Image2D> * moving,
                  const FacadeTransformOf<Image2D> * fixed)
{
  metric.SetFixedImage(scene.Fixed);
  metric.SetMovingImage(scene.Moving);
  metric.SetFixedImageMask(scene.Mask);
  metric.SetMovingImageMask(movingMask);
  metric.SetMaximumNumberOfWorkUnits(1);
  if (moving != nullptr)
  {
    metric.SetMovingTransform(const_cast<FacadeTransformOf<Image2D> *>(moving));
  }
  if (fixed != nullptr)
  {
    metric.SetFixedTransform(const_cast<FacadeTransformOf<Image2D> *>(fixed));
  }
  metric.Initialize();
  return metric.GetValue();
}

/** Expect that the facade evaluates a metric as ITK's class does. */
template <typename TMetric>
void
ExpectStockValue(const Scene<Image2D> & scene, const std::string & name, TMetric & metric)
{
  const Scene<Image2D> other(MakeLinearMotion<Image2D>(0.0, 1.0, 0.0, 0.0), 11.0);
  const auto           shift = itk::TranslationTransform<double, 2>::New();
  const auto           turn = itk::Euler2DTransform<double>::New();
  shift->SetOffset(itk::MakeVector(0.7, -0.4));
  turn->SetAngle(0.05);
  for (const bool isStock : { true, false })
  {
    for (const bool hasTransforms : { true, false })
    {
      for (const bool hasMovingMask : { true, false })
      {
        auto settings = MakeStage("affine");
        settings.Metric = name;
        settings.StockMetric = isStock;
        settings.Radius = 2;
        settings.HistogramBins = 24;
        const auto facade = scene.MakeFacade(settings);
        facade->SetMovingImageMask(hasMovingMask ? other.Mask.GetPointer() : nullptr);
        facade->SetMovingInitialTransform(hasTransforms ? shift.GetPointer() : nullptr);
        facade->SetFixedInitialTransform(hasTransforms ? turn.GetPointer() : nullptr);
        const double expected = ComputeStockValue(scene,
                                                  metric,
                                                  hasMovingMask ? other.Mask.GetPointer() : nullptr,
                                                  hasTransforms ? shift.GetPointer() : nullptr,
                                                  hasTransforms ? turn.GetPointer() : nullptr);
        // Sums of thousands of squares, in another order. In windows ITK takes these in float, as pixels are.
        const double tolerance = name == std::string("neighborhood-correlation") ? 1e-5 : 1e-9;
        EXPECT_NEAR(facade->EvaluateMetric(), expected, tolerance * std::abs(expected)) << name;
        EXPECT_EQ(facade->GetNumberOfValidPoints(), metric.GetNumberOfValidPoints()) << name;
        metric.SetMovingTransform(itk::IdentityTransform<double, 2>::New());
        metric.SetFixedTransform(itk::IdentityTransform<double, 2>::New());
      }
    }
  }
}

TEST(MaskedImageRegistration, RefusesWhatIsMissing)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto facade = FacadeType::New();
  ExpectRefusal(*facade, { "no fixed image" });
  facade->SetFixedImage(scene.Fixed);
  ExpectRefusal(*facade, { "no moving image" });
  const auto empty = Image2D::New();
  facade->SetMovingImage(empty);
  ExpectRefusal(*facade, { "moving image has no pixels" });
  facade->SetMovingImage(scene.Moving);
  ExpectRefusal(*facade, { "no stage", "AddStage" });
  facade->AddStage("given");
  ExpectRefusal(*facade, { "\"given\"", "SetTransformToOptimize" });
  EXPECT_FALSE(GetMessageOf([&] { facade->EvaluateMetric(); }).empty());
  EXPECT_FALSE(GetMessageOf([&] { facade->AddStage("rigit"); }).empty());
  EXPECT_EQ(facade->GetNumberOfStages(), 1U);
}

TEST(MaskedImageRegistration, ChecksAllStagesBeforeTheFirst)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto facade = scene.MakeFacade(MakeStage("rigid"));
  auto       settings = MakeStage("b-spline");
  settings.Percentage = { 20.0 };
  facade->AddStage(settings);
  ExpectRefusal(*facade, { "percentage", "20", "(0, 1]" });
  facade->GetStage(1).Percentage = { 1.0 };
  for (const char * const optimizer : { "lbfgsb", "amoeba", "exhaustive" })
  {
    facade->GetStage(1).Optimizer = optimizer;
    ExpectRefusal(*facade, { optimizer, "grid-scale-factors", "lbfgs2" });
  }
  facade->GetStage(1).Optimizer = "lbfgs2";
  facade->GetStage(1).Scales = "manual";
  facade->GetStage(1).ManualScales = { 1.0 };
  ExpectRefusal(*facade, { "manual-scales", "grid-scale-factors" });
}

TEST(MaskedImageRegistration, RefusesInitializationBesideAnInitialTransform)
{
  const auto scene = MakeRigidScene<Image2D>();
  auto       settings = MakeStage("rigid");
  settings.Initialization = "moments";
  const auto facade = scene.MakeFacade(settings);
  facade->SetMovingInitialTransform(itk::TranslationTransform<double, 2>::New());
  ExpectRefusal(*facade, { "\"moments\"", "initial transform" });
}

TEST(MaskedImageRegistration, RefusesAMaskThatIsElsewhere)
{
  const auto scene = MakeRigidScene<Image2D>();
  scene.MaskImage->SetOrigin(scene.MaskImage->GetOrigin() + itk::MakeVector(300.0, 0.0));
  const auto facade = scene.MakeFacade(MakeStage("rigid"));
  facade->SetFixedImageMask(MakeMask<2>(scene.MaskImage));
  ExpectRefusal(*facade, { "mask" }, false);
}

TEST(MaskedImageRegistration, RefusesImagesThatDoNotOverlap)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto origin = scene.Moving->GetOrigin();
  scene.Moving->SetOrigin(origin + itk::MakeVector(300.0, 0.0));
  const auto facade = scene.MakeFacade(MakeStage("rigid"));
  ExpectRefusal(*facade, { "None of the 400 sample points", "\"geometry\"", "initial transform" }, false);
  facade->SetMovingImageMask(scene.Mask);
  ExpectRefusal(*facade, { "moving image and its mask" }, false);
  // It can be used again.
  scene.Moving->SetOrigin(origin);
  facade->SetMovingImageMask(nullptr);
  facade->Update();
  EXPECT_LT(scene.ComputeError(*facade->GetTransform()), 0.1);
}

TEST(MaskedImageRegistration, LBFGSBOptimizesAGridThatStays)
{
  const auto scene = MakeRigidScene<Image2D>();
  for (const itk::SizeValueType factor : { 0, 1, 2 })
  {
    auto settings = MakeStage("b-spline");
    settings.Optimizer = "lbfgsb";
    settings.GridScaleFactors = { factor };
    settings.Iterations = { 20 };
    const auto facade = scene.MakeFacade(settings);
    EXPECT_EQ(GetMessageOf([&] { facade->Update(); }), "") << factor;
    EXPECT_LT(scene.ComputeError(*facade->GetTransform()), 0.3) << factor;
  }
}

TEST(MaskedImageRegistration, EvaluatesTheMetricAsITKDoes)
{
  const auto scene = MakeRigidScene<Image2D>();
  ExpectStockValue(scene, "mean-squares", *itk::MeanSquaresImageToImageMetricv4<Image2D, Image2D>::New());
  ExpectStockValue(scene, "correlation", *itk::CorrelationImageToImageMetricv4<Image2D, Image2D>::New());
  const auto mattes = itk::MattesMutualInformationImageToImageMetricv4<Image2D, Image2D>::New();
  mattes->SetNumberOfHistogramBins(24);
  ExpectStockValue(scene, "mutual-information", *mattes);
  const auto neighborhood = itk::ANTSNeighborhoodCorrelationImageToImageMetricv4<Image2D, Image2D>::New();
  neighborhood->SetRadius(itk::Size<2>::Filled(2));
  ExpectStockValue(scene, "neighborhood-correlation", *neighborhood);
  const auto joint = itk::JointHistogramMutualInformationImageToImageMetricv4<Image2D, Image2D>::New();
  joint->SetNumberOfHistogramBins(24);
  ExpectStockValue(scene, "joint-histogram-mutual-information", *joint);
}

TEST(MaskedImageRegistration, EvaluatesTheMetricWhereTheFirstStageStarts)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto shift = itk::TranslationTransform<double, 2>::New();
  shift->SetOffset(itk::MakeVector(0.7, -0.4));
  const auto given = scene.MakeFacade(MakeStage("given"));
  given->SetTransformToOptimize(shift);
  const auto initial = scene.MakeFacade(MakeStage("rigid"));
  initial->SetMovingInitialTransform(shift);
  EXPECT_EQ(given->EvaluateMetric(), initial->EvaluateMetric());
  EXPECT_NE(given->EvaluateMetric(), scene.MakeFacade(MakeStage("rigid"))->EvaluateMetric());
  // It leaves no trace.
  initial->Update();
  const auto result = GetResult<Image2D>(*initial);
  initial->EvaluateMetric();
  EXPECT_EQ(GetResult<Image2D>(*initial), result);
  EXPECT_FALSE(initial->GetReports().empty());
}

TEST(MaskedImageRegistration, EvaluatesTheMetricOfAGivenTransformAfterInitialization)
{
  // The middles of the images are at the origin, until one of them is moved.
  const auto shift = itk::TranslationTransform<double, 2>::New();
  shift->SetOffset(itk::MakeVector(4.0, -3.0));
  const auto scene = MakeRigidScene<Image2D>();
  scene.Moving->SetOrigin(scene.Moving->GetOrigin() + shift->GetOffset());
  const auto given = itk::Euler2DTransform<double>::New();
  given->SetAngle(0.2);
  given->SetTranslation(itk::MakeVector(1.0, 0.5));
  auto       settings = MakeStage("given");
  const auto initial = scene.MakeFacade(settings);
  initial->SetTransformToOptimize(given);
  const double unmoved = initial->EvaluateMetric();
  initial->SetMovingInitialTransform(shift);
  const double expected = initial->EvaluateMetric();
  settings.Initialization = "geometry";
  const auto facade = scene.MakeFacade(settings);
  facade->SetTransformToOptimize(given);
  EXPECT_NEAR(facade->EvaluateMetric(), expected, 1e-6 * expected);
  EXPECT_GT(std::abs(unmoved - expected), 0.01 * expected) << "There is nothing to see.";
}

TEST(MaskedImageRegistration, EvaluatesDemonsOfAGivenField)
{
  using FieldTransformType = itk::DisplacementFieldTransform<double, 2>;
  const auto scene = MakeRigidScene<Image2D>();
  const auto field = FieldTransformType::DisplacementFieldType::New();
  field->CopyInformation(scene.Fixed);
  field->SetRegions(scene.Fixed->GetBufferedRegion());
  field->AllocateInitialized();
  const auto transform = FieldTransformType::New();
  transform->SetDisplacementField(field);
  auto settings = MakeStage("given");
  settings.Metric = "demons";
  const auto facade = scene.MakeFacade(settings);
  facade->SetTransformToOptimize(transform);
  const auto   metric = itk::DemonsImageToImageMetricv4<Image2D, Image2D>::New();
  const double expected = ComputeStockValue(scene, *metric, nullptr, transform, nullptr);
  EXPECT_NEAR(facade->EvaluateMetric(), expected, 1e-9 * std::abs(expected));
  EXPECT_GT(std::abs(expected), 0.0);
}

TEST(MaskedImageRegistration, EvaluatesTheMetricInsideTheChildrenOfAMask)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto ellipse = itk::EllipseSpatialObject<2>::New();
  ellipse->SetRadiusInObjectSpace(7.0);
  ellipse->SetCenterInObjectSpace(itk::MakePoint(2.0, -1.0));
  ellipse->Update();
  const itk::SpatialObject<2>::Pointer children[] = { scene.Mask.GetPointer(), ellipse.GetPointer() };
  for (const auto & child : children)
  {
    const auto alone = scene.MakeFacade(MakeStage("rigid"));
    const auto grouped = scene.MakeFacade(MakeStage("rigid"));
    alone->SetFixedImageMask(child);
    alone->SetMovingImageMask(child);
    const double expected = alone->EvaluateMetric();
    const auto   group = itk::GroupSpatialObject<2>::New();
    group->AddChild(child);
    group->Update();
    grouped->SetFixedImageMask(group);
    grouped->SetMovingImageMask(group);
    EXPECT_EQ(grouped->EvaluateMetric(), expected);
    EXPECT_EQ(grouped->GetNumberOfValidPoints(), alone->GetNumberOfValidPoints());
    EXPECT_GT(alone->GetNumberOfValidPoints(), 50U);
    group->RemoveChild(child);
  }
}

TEST(MaskedImageRegistration, PrintsItsMembers)
{
  const auto scene = MakeRigidScene<Image2D>();
  const auto facade = scene.MakeFacade(MakeStage("rigid"));
  facade->Update();
  std::ostringstream text;
  facade->Print(text);
  for (const char * const name : { "FixedImage: ",
                                   "MovingImage: ",
                                   "FixedImageMask: ",
                                   "MovingImageMask: ",
                                   "SamplingWeightImage: ",
                                   "SamplePoints: ",
                                   "VirtualDomain: ",
                                   "MovingInitialTransform: ",
                                   "FixedInitialTransform: ",
                                   "TransformToOptimize: ",
                                   "Stages: 1",
                                   "Reports: 2",
                                   "CurrentStage: 0",
                                   "CurrentLevel: 1" })
  {
    EXPECT_NE(text.str().find(name), std::string::npos) << name;
  }
}

} // namespace MaskedImageRegistrationInputsGTest
