// SPDX-License-Identifier: Apache-2.0
#ifndef CoreScene_h
#define CoreScene_h

#include "MaskedSamplingCore.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

/** What the tests of the C interface share: two small images with a hill, one shifted, and a registration of them. */
namespace CoreScene
{
using ChainPointer = std::unique_ptr<masked_sampling_chain, decltype(&masked_sampling_chain_destroy)>;
using RegistrationPointer = std::unique_ptr<masked_sampling_registration, decltype(&masked_sampling_destroy)>;

inline masked_sampling_geometry
MakeGeometry(uint64_t size = 24)
{
  masked_sampling_geometry geometry{};
  geometry.dimension = 2;
  for (int d = 0; d < 2; ++d)
  {
    geometry.size[d] = size;
    geometry.spacing[d] = 1.0;
    geometry.direction[d * 3] = 1.0;
  }
  return geometry;
}

inline std::vector<float>
MakePixels(double shift)
{
  const auto         geometry = MakeGeometry();
  std::vector<float> pixels;
  for (uint64_t y = 0; y < geometry.size[1]; ++y)
  {
    for (uint64_t x = 0; x < geometry.size[0]; ++x)
    {
      const double dx = static_cast<double>(x) - 12.0 - shift;
      const double dy = static_cast<double>(y) - 11.0;
      pixels.push_back(static_cast<float>(100.0 * std::exp(-0.02 * (dx * dx + 1.5 * dy * dy))));
    }
  }
  return pixels;
}

inline ChainPointer
MakeChain()
{
  return { masked_sampling_chain_create(), masked_sampling_chain_destroy };
}

/** Pixels that a registration uses, and the registration. */
struct Scene
{
  masked_sampling_geometry Geometry{ MakeGeometry() };
  std::vector<float>       Fixed{ MakePixels(0.0) };
  std::vector<float>       Moving{ MakePixels(1.5) };
  std::vector<uint8_t>     Mask{ std::vector<uint8_t>(24 * 24, 1) };
  RegistrationPointer      Registration{ masked_sampling_create(2, 4), masked_sampling_destroy };

  Scene()
  {
    auto * const registration = Registration.get();
    EXPECT_EQ(masked_sampling_set_image(registration, "fixed", Fixed.data(), &Geometry), 0);
    EXPECT_EQ(masked_sampling_set_image(registration, "moving", Moving.data(), &Geometry), 0);
    EXPECT_EQ(masked_sampling_set_image(registration, "fixed-mask", Mask.data(), &Geometry), 0);
    size_t stage = 7;
    EXPECT_EQ(masked_sampling_add_stage(registration, "translation", &stage), 0);
    EXPECT_EQ(stage, 0U);
    EXPECT_EQ(masked_sampling_set_text(registration, 0, "metric", "mean-squares"), 0);
    this->Set("samples", 100.0);
    this->Set("shrink-factors", 1.0);
    this->Set("iterations", 10.0);
    this->Set("work-units", 1.0);
  }

  void
  Set(const char * name, double number)
  {
    EXPECT_EQ(masked_sampling_set_numbers(Registration.get(), 0, name, &number, 1), 0) << masked_sampling_error();
  }
};
} // namespace CoreScene

#endif
