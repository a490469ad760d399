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
#ifndef itkNeighborhoodCorrelation_h
#define itkNeighborhoodCorrelation_h

#include "geometry/itkParallelTasks.h"
#include "metric/itkNeighborhoodCorrelationRow.h"
#include "smoothing/itkGridRows.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <numeric>
#include <vector>

namespace itk
{
/** \class NeighborhoodCorrelation
 * \brief The mean over the voxels of a grid of the squared correlation of two images within a window around the voxel.
 *
 * Value: that of ANTSNeighborhoodCorrelationImageToImageMetricv4, with its sign. Voxels that are not valid are left out
 * as centres and within windows. Where an image is constant in a window, the correlation counts as 1, and says nothing
 * about the direction to go.
 *
 * Weights: what the gradient of an image at each voxel is multiplied with, for the direction in which the value falls,
 * as the derivatives of metrics have it. They are exact, where those of ITK have only what the voxel in the middle of a
 * window contributes. (B. Avants et al., "Symmetric diffeomorphic image registration with cross-correlation", Medical
 * Image Analysis 12 (2008).)
 *
 * What is not in a window changes no bit of it, and neither does the number of work units.
 *
 * \tparam VDimension dimension of the grid
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class NeighborhoodCorrelation
{
public:
  using SizeType = std::array<std::size_t, VDimension>;

  /** Whose weights will be asked for. */
  enum class WeightsEnum : unsigned char
  {
    None,
    Moving,
    Both
  };

  /** \param radius of the window, in voxels */
  explicit NeighborhoodCorrelation(const SizeType & radius)
  {
    std::transform(radius.begin(), radius.end(), m_Window.begin(), [](std::size_t length) {
      return std::vector<double>(length + 1, 1.0);
    });
  }

  /** One, if this is not called. */
  void
  SetNumberOfWorkUnits(ThreadIdType numberOfWorkUnits)
  {
    m_NumberOfWorkUnits = numberOfWorkUnits;
  }

  /** \param size of the grid; the first axis runs fastest
   * \param isValid of each voxel, not 0: it counts
   * \return the value; 0 if no voxel is valid */
  template <typename TFixed, typename TMoving>
  double
  Compute(const SizeType &      size,
          const TFixed *        fixed,
          const TMoving *       moving,
          const unsigned char * isValid,
          WeightsEnum           weights);

  std::size_t
  GetNumberOfValidVoxels() const
  {
    return m_NumberOfValid;
  }

  /** Of the last Compute(): the weight of the moving image at a voxel that is valid, and that of the fixed image. */
  double
  GetWeightOfMoving(std::size_t voxel) const
  {
    return m_Weights[voxel];
  }
  double
  GetWeightOfFixed(std::size_t voxel) const
  {
    return m_Weights[m_Number + voxel];
  }

private:
  using RowType = NeighborhoodCorrelationRow;
  using FlagsType = std::vector<unsigned char>;

  /** Memory of a work unit. */
  struct MemoryType
  {
    /** A row, with as many zeros as windows are long at both ends of each of its numbers. */
    std::vector<double> Padded{};
    std::vector<double> Sums{};
    std::vector<double> Values{};
    /** Those within a window, and their numbers, where they are kept here. */
    GridRows::WindowType::RowsType Rows{};
    GridRows                       Ring{};
  };
  /** Part of a line of rows along an axis. */
  struct PartType
  {
    std::size_t First{};
    std::size_t Stride{};
    std::size_t Begin{};
    std::size_t End{};

    std::size_t
    GetRow(std::size_t place) const
    {
      return First + place * Stride;
    }
  };

  std::size_t
  GetRadius(unsigned int axis) const
  {
    return m_Window[axis].size() - 1;
  }
  /** From a row to the next along an axis. */
  std::size_t
  GetStride(unsigned int axis) const
  {
    return std::accumulate(m_Size.begin() + 1, m_Size.begin() + axis, std::size_t{ 1 }, std::multiplies<>{});
  }
  /** Which rows are within windows, along axes from one to before another, around rows of which something is known. */
  FlagsType
  Spread(FlagsType isKnown, unsigned int first, unsigned int last) const;
  /** Sum over windows along a row, of numbers that are in the padded row of the memory. */
  void
  SumAlongRow(std::size_t numbers, MemoryType & memory, double * sums) const;
  /** Sum over windows along an axis, of a row of which something is known around it.
   * \param getPlace called if there is such a thing; returns where the sums go */
  template <typename TGetPlace>
  void
  SumAround(const GridRows &  values,
            std::size_t       row,
            unsigned int      axis,
            MemoryType &      memory,
            const TGetPlace & getPlace) const;
  /** Call work(part, memory) for parts of all lines along an axis. */
  template <typename TWork>
  void
  ForEachPart(unsigned int axis, const TWork & work) const;
  /** Call work(row, memory) for all rows. */
  template <typename TWork>
  void
  ForEachRow(const TWork & work) const;
  /** Sum over windows along an axis, of rows that are made when they are needed, and stay in the cache; then along axes
   * but the first, the second and the last.
   * \param numbers how many a voxel has
   * \param isWanted of the rows: their sums will be needed
   * \param make called with a row, whether this is the only call for it, the memory, and where the numbers go; returns
   * whether there are any
   * \param axis in two dimensions, nothing is summed */
  template <typename TMake>
  void
  SumAcross(std::size_t numbers, const FlagsType & isWanted, const TMake & make, unsigned int axis, GridRows & sums)
    const;
  /** Of the voxels that are valid, and which rows have some. */
  template <typename TFixed, typename TMoving>
  void
  FindMeans(const TFixed * fixed, const TMoving * moving, const unsigned char * isValid);

  std::array<std::vector<double>, VDimension> m_Window{};
  ThreadIdType                                m_NumberOfWorkUnits{ 1 };
  SizeType                                    m_Size{};
  std::size_t                                 m_Number{};
  std::size_t                                 m_NumberOfValid{};
  RowType                                     m_Row{};
  /** Of the rows: they have valid voxels. */
  FlagsType m_IsValidRow{};
  /** Over windows along all axes but the second. */
  GridRows m_Sums{};
  /** Over windows along all axes but the last. */
  GridRows m_Factors{};
  /** Those of the moving image, and after them those of the fixed one. */
  std::vector<double> m_Weights{};
};
} // end namespace itk

#include "metric/itkNeighborhoodCorrelation.hxx"

#endif // itkNeighborhoodCorrelation_h
