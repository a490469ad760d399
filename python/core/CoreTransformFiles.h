// SPDX-License-Identifier: Apache-2.0
#ifndef CoreTransformFiles_h
#define CoreTransformFiles_h

#include "CoreChain.h"

#include <string>
#include <vector>

namespace MaskedSamplingCore
{
/** The transforms in a file, in their order; a composite is one without parameters, before its parts.
 *
 * ITK's readers believe what they read: with too few parameters, or with sizes that cannot be, they end the process. */
std::vector<masked_sampling_chain::Part>
ReadTransforms(const std::string & path);

/** Those of a file of HDF5, which another process reads, since the library does not survive some that are damaged. */
std::vector<masked_sampling_chain::Part>
ReadHdf5Transforms(const std::string & path);

/** Read a chain from a file, all parts of which are known, and fit.
 * \return its dimension */
unsigned int
ReadChain(const std::string & path, masked_sampling_chain & chain);
} // namespace MaskedSamplingCore

#endif
