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
#include "UpstreamTests.h"

#include "itkMetaImageIOFactory.h"
#include "itkNiftiImageIOFactory.h"

#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

namespace
{
struct Pair
{
  UpstreamTest Stock{};
  UpstreamTest Masked{};
};

std::map<std::string, Pair> &
GetTests()
{
  static std::map<std::string, Pair> tests;
  return tests;
}
} // namespace

bool
AddUpstreamTest(const char * name, UpstreamTest stock, UpstreamTest masked)
{
  return GetTests().emplace(name, Pair{ stock, masked }).second;
}

int
main(int argc, char * argv[])
{
  const std::string kind = argc > 2 ? argv[1] : "";
  const auto        test = argc > 2 ? GetTests().find(argv[2]) : GetTests().end();
  if ((kind != "stock" && kind != "masked") || test == GetTests().end())
  {
    std::cerr << "Usage: " << argv[0] << " stock|masked TEST ARGUMENTS\nTests:\n";
    for (const auto & named : GetTests())
    {
      std::cerr << "  " << named.first << '\n';
    }
    return EXIT_FAILURE;
  }
  itk::MetaImageIOFactory::RegisterOneFactory();
  itk::NiftiImageIOFactory::RegisterOneFactory();
  // As if the test were the program: its own arguments follow its name.
  return (kind == "stock" ? test->second.Stock : test->second.Masked)(argc - 2, argv + 2);
}
