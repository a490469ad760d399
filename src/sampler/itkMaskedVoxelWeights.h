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
#ifndef itkMaskedVoxelWeights_h
#define itkMaskedVoxelWeights_h

#include "itkImage.h"
#include "sampler/itkMaskedVoxelRuns.h"
#include "sampler/itkMaskGeometry.h"

#include <optional>
#include <vector>

namespace itk
{
/** \class MaskedVoxelWeights
 * \brief Draws mask voxels with probabilities in proportion to the pixels of a weight image.
 *
 * The weight of a mask voxel is the pixel of the weight image in which its centre, mapped by the transform, lies, and 0
 * outside the weight image. The sums of the weights up to the end of every run are kept: memory is proportional to the
 * number of runs.
 *
 * \par Algorithm
 * A voxel of weight w is drawn floor(n w / W) or ceil(n w / W) times, W the sum of the weights, n times w / W on
 * average.
 * - Random: the ordered pivotal method, Deville and Tille, "Unequal probability sampling without replacement through a
 * splitting method", Biometrika 85 (1998), with the strata of Chauvet, "On a characterization of ordered pivotal
 * sampling", Bernoulli 18 (2012), so that it costs O(n log V) instead of O(V).
 * - Regular: systematic sampling of the sums of the weights.
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class MaskedVoxelWeights
{
public:
  using Self = MaskedVoxelWeights;
  using RunsType = MaskedVoxelRuns<VDimension>;
  using GeometryType = MaskGeometry<VDimension>;
  using WeightImageType = Image<float, VDimension>;
  using IndexType = Index<VDimension>;
  using RankContainerType = std::vector<SizeValueType>;

  /** The runs and the weight image are kept by pointer. The geometry is to be given again for every draw, because its
   * objects may be replaced by others that are equal.
   * \exception ExceptionObject if a weight is negative or not finite, or if all are 0. */
  MaskedVoxelWeights(const RunsType &        runs,
                     const GeometryType &    geometry,
                     const WeightImageType & weightImage,
                     ThreadIdType            numberOfWorkUnits);

  /** Ranks, in order. \param uniform returns random numbers in [0, 1). */
  template <typename TUniform>
  RankContainerType
  DrawRandomly(const GeometryType & geometry, SizeValueType numberOfSamples, TUniform uniform) const;

  /** Ranks, in order. \param phase in [0, 1) */
  RankContainerType
  DrawRegularly(const GeometryType & geometry, SizeValueType numberOfSamples, double phase) const;

private:
  using SumsType = std::vector<double>;

  /** A voxel, and the sums of the weights before it and up to it. */
  struct Voxel
  {
    SizeValueType Rank{};
    double        Before{};
    double        After{};
  };

  double
  GetWeight(const GeometryType & geometry, const IndexType & index) const;
  /** The first voxel up to which the sum of the weights is more than a value or, if inclusive, not less. */
  Voxel
  Find(const GeometryType & geometry, double value, bool inclusive) const;
  double
  GetTotal() const
  {
    return m_RunEnds.back().back();
  }

  const RunsType *        m_Runs;
  const WeightImageType * m_WeightImage;
  bool                    m_IsOnSameGrid{};
  /** The sums of the weights up to the end of each run, of each block. */
  std::vector<SumsType> m_RunEnds{};
};
} // end namespace itk

#ifndef ITK_MANUAL_INSTANTIATION
#  include "sampler/itkMaskedVoxelWeights.hxx"
#endif

#endif // itkMaskedVoxelWeights_h
