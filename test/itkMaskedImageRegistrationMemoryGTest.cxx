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
#include "itkMaskedImageRegistration.h"

#include "itkMaskedImageRegistrationTestHelpers.h"

#include "FailingAllocation.h"
#include "OneThread.h"

#include <gtest/gtest.h>

#include <new>
#include <string>
#include <vector>

namespace MaskedImageRegistrationMemoryGTest
{
using namespace itk::MaskedSamplingTest;
using FacadeType = Facade<Image2D>;

/** What of the user's objects a registration could leave changed. */
struct UserState
{
  std::vector<float>                       Pixels;
  std::vector<double>                      Parameters;
  itk::ImageRegion<2>                      Region;
  itk::SmartPointer<const itk::DataObject> Objects[5];

  explicit UserState(const FacadeType & facade)
  {
    for (const auto * const image : { facade.GetFixedImage(), facade.GetMovingImage() })
    {
      const auto * const first = image->GetBufferPointer();
      Pixels.insert(Pixels.end(), first, first + image->GetBufferedRegion().GetNumberOfPixels());
    }
    for (const auto * const transform : { facade.GetMovingInitialTransform(), facade.GetTransformToOptimize() })
    {
      if (transform != nullptr)
      {
        const auto & parameters = transform->GetParameters();
        Parameters.insert(Parameters.end(), parameters.begin(), parameters.end());
      }
    }
    Region = facade.GetFixedImage()->GetRequestedRegion();
    Objects[0] = facade.GetFixedImage();
    Objects[1] = facade.GetMovingImage();
    Objects[2] = facade.GetFixedImageMask();
    Objects[3] = facade.GetMovingImageMask();
    Objects[4] = facade.GetVirtualDomain();
  }

  bool
  operator==(const UserState & other) const
  {
    return Pixels == other.Pixels && Parameters == other.Parameters && Region == other.Region &&
           std::equal(std::begin(Objects), std::end(Objects), std::begin(other.Objects));
  }
};

/** Let every allocation of Update() fail, one at a time. */
void
ExpectEveryFailureArrives(FacadeType & facade)
{
  const OneThread thread;
  const bool      isWarning = itk::Object::GetGlobalWarningDisplay();
  itk::Object::GlobalWarningDisplayOff(); // objects of ITK do not expect that their constructors throw
  facade.Update();                        // what is made once
  const auto      expected = GetResult<Image2D>(facade);
  const UserState before(facade);
  std::size_t     numberOfAllocations = 0;
  {
    const FailingAllocation::Scope scope(static_cast<std::size_t>(-1));
    facade.Update();
    numberOfAllocations = FailingAllocation::Scope::GetNumber();
  }
  ASSERT_GT(numberOfAllocations, 500U);
  std::size_t numberOfFailures = 0;
  std::size_t numberOfChecks = 0;
  for (std::size_t n = 0; n < numberOfAllocations; n += n < 20000 ? 1 : 97)
  {
    bool hasThrown = false;
    bool hasFailed = false;
    {
      const FailingAllocation::Scope scope(n);
      try
      {
        facade.Update();
      }
      catch (const std::exception &)
      {
        hasThrown = true;
      }
      hasFailed = FailingAllocation::Scope::HasFailed();
    }
    numberOfFailures += hasThrown ? 1 : 0;
    ASSERT_TRUE(hasFailed) << n;
    if (!hasThrown)
    {
      // A library below has caught it, and done without: the result must be the same.
      ASSERT_EQ(GetResult<Image2D>(facade), expected) << "allocation " << n;
    }
    ASSERT_TRUE(UserState(facade) == before) << n;
    if (n % 3 == 0)
    {
      facade.Update();
      ASSERT_EQ(GetResult<Image2D>(facade), expected) << "after allocation " << n;
      ++numberOfChecks;
    }
  }
  itk::Object::SetGlobalWarningDisplay(isWarning);
  facade.Update();
  EXPECT_EQ(GetResult<Image2D>(facade), expected);
  testing::Test::RecordProperty("allocations", static_cast<int>(numberOfAllocations));
  EXPECT_GT(numberOfFailures, 2 * numberOfChecks) << "There is nothing to see.";
}

/** Few and small enough to be run thousands of times. */
Settings
MakeSmallStage(const std::string & transform)
{
  auto settings = MakeStage(transform, { 2, 1 });
  settings.Samples = { 40 };
  settings.Iterations = { 2 };
  settings.GridSpacing = { 30.0 };
  return settings;
}

TEST(MaskedImageRegistrationMemory, EveryFailureOfARigidStageArrives)
{
  if (!FailingAllocation::IsAvailable())
  {
    GTEST_SKIP() << "operator new is not ours";
  }
  const auto scene = Scene<Image2D>(MakeLinearMotion<Image2D>(0.05, 1.0, 0.0, 1.0), 5.0, 16);
  const auto facade = scene.MakeFacade(MakeSmallStage("rigid"));
  const auto shift = itk::TranslationTransform<double, 2>::New();
  facade->SetMovingInitialTransform(shift);
  ExpectEveryFailureArrives(*facade);
}

TEST(MaskedImageRegistrationMemory, EveryFailureOfABSplineStageArrives)
{
  if (!FailingAllocation::IsAvailable())
  {
    GTEST_SKIP() << "operator new is not ours";
  }
  const auto scene = Scene<Image2D>(MakeLinearMotion<Image2D>(0.0, 1.0, 0.0, 0.5), 5.0, 16);
  ExpectEveryFailureArrives(*scene.MakeFacade(MakeSmallStage("b-spline")));
}

} // namespace MaskedImageRegistrationMemoryGTest
