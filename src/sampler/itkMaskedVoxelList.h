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
#ifndef itkMaskedVoxelList_h
#define itkMaskedVoxelList_h

#include "sampler/itkMaskedVoxelEnumerator.h"
#include "sampler/itkMaskedVoxelInputs.h"
#include "sampler/itkMaskedVoxelWeights.h"

#include <optional>

namespace itk
{
/** \class MaskedVoxelList
 * \brief The mask voxels and their weights, as of certain inputs.
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class MaskedVoxelList
{
public:
  using InputsType = MaskedVoxelInputs<VDimension>;
  using StampType = typename InputsType::Stamp;
  using GeometryType = MaskGeometry<VDimension>;
  using RunsType = MaskedVoxelRuns<VDimension>;
  using WeightsType = MaskedVoxelWeights<VDimension>;
  using WeightImageType = typename WeightsType::WeightImageType;

  /** List the voxels anew if they are of other inputs.
   * \return whether they were listed anew */
  bool
  Update(const InputsType & inputs, const GeometryType & geometry, ThreadIdType numberOfWorkUnits)
  {
    if (m_Inputs && *m_Inputs == inputs)
    {
      return false;
    }
    m_Inputs.reset();
    m_Weights.reset();
    m_Runs = RunsType();
    m_Runs = MaskedVoxelEnumerator<VDimension>(geometry).Enumerate(inputs.Region, numberOfWorkUnits);
    if (m_Runs.GetNumberOfVoxels() > 0)
    {
      m_Inputs = inputs;
    }
    return true;
  }

  /** Sum the weights anew if they are of another image. Null: none.
   * \return whether they were summed anew */
  bool
  UpdateWeights(const WeightImageType * image, const GeometryType & geometry, ThreadIdType numberOfWorkUnits)
  {
    if (image == nullptr)
    {
      m_Weights.reset();
      return false;
    }
    const StampType stamp(image);
    if (m_Weights && m_WeightImage == stamp)
    {
      return false;
    }
    m_Weights.reset();
    m_Weights.emplace(m_Runs, geometry, *image, numberOfWorkUnits);
    m_WeightImage = stamp;
    return true;
  }

  /** Whether there is a list with a voxel. */
  bool
  HasVoxels() const
  {
    return m_Inputs.has_value();
  }

  /** Whether it is of these inputs and weights. */
  bool
  IsOf(const InputsType & inputs, const WeightImageType * weightImage) const
  {
    const bool hasWeights =
      weightImage != nullptr ? m_Weights && m_WeightImage == StampType(weightImage) : !m_Weights.has_value();
    return m_Inputs && *m_Inputs == inputs && hasWeights;
  }

  const RunsType &
  GetRuns() const
  {
    return m_Runs;
  }
  /** Null: none. */
  const WeightsType *
  GetWeights() const
  {
    return m_Weights ? &*m_Weights : nullptr;
  }

private:
  std::optional<InputsType>  m_Inputs{};
  RunsType                   m_Runs{};
  StampType                  m_WeightImage{};
  std::optional<WeightsType> m_Weights{};
};
} // end namespace itk

#endif // itkMaskedVoxelList_h
