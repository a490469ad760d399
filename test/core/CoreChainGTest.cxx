// SPDX-License-Identifier: Apache-2.0
#include "CoreChain.h"

#include "CoreCalls.h"
#include "FailingAllocation.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace CoreChainGTest
{
using ChainPointer = std::unique_ptr<masked_sampling_chain, decltype(&masked_sampling_chain_destroy)>;

ChainPointer
MakeChain()
{
  return { masked_sampling_chain_create(), masked_sampling_chain_destroy };
}

/** A part without parameters of any kind: those that a transform begins with. */
ChainPointer
MakeChainOf(const std::string & name)
{
  auto chain = MakeChain();
  EXPECT_EQ(masked_sampling_chain_add(chain.get(), name.c_str(), nullptr, 0, nullptr, 0), 0);
  return chain;
}

TEST(CoreChain, ATransformThatDoesNotFitLeavesNothingBehind)
{
  if (!FailingAllocation::IsAvailable())
  {
    GTEST_SKIP() << "blocks cannot be counted";
  }
  const double point[3] = { 1.0, 2.0, 3.0 };
  double       mapped[3];
  for (const std::string name : { "Euler3DTransform_double_3_3", "BSplineTransform_double_3_3", "nothing" })
  {
    const auto chain = MakeChainOf(name);
    const auto refuse = [&] {
      // Of three dimensions, where there are two.
      EXPECT_EQ(masked_sampling_map_points(2, chain.get(), point, 1, mapped), 1);
    };
    refuse(); // what is made once
    const auto before = FailingAllocation::GetNumberOfBlocks();
    refuse();
    refuse();
    EXPECT_EQ(FailingAllocation::GetNumberOfBlocks(), before) << name;
    EXPECT_NE(std::string(masked_sampling_error()).find(name), std::string::npos) << masked_sampling_error();
  }
}

TEST(CoreChain, MapsAndInverts)
{
  const auto   chain = MakeChain();
  const double center[2] = { 3.0, 4.0 };
  const double parameters[6] = { 1.1, 0.1, 0.0, 0.9, 5.0, 6.0 };
  ASSERT_EQ(masked_sampling_chain_add(chain.get(), "AffineTransform_double_2_2", center, 2, parameters, 6), 0);
  const auto   inverse = MakeChain();
  const double points[4] = { 0.0, 0.0, 10.0, -7.0 };
  double       mapped[4];
  double       back[4];
  ASSERT_EQ(masked_sampling_invert(2, chain.get(), inverse.get()), 0) << masked_sampling_error();
  ASSERT_EQ(masked_sampling_map_points(2, chain.get(), points, 2, mapped), 0) << masked_sampling_error();
  ASSERT_EQ(masked_sampling_map_points(2, inverse.get(), mapped, 2, back), 0) << masked_sampling_error();
  for (int n = 0; n < 4; ++n)
  {
    EXPECT_NEAR(back[n], points[n], 1e-12);
  }
  EXPECT_NEAR(mapped[0], 1.1 * -3.0 + 0.1 * -4.0 + 3.0 + 5.0, 1e-12);
}

TEST(CoreChain, GridsThatCannotBeAreRefusedBeforeTheyAreMade)
{
  constexpr double huge = 4294967296.0;
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const double     point[2] = { 1.0, 2.0 };
  double           mapped[2];
  const double     values[8] = {};
  for (const std::string name : { "DisplacementFieldTransform_double_2_2",
                                  "GaussianSmoothingOnUpdateDisplacementFieldTransform_double_2_2",
                                  "BSplineTransform_double_2_2",
                                  "BSplineTransform_double_2_2_1" })
  {
    for (const double size : { -2.0, -1.0, 0.5, 3.0, 65536.0, huge, 1e300, nan })
    {
      for (const double other : { size, 2.0, 4.0 })
      {
        const double fixed[10] = { size, other, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0 };
        for (const size_t number : { 0, 8 })
        {
          const auto chain = MakeChain();
          ASSERT_EQ(masked_sampling_chain_add(chain.get(), name.c_str(), fixed, 10, values, number), 0);
          EXPECT_EQ(masked_sampling_map_points(2, chain.get(), point, 1, mapped), 1) << name << ' ' << size;
          EXPECT_EQ(masked_sampling_check_part(name.c_str(), fixed, 10, values, number), 1);
          EXPECT_NE(std::string(masked_sampling_error()).find(name), std::string::npos) << masked_sampling_error();
        }
      }
    }
  }
  const double fixed[10] = { 2.0, 2.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0, 0.0, 1.0 };
  for (const char * const name : { "DisplacementFieldTransform_double_2_2", "BSplineTransform_double_2_2_1" })
  {
    const auto chain = MakeChain();
    ASSERT_EQ(masked_sampling_chain_add(chain.get(), name, fixed, 10, values, 8), 0);
    EXPECT_EQ(masked_sampling_map_points(2, chain.get(), point, 1, mapped), 0) << masked_sampling_error();
    EXPECT_EQ(masked_sampling_check_part(name, fixed, 10, values, 8), 0) << masked_sampling_error();
  }
}

TEST(CoreChain, ParametersThatAreNoFiniteNumbersAreRefused)
{
  const double point[2] = { 1.0, 2.0 };
  double       mapped[2];
  for (const double oddity : { std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity() })
  {
    for (const bool isFixed : { true, false })
    {
      const double fixed[2] = { 0.0, isFixed ? oddity : 0.0 };
      const double parameters[3] = { 0.0, 0.0, isFixed ? 0.0 : oddity };
      const auto   chain = MakeChain();
      ASSERT_EQ(masked_sampling_chain_add(chain.get(), "Euler2DTransform_double_2_2", fixed, 2, parameters, 3), 0);
      EXPECT_EQ(masked_sampling_map_points(2, chain.get(), point, 1, mapped), 1);
      EXPECT_EQ(masked_sampling_check_part("Euler2DTransform_double_2_2", fixed, 2, parameters, 3), 1);
    }
  }
}

TEST(CoreChain, GivesItsParts)
{
  const auto   chain = MakeChain();
  const double fixed[2] = { 3.0, 4.0 };
  const double own[1] = { 7.0 };
  ASSERT_EQ(masked_sampling_chain_add(chain.get(), "a", fixed, 2, own, 1), 0);
  ASSERT_EQ(masked_sampling_chain_length(chain.get()), 1U);
  EXPECT_STREQ(masked_sampling_chain_name(chain.get(), 0), "a");
  const double * values = nullptr;
  const double * parameters = nullptr;
  size_t         numbers[2] = {};
  ASSERT_EQ(masked_sampling_chain_get(chain.get(), 0, &values, &numbers[0], &parameters, &numbers[1]), 0);
  EXPECT_EQ(std::vector<double>(values, values + numbers[0]), std::vector<double>({ 3.0, 4.0 }));
  EXPECT_EQ(std::vector<double>(parameters, parameters + numbers[1]), std::vector<double>({ 7.0 }));
  EXPECT_EQ(masked_sampling_chain_get(chain.get(), 1, &values, &numbers[0], &parameters, &numbers[1]), 1);
  EXPECT_EQ(masked_sampling_chain_name(chain.get(), 1), nullptr);
}

} // namespace CoreChainGTest
