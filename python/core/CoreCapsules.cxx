// SPDX-License-Identifier: Apache-2.0
#include "MaskedSamplingCore.h"

#include <atomic>

namespace
{
std::atomic<masked_sampling_capsule_reader> capsuleReader{ nullptr };

template <typename TObject>
TObject *
ReadCapsule(void * capsule)
{
  const masked_sampling_capsule_reader read = capsuleReader;
  return read == nullptr ? nullptr : static_cast<TObject *>(read(capsule, nullptr));
}
} // namespace

void
masked_sampling_set_capsule_reader(masked_sampling_capsule_reader reader)
{
  capsuleReader = reader;
}

void
masked_sampling_chain_destroy_capsule(void * capsule)
{
  masked_sampling_chain_destroy(ReadCapsule<masked_sampling_chain>(capsule));
}

void
masked_sampling_destroy_capsule(void * capsule)
{
  masked_sampling_destroy(ReadCapsule<masked_sampling_registration>(capsule));
}
