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
#ifndef itkMaskedImageRegistrationTestHelpers_h
#define itkMaskedImageRegistrationTestHelpers_h

#include "itkMaskedImageRegistration.h"

#include "itkMaskedSamplingTestHelpers.h"

#include "itkAffineTransform.h"
#include "itkBSplineTransform.h"
#include "itkImageRegionIterator.h"
#include "itkTranslationTransform.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

/** What the tests of the facade share: smooth images whose motion is known, and what to compare. */
namespace itk::MaskedSamplingTest
{
using Settings = MaskedRegistrationSettings;
using Image2D = Image<float, 2>;
template <typename TImage>
using Facade = MaskedImageRegistration<TImage>;
template <typename TImage>
using FacadeTransformOf = typename Facade<TImage>::TransformType;
template <typename TImage>
using PointOf = Point<double, TImage::ImageDimension>;
using ParametersType = Facade<Image2D>::ParametersType;

/** A smooth function of space: some broad hills at random places around the origin. */
template <unsigned int VDimension>
class Landscape
{
public:
  explicit Landscape(unsigned int seed = 1)
  {
    std::mt19937                     random(seed);
    std::uniform_real_distribution<> coordinate(-18.0, 18.0);
    std::uniform_real_distribution<> height(-100.0, 100.0);
    std::uniform_real_distribution<> width(4.0, 7.0);
    for (unsigned int n = 0; n < (VDimension == 2 ? 30 : 90); ++n)
    {
      Hill hill;
      for (auto & x : hill.Center)
      {
        x = coordinate(random);
      }
      hill.Height = height(random);
      hill.Width = width(random);
      m_Hills.push_back(hill);
    }
  }

  double
  operator()(const Point<double, VDimension> & point) const
  {
    double value = 300.0;
    for (const auto & hill : m_Hills)
    {
      value += hill.Height * std::exp(-0.5 * point.SquaredEuclideanDistanceTo(hill.Center) / (hill.Width * hill.Width));
    }
    return value;
  }

private:
  struct Hill
  {
    Point<double, VDimension> Center;
    double                    Height;
    double                    Width;
  };
  std::vector<Hill> m_Hills{};
};

/** A fixed image that shows at p what the moving image shows at T(p), for a motion T, and a mask. */
template <typename TImage>
struct Scene
{
  static constexpr unsigned int Dimension = TImage::ImageDimension;
  using PointType = PointOf<TImage>;
  using MotionType = std::function<PointType(const PointType &)>;

  typename TImage::Pointer                   Fixed;
  typename TImage::Pointer                   Moving;
  typename MaskImageType<Dimension>::Pointer MaskImage{ MaskImageType<Dimension>::New() };
  typename MaskType<Dimension>::Pointer      Mask;
  MotionType                                 Motion;

  explicit Scene(MotionType    motion,
                 double        radius = Dimension == 2 ? 13.0 : 9.0,
                 SizeValueType size = Dimension == 2 ? 50 : 28)
    : Fixed(MakeGrid(0.3, size))
    , Moving(MakeGrid(-0.2, size))
    , Motion(std::move(motion))
  {
    const Landscape<Dimension> landscape;
    Fill(*Fixed, [&](const PointType & point) { return landscape(Motion(point)); });
    Fill(*Moving, landscape);
    MaskImage->CopyInformation(Fixed);
    MaskImage->SetRegions(Fixed->GetBufferedRegion());
    MaskImage->Allocate();
    // Not quite a ball, and not quite in the middle.
    PointType center;
    center.Fill(0.5);
    Fill(*MaskImage, [&](const PointType & point) {
      return point.EuclideanDistanceTo(center) < radius && point[0] - point[1] < radius ? 1.0 : 0.0;
    });
    Mask = MakeMask<Dimension>(MaskImage);
  }

  /** An oblique grid, whose middle is the origin of space. */
  static typename TImage::Pointer
  MakeGrid(double angle, SizeValueType size)
  {
    const auto                  image = TImage::New();
    typename TImage::RegionType region;
    auto                        direction = TImage::DirectionType::GetIdentity();
    direction(0, 0) = direction(1, 1) = std::cos(angle);
    direction(0, 1) = -std::sin(angle);
    direction(1, 0) = std::sin(angle);
    typename TImage::SpacingType       spacing;
    ContinuousIndex<double, Dimension> middle;
    for (unsigned int d = 0; d < Dimension; ++d)
    {
      region.SetIndex(d, 3 * static_cast<IndexValueType>(d) - 2);
      region.SetSize(d, size - 2 * d);
      spacing[d] = 1.0 + 0.1 * d;
      middle[d] = static_cast<double>(region.GetIndex(d)) + 0.5 * static_cast<double>(region.GetSize(d)) - 0.5;
    }
    image->SetRegions(region);
    image->SetSpacing(spacing);
    image->SetDirection(direction);
    const auto point = image->template TransformContinuousIndexToPhysicalPoint<double>(middle);
    image->SetOrigin(PointType{} - point.GetVectorFromOrigin());
    image->Allocate();
    return image;
  }

  template <typename TAnyImage, typename TFunction>
  static void
  Fill(TAnyImage & image, const TFunction & function)
  {
    for (ImageRegionIteratorWithIndex<TAnyImage> it(&image, image.GetBufferedRegion()); !it.IsAtEnd(); ++it)
    {
      it.Set(static_cast<typename TAnyImage::PixelType>(
        function(image.template TransformIndexToPhysicalPoint<double>(it.GetIndex()))));
    }
  }

  std::vector<PointType>
  ListMaskPoints() const
  {
    std::vector<PointType> points;
    for (ImageRegionConstIteratorWithIndex<MaskImageType<Dimension>> it(MaskImage, MaskImage->GetBufferedRegion());
         !it.IsAtEnd();
         ++it)
    {
      if (it.Get() != 0)
      {
        points.push_back(MaskImage->template TransformIndexToPhysicalPoint<double>(it.GetIndex()));
      }
    }
    return points;
  }

  /** Mean over the mask of the distance between where a transform maps a point and where it should. */
  double
  ComputeError(const FacadeTransformOf<TImage> & transform) const
  {
    double     sum = 0.0;
    const auto points = this->ListMaskPoints();
    for (const auto & point : points)
    {
      sum += transform.TransformPoint(point).EuclideanDistanceTo(Motion(point));
    }
    return sum / static_cast<double>(points.size());
  }

  typename Facade<TImage>::Pointer
  MakeFacade() const
  {
    const auto facade = Facade<TImage>::New();
    facade->SetFixedImage(Fixed);
    facade->SetMovingImage(Moving);
    facade->SetFixedImageMask(Mask);
    return facade;
  }

  typename Facade<TImage>::Pointer
  MakeFacade(const Settings & settings) const
  {
    const auto facade = this->MakeFacade();
    facade->AddStage(settings);
    return facade;
  }
};

/** Of each voxel for itself, from a normal distribution. */
template <typename TImage>
void
AddNoise(TImage & image, double deviation, unsigned int seed)
{
  std::mt19937               random(seed);
  std::normal_distribution<> normal(0.0, deviation);
  for (ImageRegionIterator<TImage> it(&image, image.GetBufferedRegion()); !it.IsAtEnd(); ++it)
  {
    it.Set(static_cast<typename TImage::PixelType>(it.Get() + normal(random)));
  }
}

/** A linear map about a point near the middle: turned, scaled, sheared and shifted, as far as is asked for. */
template <typename TImage>
typename Scene<TImage>::MotionType
MakeLinearMotion(double angle, double scale, double shear, double shift)
{
  const auto      transform = AffineTransform<double, TImage::ImageDimension>::New();
  PointOf<TImage> center;
  center.Fill(1.0);
  transform->SetCenter(center);
  transform->Rotate(0, 1, angle);
  transform->Rotate(TImage::ImageDimension - 2, TImage::ImageDimension - 1, TImage::ImageDimension == 3 ? -angle : 0.0);
  transform->Scale(scale);
  transform->Shear(0, 1, shear);
  Vector<double, TImage::ImageDimension> translation;
  for (unsigned int d = 0; d < TImage::ImageDimension; ++d)
  {
    translation[d] = d % 2 == 0 ? shift : -0.7 * shift;
  }
  transform->Translate(translation);
  return [transform](const PointOf<TImage> & point) { return transform->TransformPoint(point); };
}

/** A small motion of all kinds, for tests that are not about finding it. */
template <typename TImage>
Scene<TImage>
MakeRigidScene()
{
  return Scene<TImage>(MakeLinearMotion<TImage>(0.05, 1.0, 0.0, 1.0));
}

/** An identity of cells of a grid over 60 mm of the fixed image. */
inline itk::BSplineTransform<double, 2>::Pointer
MakeSpline(const Scene<Image2D> & scene, SizeValueType cells)
{
  const auto spline = BSplineTransform<double, 2>::New();
  spline->SetTransformDomainOrigin(
    scene.Fixed->TransformIndexToPhysicalPoint<double>(scene.Fixed->GetBufferedRegion().GetIndex()));
  spline->SetTransformDomainDirection(scene.Fixed->GetDirection());
  spline->SetTransformDomainPhysicalDimensions(MakeVector(60.0, 60.0));
  spline->SetTransformDomainMeshSize(Size<2>::Filled(cells));
  spline->SetIdentity();
  return spline;
}

/** A stage that is fast and, with one thread, the same to the bit in every run. */
inline Settings
MakeStage(const std::string & transform, const std::vector<SizeValueType> & shrinkFactors = { 2, 1 })
{
  auto settings = Settings::MakeDefaults(transform);
  settings.ShrinkFactors = shrinkFactors;
  settings.Metric = transform == "syn" ? "demons" : "mean-squares";
  settings.WorkUnits = 1;
  if (transform != "b-spline" && transform != "syn" && transform != "displacement-field")
  {
    settings.Samples = { 400 };
    settings.Iterations = { 30 };
    settings.LearningRate = { 0.5 };
  }
  if (transform == "b-spline")
  {
    settings.Samples = { 2000 };
  }
  return settings;
}

/** Everything that has to be the same where two runs are the same. */
template <typename TImage>
std::vector<double>
GetResult(const Facade<TImage> & facade)
{
  const auto          parameters = facade.GetTransform()->GetParameters();
  std::vector<double> result(parameters.begin(), parameters.end());
  for (const auto & entry : facade.GetCourse())
  {
    result.push_back(entry.Value);
  }
  return result;
}

/** Call a function at every event of a kind, but not of those derived from it. */
template <typename TImage, typename TFunction>
unsigned long
Observe(Facade<TImage> & facade, const EventObject & event, TFunction function)
{
  const std::string name = event.GetEventName();
  return facade.AddObserver(event, [function, name](const EventObject & sent) {
    if (sent.GetEventName() == name)
    {
      function();
    }
  });
}

/** Update, and tell with which message it was refused before an event of a kind. */
template <typename TImage>
std::string
UpdateOrGetRefusal(Facade<TImage> & facade, const EventObject & event)
{
  bool       hasStarted = false;
  const auto tag = Observe(facade, event, [&] { hasStarted = true; });
  const auto message = GetMessageOf([&] { facade.Update(); });
  facade.RemoveObserver(tag);
  EXPECT_NE(hasStarted, !message.empty()) << message;
  return message;
}

/** What an observer can see of one level. */
struct SeenLevel
{
  SizeValueType       Stage;
  SizeValueType       Level;
  std::vector<double> Values;
  std::vector<double> LearningRates;
};

/** Run, and note what the events tell. */
inline std::vector<SeenLevel>
UpdateAndWatch(Facade<Image2D> & facade)
{
  std::vector<SeenLevel>   levels;
  std::vector<std::string> order;
  Observe(facade, itk::StartEvent(), [&] { order.push_back("start"); });
  Observe(facade, itk::EndEvent(), [&] { order.push_back("end"); });
  Observe(facade, itk::MultiResolutionIterationEvent(), [&] {
    levels.push_back({ facade.GetCurrentStage(), facade.GetCurrentLevel(), {}, {} });
  });
  Observe(facade, itk::IterationEvent(), [&] {
    ASSERT_FALSE(levels.empty());
    EXPECT_EQ(levels.back().Level, facade.GetCurrentLevel());
    EXPECT_EQ(levels.back().Stage, facade.GetCurrentStage());
    levels.back().Values.push_back(facade.GetProgress().Value);
    levels.back().LearningRates.push_back(facade.GetProgress().LearningRate);
  });
  facade.Update();
  facade.RemoveAllObservers();
  EXPECT_EQ(order, std::vector<std::string>({ "start", "end" }));
  return levels;
}
} // namespace itk::MaskedSamplingTest

#endif // itkMaskedImageRegistrationTestHelpers_h
