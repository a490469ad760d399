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
#ifndef itkMaskedLevelPlan_h
#define itkMaskedLevelPlan_h

#include "MaskedSamplingExport.h"

#include <cstdint>
#include <iosfwd>
#include <string>

namespace itk
{
/** \class MaskedLevelPlan
 * \brief Where a metric evaluates the images at a level, from which masks, parts of images and reports follow.
 *
 * MaskedSamplingMixin makes one for each image metric at the start of each level. It is no setting: users see it in
 * what the registration method reports.
 *
 * \ingroup MaskedSampling
 */
struct MaskedSampling_EXPORT MaskedLevelPlan
{
  enum class SourceEnum : std::uint8_t
  {
    /** The registration method chooses nothing: the metric does what it would do without it. */
    Metric,
    /** The user's own points. */
    OwnPoints,
    /** Points drawn from the list of mask voxels. */
    Draw,
    /** The centres of the mask voxels of the level's grid. */
    GridCenters,
    /** The centres of the mask voxels of the full resolution, because the level's grid has none. */
    ListCenters,
    /** The voxels of the virtual domain, which the metric visits, and tests the mask, itself. */
    Domain
  };

  SourceEnum Source{ SourceEnum::Metric };
  /** Whether a mask or a region leaves less than the whole domain. */
  bool IsRestricted{};
  /** Whether the metric gets the coordinates in `double` instead of a point set of `float`. */
  bool IsInDouble{};

  /** Whether the registration method knows the points. */
  bool
  HasPoints() const
  {
    return Source != SourceEnum::Metric;
  }
  /** Whether the metric evaluates a point set of the registration method's. */
  bool
  UsesPointSet() const
  {
    return this->HasPoints() && Source != SourceEnum::Domain && !IsInDouble;
  }
  /** Whether the images are needed around known points only.
   * \param isOfSuperclass whether without sampling the value is to be that of the superclass, which has the whole
   * images: mutual information takes the range of the moving one, and what is smoothed in part has other roundings */
  bool
  IsConfined(bool isOfSuperclass = true) const
  {
    return IsRestricted && this->HasPoints() && Source != SourceEnum::Domain && !(IsInDouble && isOfSuperclass);
  }
  /** Whether the fixed mask has nothing more to say once a metric is initialised: every point is known to be inside.
   * \param nameOfMetric of its class: others than those of ITK, and neighbourhood correlation, which asks the mask for
   * every voxel of its windows, need the mask for more than the points */
  bool
  IsFixedMaskKnown(const std::string & nameOfMetric) const;
};

/** Print the name of a source. */
extern MaskedSampling_EXPORT std::ostream &
                             operator<<(std::ostream & os, MaskedLevelPlan::SourceEnum source);
} // end namespace itk

#endif // itkMaskedLevelPlan_h
