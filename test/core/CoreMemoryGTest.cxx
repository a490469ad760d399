// SPDX-License-Identifier: Apache-2.0
#include "MaskedSamplingCore.h"

#include "CoreScene.h"
#include "FailingAllocation.h"
#include "OneThread.h"

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace CoreMemoryGTest
{
using namespace CoreScene;

constexpr size_t all = std::numeric_limits<size_t>::max();

/** Call a function while the n-th allocation fails, and then while all from the n-th on fail, for every n until there
 * are no more allocations. What it throws, or a process that ends, is a failure of the test. */
void
CallWithoutMemory(const std::function<void()> & function)
{
  function(); // what is made once
  for (const size_t number : { size_t{ 1 }, all })
  {
    bool hasFailed = true;
    for (size_t n = 0; hasFailed && n < 20000; n += 1 + n / 500)
    {
      const FailingAllocation::Scope scope(n, number);
      function();
      hasFailed = FailingAllocation::Scope::HasFailed();
    }
  }
  function();
  masked_sampling_warnings(); // of ITK, whose objects do not expect that their constructors throw
}

TEST(CoreMemory, NoFunctionThrowsWhateverAllocationFails)
{
  if (!FailingAllocation::IsAvailable())
  {
    GTEST_SKIP() << "operator new is not ours";
  }
  const OneThread thread;
  Scene           scene;
  auto * const    registration = scene.Registration.get();
  ASSERT_EQ(masked_sampling_run(registration, nullptr, nullptr), 0);
  const auto chain = MakeChain();
  const auto other = MakeChain();
  ASSERT_EQ(masked_sampling_get_transform(registration, "result", chain.get()), 0);

  const std::string file = testing::TempDir() + "core-memory";
  const std::string image = file + ".nrrd";
  const std::string transform = file + ".tfm";
  const std::string otherImage = file + "-2.nrrd";
  const std::string otherTransform = file + "-2.tfm";
  const auto &      geometry = scene.Geometry;
  ASSERT_EQ(masked_sampling_write_image(image.c_str(), &geometry, "float32", scene.Fixed.data(), 0), 0)
    << masked_sampling_error();
  ASSERT_EQ(masked_sampling_write_transform(transform.c_str(), 2, chain.get()), 0) << masked_sampling_error();

  std::vector<float> pixels(scene.Fixed.size());
  const double       point[2] = { 1.0, 2.0 };
  double             mapped[2];
  const double *     numbers = nullptr;
  const float *      floats = nullptr;
  const char *       component = nullptr;
  size_t             size = 0;
  uint64_t           count = 0;
  uint32_t           dimension = 0;
  double             number = 100.0;
  double             value = 0.0;
  Scene              otherScene;
  auto * const       otherRegistration = otherScene.Registration.get();

  masked_sampling_geometry                                         read{};
  const std::vector<std::pair<std::string, std::function<void()>>> calls{
    { "error", [] { masked_sampling_error(); } },
    { "warnings", [] { masked_sampling_warnings(); } },
    { "settings", [] { masked_sampling_settings(); } },
    { "chain_create", [] { masked_sampling_chain_destroy(masked_sampling_chain_create()); } },
    { "chain_add",
      [&] {
        masked_sampling_chain_destroy([&] {
          auto * const made = masked_sampling_chain_create();
          masked_sampling_chain_add(made, "TranslationTransform_double_2_2", point, 0, point, 2);
          return made;
        }());
      } },
    { "chain_length", [&] { masked_sampling_chain_length(nullptr); } },
    { "chain_name", [&] { masked_sampling_chain_name(chain.get(), 99); } },
    { "chain_get", [&] { masked_sampling_chain_get(chain.get(), 99, &numbers, &size, &numbers, &size); } },
    { "map_points", [&] { masked_sampling_map_points(2, chain.get(), point, 1, mapped); } },
    { "invert", [&] { masked_sampling_invert(2, chain.get(), other.get()); } },
    { "resample",
      [&] {
        masked_sampling_resample(
          4, scene.Fixed.data(), &geometry, &geometry, chain.get(), "linear", 0.0, 4, pixels.data());
      } },
    { "sample",
      [&] {
        masked_sampling_sample(
          &geometry, scene.Mask.data(), &geometry, nullptr, nullptr, "random", 1.0, 5, 1, &count, &floats, &size);
      } },
    { "image_info", [&] { masked_sampling_image_info(image.c_str(), &read, &component, &count); } },
    { "read_pixels",
      [&] { masked_sampling_read_pixels(image.c_str(), pixels.data(), pixels.size() * sizeof(float)); } },
    { "write_image", [&] { masked_sampling_write_image(otherImage.c_str(), &geometry, "float32", pixels.data(), 0); } },
    { "read_transform", [&] { masked_sampling_read_transform(transform.c_str(), &dimension, other.get()); } },
    { "write_transform", [&] { masked_sampling_write_transform(otherTransform.c_str(), 2, chain.get()); } },
    { "create", [] { masked_sampling_destroy(masked_sampling_create(3, 8)); } },
    { "set_image", [&] { masked_sampling_set_image(registration, "fixed", scene.Fixed.data(), &geometry); } },
    { "set_domain", [&] { masked_sampling_set_domain(registration, &geometry); } },
    { "set_transform", [&] { masked_sampling_set_transform(registration, "transform", chain.get()); } },
    { "set_points", [&] { masked_sampling_set_points(otherRegistration, point, 1); } },
    { "add_stage", [&] { masked_sampling_add_stage(otherRegistration, "rigid", &size); } },
    { "set_text", [&] { masked_sampling_set_text(registration, 0, "metric", "mean-squares"); } },
    { "set_numbers", [&] { masked_sampling_set_numbers(registration, 0, "samples", &number, 1); } },
    { "check_stage", [&] { masked_sampling_check_stage(registration, 99); } },
    { "get_settings", [&] { masked_sampling_get_settings(registration, 0); } },
    { "stop", [&] { masked_sampling_stop(registration); } },
    { "finish", [&] { masked_sampling_finish(registration); } },
    { "run", [&] { masked_sampling_run(registration, nullptr, nullptr); } },
    { "evaluate", [&] { masked_sampling_evaluate(registration, &value); } },
    { "get_numbers", [&] { masked_sampling_get_numbers(registration, "points", &numbers, &size); } },
    { "get_stop_condition", [&] { masked_sampling_get_stop_condition(registration, 99); } },
    { "get_transform", [&] { masked_sampling_get_transform(registration, "result", other.get()); } },
    { "refusal", [&] { masked_sampling_set_image(registration, "nothing of this name", nullptr, nullptr); } },
  };
  for (const auto & [function, call] : calls)
  {
    SCOPED_TRACE(function);
    CallWithoutMemory(call);
  }
}

TEST(CoreMemory, NothingIsNeededToDestroy)
{
  if (!FailingAllocation::IsAvailable())
  {
    GTEST_SKIP() << "operator new is not ours";
  }
  Scene scene;
  ASSERT_EQ(masked_sampling_run(scene.Registration.get(), nullptr, nullptr), 0) << masked_sampling_error();
  auto chain = MakeChain();
  ASSERT_EQ(masked_sampling_get_transform(scene.Registration.get(), "result", chain.get()), 0);
  const FailingAllocation::Scope scope(0, all);
  scene.Registration.reset();
  chain.reset();
}

TEST(CoreMemory, AnErrorIsToldEvenWithoutMemory)
{
  if (!FailingAllocation::IsAvailable())
  {
    GTEST_SKIP() << "operator new is not ours";
  }
  Scene scene;
  {
    const FailingAllocation::Scope scope(0, all);
    EXPECT_EQ(masked_sampling_check_stage(scene.Registration.get(), 99), 1);
    EXPECT_EQ(masked_sampling_settings(), nullptr);
  }
  EXPECT_STREQ(masked_sampling_error(), "There is not enough memory.");
}

} // namespace CoreMemoryGTest
