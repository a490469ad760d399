// SPDX-License-Identifier: Apache-2.0
#include "CoreCalls.h"

#include "CoreChain.h"
#include "CoreImages.h"
#include "MaskedSamplingCore.h"

#include "itkVersion.h"

#include <mutex>

namespace MaskedSamplingCore
{
void
Prepare()
{
  static std::once_flag once;
  std::call_once(once, [] {
    KeepWarnings();
    RegisterImageFormats();
    RegisterTransforms();
  });
}
} // namespace MaskedSamplingCore

const char *
masked_sampling_error()
{
  return MaskedSamplingCore::GetError();
}

const char *
masked_sampling_warnings()
{
  return MaskedSamplingCore::TakeWarnings();
}

const char *
masked_sampling_itk_version()
{
  return itk::Version::GetITKVersion();
}
