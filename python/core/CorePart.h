// SPDX-License-Identifier: Apache-2.0
#ifndef CorePart_h
#define CorePart_h

#include <cstddef>
#include <string>

namespace MaskedSamplingCore
{
/** Whether the parameters of a transform of a name belong to the points of a grid, of which the fixed ones tell. */
bool
HasGrid(const std::string & name);

/** Throw if numbers cannot be those of a transform of a name: if one is not finite, or if the grid of a B-spline or a
 * field has no such size. ITK allocates what it is told, and an address that it cannot allocate ends the process. */
void
CheckPart(const std::string & name,
          const double *      fixedParameters,
          std::size_t         numberOfFixedParameters,
          const double *      parameters,
          std::size_t         numberOfParameters);
} // namespace MaskedSamplingCore

#endif
