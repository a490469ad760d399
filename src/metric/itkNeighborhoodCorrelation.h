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
#include "smoothing/itkSeparableWindow.h"

#include <algorithm>
#include <array>
#include <cstddef>
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

  /** Of the last Compute(): the weights of the moving image at a voxel that is valid, and those of the fixed image. */
  template <typename TFixed, typename TMoving>
  double
  GetWeightOfMoving(std::size_t voxel, TFixed fixed, TMoving moving) const
  {
    const double * const sums = m_Sums.data() + voxel * m_NumberOfFactors;
    return m_Scale * (sums[Both] * this->CenterFixed(fixed) - sums[OfMoving] * this->CenterMoving(moving) +
                      sums[ConstantOfMoving]);
  }
  template <typename TFixed, typename TMoving>
  double
  GetWeightOfFixed(std::size_t voxel, TFixed fixed, TMoving moving) const
  {
    const double * const sums = m_Sums.data() + voxel * m_NumberOfFactors;
    return m_Scale *
           (sums[Both] * this->CenterMoving(moving) - sums[OfFixed] * this->CenterFixed(fixed) + sums[ConstantOfFixed]);
  }

private:
  using WindowType = SeparableWindow<double, VDimension>;
  using SliceSizeType = std::array<std::size_t, VDimension - 1>;
  enum Sum : unsigned int
  {
    Count,
    Fixed,
    Moving,
    FixedFixed,
    MovingMoving,
    FixedMoving,
    NumberOfSums
  };
  /** Of the windows in which a voxel is. */
  enum Factor : unsigned int
  {
    Both,
    OfMoving,
    ConstantOfMoving,
    OfFixed,
    ConstantOfFixed
  };

  /** Call work(first, last, size) for each slice across the last axis: it fits into the cache, for what is done there.
   */
  template <typename TWork>
  void
  ForEachSlice(const SizeType & size, const TWork & work) const;
  /** Call work(begin, end) for each row of a slice that has valid voxels, from the first of these to after the last. */
  template <typename TWork>
  static void
  ForEachValidRow(std::size_t           first,
                  std::size_t           last,
                  std::size_t           length,
                  const unsigned char * isValid,
                  const TWork &         work);
  /** Sum over windows along the axes of a slice. */
  void
  SumWithin(const SliceSizeType & size, double * values, std::size_t components) const;
  /** Sum over windows along the last axis, for the voxels of a part of a row. */
  void
  SumAcross(const std::vector<double> & values,
            std::size_t                 components,
            std::size_t                 sizeOfSlice,
            std::size_t                 begin,
            std::size_t                 end,
            double *                    sums) const;
  /** Correlation within a window, and the factors that it adds to those of its voxels. */
  double
  Correlate(const double * sums, double * factors) const;
  /** Of the voxels that are valid. \param length of a row: what is in no row changes no bit */
  template <typename TFixed, typename TMoving>
  void
  FindMeans(std::size_t length, const TFixed * fixed, const TMoving * moving, const unsigned char * isValid);
  template <typename TValue>
  double
  CenterFixed(TValue value) const
  {
    return static_cast<double>(value) - m_MeanOfFixed;
  }
  template <typename TValue>
  double
  CenterMoving(TValue value) const
  {
    return static_cast<double>(value) - m_MeanOfMoving;
  }

  std::array<std::vector<double>, VDimension> m_Window{};
  ThreadIdType                                m_NumberOfWorkUnits{ 1 };
  std::size_t                                 m_Number{};
  std::size_t                                 m_NumberOfValid{};
  std::size_t                                 m_NumberOfFactors{};
  double                                      m_Scale{};
  /** Subtracted, so that few digits are lost. */
  double m_MeanOfFixed{};
  double m_MeanOfMoving{};
  /** Over windows: along all axes but the last; in the end, those of the factors, along all axes. */
  std::vector<double> m_Sums{};
  std::vector<double> m_Factors{};
};
} // end namespace itk

#include "metric/itkNeighborhoodCorrelation.hxx"

#endif // itkNeighborhoodCorrelation_h
