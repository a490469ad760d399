// SPDX-License-Identifier: Apache-2.0
#include "MaskedSamplingCore.h"

#include "CoreScene.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

namespace CoreInterfaceGTest
{
using namespace CoreScene;

constexpr double notANumber = std::numeric_limits<double>::quiet_NaN();

/** Expect that a call was refused, with a text that names what is wrong. */
void
ExpectRefusal(int code, const std::string & word)
{
  EXPECT_EQ(code, 1) << word;
  EXPECT_NE(std::string(masked_sampling_error()).find(word), std::string::npos)
    << '"' << word << "\" is not in: " << masked_sampling_error();
}

int
StopAtOnce(const char *, void *)
{
  return 1;
}

TEST(CoreInterface, Registers)
{
  Scene        scene;
  auto * const registration = scene.Registration.get();
  ASSERT_EQ(masked_sampling_run(registration, nullptr, nullptr), 0) << masked_sampling_error();
  const auto result = MakeChain();
  ASSERT_EQ(masked_sampling_get_transform(registration, "result", result.get()), 0) << masked_sampling_error();
  const double point[2] = { 12.0, 11.0 };
  double       mapped[2];
  ASSERT_EQ(masked_sampling_map_points(2, result.get(), point, 1, mapped), 0);
  EXPECT_NEAR(mapped[0], 13.5, 0.1);
  EXPECT_NEAR(mapped[1], 11.0, 0.1);
  const double * numbers = nullptr;
  size_t         number = 0;
  for (const char * const name : { "progress", "position", "scales", "valid-points", "points", "course", "reports" })
  {
    ASSERT_EQ(masked_sampling_get_numbers(registration, name, &numbers, &number), 0) << name;
    EXPECT_GT(number, 0U) << name;
  }
  EXPECT_NE(std::string(masked_sampling_get_stop_condition(registration, 0)), "");
  EXPECT_EQ(masked_sampling_run(registration, StopAtOnce, nullptr), 2);
  double value = 0.0;
  EXPECT_EQ(masked_sampling_evaluate(registration, &value), 0) << masked_sampling_error();
  EXPECT_GT(value, 0.0);
}

TEST(CoreInterface, NullIsAnError)
{
  Scene        scene;
  auto * const good = scene.Registration.get();
  const auto   geometry = MakeGeometry();
  const auto   chain = MakeChain();
  double       number = 1.0;
  size_t       size = 0;
  uint32_t     dimension = 0;
  uint64_t     count = 0;
  const char * text = nullptr;
  float        pixel = 0.0F;

  const double * numbers = nullptr;
  const float *  floats = nullptr;

  ExpectRefusal(masked_sampling_chain_add(nullptr, "a", nullptr, 0, nullptr, 0), "chain");
  ExpectRefusal(masked_sampling_chain_add(chain.get(), nullptr, nullptr, 0, nullptr, 0), "name");
  ExpectRefusal(masked_sampling_chain_add(chain.get(), "a", nullptr, 1, nullptr, 0), "fixed_parameters");
  ExpectRefusal(masked_sampling_chain_add(chain.get(), "a", nullptr, 0, nullptr, 1), "parameters");
  EXPECT_EQ(masked_sampling_chain_length(nullptr), 0U);
  EXPECT_EQ(masked_sampling_chain_name(nullptr, 0), nullptr);
  ExpectRefusal(masked_sampling_chain_get(nullptr, 0, &numbers, &size, &numbers, &size), "chain");
  masked_sampling_chain_destroy(nullptr);
  masked_sampling_chain_destroy_capsule(nullptr);
  masked_sampling_destroy_capsule(nullptr);
  ExpectRefusal(masked_sampling_map_points(2, nullptr, &number, 0, &number), "chain");
  ExpectRefusal(masked_sampling_map_points(2, chain.get(), nullptr, 1, &number), "points");
  ExpectRefusal(masked_sampling_map_points(2, chain.get(), &number, 1, nullptr), "mapped");
  ExpectRefusal(masked_sampling_invert(2, nullptr, chain.get()), "chain");
  ExpectRefusal(masked_sampling_invert(2, chain.get(), nullptr), "inverse");
  ExpectRefusal(masked_sampling_read_transform(nullptr, &dimension, chain.get()), "path");
  ExpectRefusal(masked_sampling_read_transform("a", nullptr, chain.get()), "dimension");
  ExpectRefusal(masked_sampling_read_transform("a", &dimension, nullptr), "chain");
  ExpectRefusal(masked_sampling_write_transform(nullptr, 2, chain.get()), "path");
  ExpectRefusal(masked_sampling_write_transform("a", 2, nullptr), "chain");

  double       determinant = 0.0;
  const double origin[2]{};
  ExpectRefusal(masked_sampling_jacobians(2, nullptr, origin, 1, 0.1, &determinant), "chain");
  ExpectRefusal(masked_sampling_jacobians(2, chain.get(), nullptr, 1, 0.1, &determinant), "points");
  ExpectRefusal(masked_sampling_jacobians(2, chain.get(), origin, 1, 0.1, nullptr), "determinants");
  ExpectRefusal(masked_sampling_resample(4, nullptr, &geometry, &geometry, chain.get(), "linear", 0, 4, &pixel),
                "image");
  ExpectRefusal(masked_sampling_resample(4, &pixel, nullptr, &geometry, chain.get(), "linear", 0, 4, &pixel),
                "geometry");
  ExpectRefusal(masked_sampling_resample(4, &pixel, &geometry, nullptr, chain.get(), "linear", 0, 4, &pixel), "grid");
  ExpectRefusal(masked_sampling_resample(4, &pixel, &geometry, &geometry, nullptr, "linear", 0, 4, &pixel), "chain");
  ExpectRefusal(masked_sampling_resample(4, &pixel, &geometry, &geometry, chain.get(), nullptr, 0, 4, &pixel),
                "interpolator");
  ExpectRefusal(masked_sampling_resample(4, &pixel, &geometry, &geometry, chain.get(), "linear", 0, 4, nullptr),
                "pixels");

  const auto sample = [&](const masked_sampling_geometry * grid,
                          const uint8_t *                  mask,
                          const float *                    weights,
                          const char *                     sampling,
                          uint64_t *                       voxels,
                          const float **                   points,
                          size_t *                         length) {
    return masked_sampling_sample(grid, mask, nullptr, weights, nullptr, sampling, 1.0, 5, 1, voxels, points, length);
  };
  ExpectRefusal(sample(nullptr, nullptr, nullptr, "random", &count, &floats, &size), "grid");
  ExpectRefusal(sample(&geometry, scene.Mask.data(), nullptr, "random", &count, &floats, &size), "mask_geometry");
  ExpectRefusal(sample(&geometry, nullptr, &pixel, "random", &count, &floats, &size), "weight_geometry");
  ExpectRefusal(sample(&geometry, nullptr, nullptr, nullptr, &count, &floats, &size), "sampling");
  ExpectRefusal(sample(&geometry, nullptr, nullptr, "random", nullptr, &floats, &size), "number_of_mask_voxels");
  ExpectRefusal(sample(&geometry, nullptr, nullptr, "random", &count, nullptr, &size), "points");
  ExpectRefusal(sample(&geometry, nullptr, nullptr, "random", &count, &floats, nullptr), "number_of_points");

  masked_sampling_geometry read{};
  ExpectRefusal(masked_sampling_image_info(nullptr, &read, &text, &count), "path");
  ExpectRefusal(masked_sampling_image_info("a.nii", nullptr, &text, &count), "geometry");
  ExpectRefusal(masked_sampling_image_info("a.nii", &read, nullptr, &count), "component");
  ExpectRefusal(masked_sampling_image_info("a.nii", &read, &text, nullptr), "number_of_bytes");
  ExpectRefusal(masked_sampling_read_pixels(nullptr, &pixel, 1), "path");
  ExpectRefusal(masked_sampling_read_pixels("a.nii", nullptr, 1), "pixels");
  ExpectRefusal(masked_sampling_write_image(nullptr, &geometry, "float32", &pixel, 0), "path");
  ExpectRefusal(masked_sampling_write_image("a.nii", nullptr, "float32", &pixel, 0), "geometry");
  ExpectRefusal(masked_sampling_write_image("a.nii", &geometry, nullptr, &pixel, 0), "component");
  ExpectRefusal(masked_sampling_write_image("a.nii", &geometry, "float32", nullptr, 0), "pixels");

  masked_sampling_destroy(nullptr);
  ExpectRefusal(masked_sampling_set_image(nullptr, "fixed", &pixel, &geometry), "registration");
  ExpectRefusal(masked_sampling_set_image(good, nullptr, &pixel, &geometry), "role");
  ExpectRefusal(masked_sampling_set_image(good, "fixed", &pixel, nullptr), "geometry");
  ExpectRefusal(masked_sampling_set_image(good, "fixed-mask", &pixel, nullptr), "geometry");
  ExpectRefusal(masked_sampling_set_domain(nullptr, &geometry), "registration");
  ExpectRefusal(masked_sampling_set_domain(good, nullptr), "geometry");
  ExpectRefusal(masked_sampling_set_transform(nullptr, "transform", chain.get()), "registration");
  ExpectRefusal(masked_sampling_set_transform(good, nullptr, chain.get()), "role");
  ExpectRefusal(masked_sampling_set_transform(good, "transform", nullptr), "chain");
  ExpectRefusal(masked_sampling_set_points(nullptr, &number, 0), "registration");
  ExpectRefusal(masked_sampling_set_points(good, nullptr, 1), "points");
  ExpectRefusal(masked_sampling_add_stage(nullptr, "rigid", &size), "registration");
  ExpectRefusal(masked_sampling_add_stage(good, nullptr, &size), "transform");
  ExpectRefusal(masked_sampling_add_stage(good, "rigid", nullptr), "stage");
  ExpectRefusal(masked_sampling_set_text(nullptr, 0, "metric", "correlation"), "registration");
  ExpectRefusal(masked_sampling_set_text(good, 0, nullptr, "correlation"), "name");
  ExpectRefusal(masked_sampling_set_text(good, 0, "metric", nullptr), "text");
  ExpectRefusal(masked_sampling_set_numbers(nullptr, 0, "samples", &number, 1), "registration");
  ExpectRefusal(masked_sampling_set_numbers(good, 0, nullptr, &number, 1), "name");
  ExpectRefusal(masked_sampling_set_numbers(good, 0, "samples", nullptr, 1), "numbers");
  ExpectRefusal(masked_sampling_check_stage(nullptr, 0), "registration");
  EXPECT_EQ(masked_sampling_get_settings(nullptr, 0), nullptr);
  ExpectRefusal(masked_sampling_run(nullptr, nullptr, nullptr), "registration");
  EXPECT_EQ(masked_sampling_stop(nullptr), 0);
  masked_sampling_finish(nullptr);
  ExpectRefusal(masked_sampling_evaluate(nullptr, &number), "registration");
  ExpectRefusal(masked_sampling_evaluate(good, nullptr), "value");
  ExpectRefusal(masked_sampling_get_numbers(nullptr, "points", &numbers, &size), "registration");
  ExpectRefusal(masked_sampling_get_numbers(good, nullptr, &numbers, &size), "name");
  ExpectRefusal(masked_sampling_get_numbers(good, "points", nullptr, &size), "numbers");
  ExpectRefusal(masked_sampling_get_numbers(good, "points", &numbers, nullptr), "number");
  EXPECT_EQ(masked_sampling_get_stop_condition(nullptr, -1), nullptr);
  ExpectRefusal(masked_sampling_get_transform(nullptr, "result", chain.get()), "registration");
  ExpectRefusal(masked_sampling_get_transform(good, nullptr, chain.get()), "role");
  EXPECT_EQ(masked_sampling_run(good, nullptr, nullptr), 0) << masked_sampling_error();
  ExpectRefusal(masked_sampling_get_transform(good, "result", nullptr), "chain");
}

TEST(CoreInterface, WhatIsOutOfRangeIsAnError)
{
  Scene         scene;
  auto * const  good = scene.Registration.get();
  const auto    chain = MakeChain();
  const double  point[4] = {};
  double        mapped[4];
  float         pixel = 0.0F;
  uint64_t      count = 0;
  size_t        size = 0;
  const float * points = nullptr;

  EXPECT_EQ(masked_sampling_create(4, 4), nullptr);
  EXPECT_EQ(masked_sampling_create(2, 5), nullptr);
  ExpectRefusal(masked_sampling_map_points(4, chain.get(), point, 1, mapped), "dimension");
  ExpectRefusal(masked_sampling_check_stage(good, 1), "stage");
  EXPECT_EQ(masked_sampling_get_settings(good, 1), nullptr);
  EXPECT_EQ(masked_sampling_get_stop_condition(good, 5), nullptr);
  ExpectRefusal(masked_sampling_set_text(good, 0, "no", "thing"), "no");
  const auto geometry = MakeGeometry();
  ExpectRefusal(masked_sampling_resample(3, &pixel, &geometry, &geometry, chain.get(), "linear", 0, 4, &pixel),
                "bytes");
  const auto sample = [&](const char * sampling, double percentage) {
    return masked_sampling_sample(
      &geometry, nullptr, nullptr, nullptr, nullptr, sampling, percentage, 0, 1, &count, &points, &size);
  };
  ExpectRefusal(sample("often", 1.0), "often");
  ExpectRefusal(sample("random", 0.0), "percentage");
  ExpectRefusal(sample("random", notANumber), "percentage");
  for (const uint32_t dimension : { 0, 1, 4, 1000 })
  {
    auto bad = geometry;
    bad.dimension = dimension;
    ExpectRefusal(masked_sampling_set_image(good, "fixed", &pixel, &bad), "dimension");
    ExpectRefusal(masked_sampling_write_image("a.nrrd", &bad, "float32", &pixel, 0), "dimension");
    ExpectRefusal(masked_sampling_resample(4, &pixel, &geometry, &bad, chain.get(), "linear", 0, 4, &pixel),
                  "dimension");
  }
  auto bad = geometry;
  bad.spacing[1] = notANumber;
  ExpectRefusal(masked_sampling_set_image(good, "fixed", &pixel, &bad), "spacing");
  bad = geometry;
  bad.origin[0] = std::numeric_limits<double>::infinity();
  ExpectRefusal(masked_sampling_set_domain(good, &bad), "origin");
  bad = geometry;
  bad.direction[3] = notANumber;
  ExpectRefusal(masked_sampling_set_domain(good, &bad), "direction");
  bad = geometry;
  bad.size[0] = bad.size[1] = uint64_t{ 1 } << 62;
  ExpectRefusal(masked_sampling_set_image(good, "fixed", &pixel, &bad), "size");
  // What was there before still is.
  EXPECT_EQ(masked_sampling_run(good, nullptr, nullptr), 0) << masked_sampling_error();
}

TEST(CoreInterface, DescribesEverySetting)
{
  const std::string settings = masked_sampling_settings();
  EXPECT_NE(settings.find("optimizer\ttext\tgradient-descent,regular-step-gradient-descent,"), std::string::npos);
  Scene             scene;
  const std::string values = masked_sampling_get_settings(scene.Registration.get(), 0);
  EXPECT_NE(values.find("metric\tmean-squares\n"), std::string::npos);
  EXPECT_NE(values.find("samples\t100 \n"), std::string::npos);
}

} // namespace CoreInterfaceGTest
