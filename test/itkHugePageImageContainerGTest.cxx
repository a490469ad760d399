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
#include "smoothing/itkHugePageImageContainer.h"

#include "itkImage.h"

#include <gtest/gtest.h>

#include <vector>

namespace HugePageImageContainerGTest
{
using namespace itk;
using ImageType = Image<float, 2>;
using ContainerType = HugePageImageContainer<float>;

ImageType::Pointer
MakeImage(SizeValueType width, SizeValueType height)
{
  const auto image = ImageType::New();
  image->SetRegions(ImageType::SizeType{ { width, height } });
  ContainerType::Allocate(*image);
  return image;
}

TEST(HugePageImageContainer, HoldsThePixelsOfSmallAndLargeImages)
{
  for (const SizeValueType height : { 1, 1000, 1025, 2000 }) // 4 kB to 8 MB
  {
    const auto image = MakeImage(1024, height);
    ASSERT_EQ(image->GetPixelContainer()->Size(), 1024 * height);
    for (SizeValueType i = 0; i < 1024 * height; ++i)
    {
      image->GetBufferPointer()[i] = static_cast<float>(i);
    }
    EXPECT_EQ(image->GetPixel({ { 1023, static_cast<IndexValueType>(height) - 1 } }),
              static_cast<float>(1024 * height - 1));
  }
}

TEST(HugePageImageContainer, KeepsPixelsWhenItGrowsAndShrinks)
{
  const auto container = ContainerType::New();
  for (const SizeValueType size : { 1000U, 2'000'000U, 3'000'000U })
  {
    const auto before = container->Size();
    container->Reserve(size);
    for (SizeValueType i = 0; i < before; ++i)
    {
      ASSERT_EQ((*container)[i], static_cast<float>(i % 1000));
    }
    for (SizeValueType i = 0; i < size; ++i)
    {
      (*container)[i] = static_cast<float>(i % 1000);
    }
  }
  container->Reserve(500);
  container->Squeeze();
  ASSERT_EQ(container->Size(), 500U);
  EXPECT_EQ((*container)[499], 499.0F);
  container->Initialize();
  EXPECT_EQ(container->Size(), 0U);
}

TEST(HugePageImageContainer, LetsForeignMemoryAlone)
{
  std::vector<float> foreign(2'000'000, 3.0F);
  {
    const auto container = ContainerType::New();
    container->Reserve(2'000'000);
    container->SetImportPointer(foreign.data(), foreign.size(), false);
    EXPECT_EQ((*container)[7], 3.0F);
    container->SetImportPointer(new float[10]{}, 10, true); // which it frees: AddressSanitizer tells
  }
  EXPECT_EQ(foreign[1'999'999], 3.0F);
}

TEST(HugePageImageContainer, InitializesWithZeros)
{
  const auto image = ImageType::New();
  image->SetRegions(ImageType::SizeType{ { 1024, 2000 } });
  image->SetPixelContainer(ContainerType::New());
  image->AllocateInitialized();
  for (SizeValueType i = 0; i < image->GetPixelContainer()->Size(); ++i)
  {
    ASSERT_EQ(image->GetBufferPointer()[i], 0.0F);
  }
}

} // namespace HugePageImageContainerGTest
