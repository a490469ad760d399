// SPDX-License-Identifier: Apache-2.0
#ifndef CoreVtkFormat_h
#define CoreVtkFormat_h

namespace MaskedSamplingCore
{
/** Let ITK know the format VTK, read without its way to change the locale of the whole process. */
void
RegisterVtkFormat();
} // namespace MaskedSamplingCore

#endif
