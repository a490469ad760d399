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
#ifndef itkPoseScore_h
#define itkPoseScore_h

#include "search/itkPose.h"
#include "search/itkPoseLattice.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

namespace itk
{
/** \class PoseScore
 * \brief The information that the moving image at a pose has about samples of the fixed image.
 *
 * It is the mutual information of bins, less what bins of unrelated images have (the bias of Miller and Madow), times
 * the share of the samples that are in the moving image: a sample outside says nothing. It needs no relation of the
 * contrasts, and is the same for all metrics.
 *
 * \ingroup MaskedSampling
 */
template <unsigned int VDimension>
class PoseScore
{
public:
  using PoseType = Pose<VDimension>;
  using LatticeType = PoseLattice<VDimension>;
  using PointType = Point<double, VDimension>;
  using BinType = IntensityBins::BinType;

  /** What one thread needs. */
  struct WorkspaceType
  {
    /** Places in the lattice. */
    std::vector<std::ptrdiff_t> Places{};
  };

  /** \param points and bins of the samples
   * \param center of the rotations */
  PoseScore(const std::vector<PointType> & points,
            const std::vector<BinType> &   bins,
            const PointType &              center,
            const LatticeType &            lattice)
    : m_Lattice(lattice)
    , m_Center(center)
    , m_Number(points.size())
    , m_Terms(points.size() + 1)
  {
    for (std::size_t n = 1; n < m_Terms.size(); ++n)
    {
      m_Terms[n] = static_cast<double>(n) * std::log(static_cast<double>(n));
    }
    for (auto & column : m_Columns)
    {
      column.reserve(m_Number);
    }
    for (BinType bin = 0; bin < IntensityBins::Number; ++bin)
    {
      m_Begin[bin] = m_Columns[0].size();
      for (std::size_t i = 0; i < m_Number; ++i)
      {
        for (unsigned int d = 0; bins[i] == bin && d < VDimension; ++d)
        {
          m_Columns[d].push_back(points[i][d] - center[d]);
        }
      }
    }
    m_Begin[IntensityBins::Number] = m_Number;
  }

  /** Find where the samples are in the lattice, all of them inside. */
  void
  SetPose(const PoseType & pose, WorkspaceType & workspace) const
  {
    const auto matrix = pose.GetMatrix();
    workspace.Places.assign(m_Number, 0);
    for (unsigned int d = 0; d < VDimension; ++d)
    {
      std::array<double, VDimension> row;
      for (unsigned int k = 0; k < VDimension; ++k)
      {
        row[k] = matrix(d, k) / m_Lattice.Spacing;
      }
      const double offset = (m_Center[d] + pose.Parameters[d] - m_Lattice.Origin[d]) / m_Lattice.Spacing + 0.5;
      const auto   stride = m_Lattice.Strides[d];
      for (std::size_t i = 0; i < m_Number; ++i)
      {
        double position = offset;
        for (unsigned int k = 0; k < VDimension; ++k)
        {
          position += row[k] * m_Columns[k][i];
        }
        workspace.Places[i] += stride * static_cast<std::ptrdiff_t>(static_cast<std::int32_t>(position));
      }
    }
  }

  /** \param shift of the places, for a translation by whole cells of the lattice */
  double
  Evaluate(const WorkspaceType & workspace, std::ptrdiff_t shift = 0) const
  {
    // The last is for what is outside. Two rows, so that not every count waits for the one before it.
    using RowType = std::array<std::uint32_t, IntensityBins::Number + 1>;
    std::array<std::uint32_t, IntensityBins::Number> moving{};

    const BinType * const        bins = m_Lattice.Bins.data() + shift;
    const std::ptrdiff_t * const places = workspace.Places.data();
    double                       information = 0.0;
    std::size_t                  number = 0;
    std::size_t                  numberOfCells = 0;
    std::size_t                  numberOfRows = 0;
    for (unsigned int bin = 0; bin < IntensityBins::Number; ++bin)
    {
      RowType     even{};
      RowType     odd{};
      std::size_t i = m_Begin[bin];
      for (; i + 1 < m_Begin[bin + 1]; i += 2)
      {
        ++even[bins[places[i]]];
        ++odd[bins[places[i + 1]]];
      }
      if (i < m_Begin[bin + 1])
      {
        ++even[bins[places[i]]];
      }
      std::uint32_t numberOfRow = 0;
      for (unsigned int k = 0; k < IntensityBins::Number; ++k)
      {
        const std::uint32_t count = even[k] + odd[k];
        moving[k] += count;
        numberOfRow += count;
        numberOfCells += count > 0 ? 1 : 0;
        information += m_Terms[count];
      }
      number += numberOfRow;
      numberOfRows += numberOfRow > 0 ? 1 : 0;
      information -= m_Terms[numberOfRow];
    }
    std::size_t numberOfColumns = 0;
    for (const std::uint32_t count : moving)
    {
      numberOfColumns += count > 0 ? 1 : 0;
      information -= m_Terms[count];
    }
    information += m_Terms[number];
    const double bias = 0.5 * (static_cast<double>(numberOfCells + 1) - static_cast<double>(numberOfRows) -
                               static_cast<double>(numberOfColumns));
    return number > 0 ? (information - bias) / static_cast<double>(m_Number) : 0.0;
  }

  double
  Evaluate(const PoseType & pose, WorkspaceType & workspace) const
  {
    this->SetPose(pose, workspace);
    return this->Evaluate(workspace);
  }

  /** By how many standard deviations of chance the score of one pose is above that of another. The information that
   * each sample gives differs from pose to pose; the differences scatter, and so does their mean. */
  double
  ComputeExcess(const PoseType & pose, const PoseType & other, WorkspaceType & workspace) const
  {
    const auto terms = this->ComputeTerms(pose, workspace);
    const auto others = this->ComputeTerms(other, workspace);
    const auto number = static_cast<double>(m_Number);
    double     sum = 0.0;
    double     sumOfSquares = 0.0;
    for (std::size_t i = 0; i < m_Number; ++i)
    {
      const double difference = terms[i] - others[i];
      sum += difference;
      sumOfSquares += difference * difference;
    }
    const double variance = std::max(sumOfSquares - sum * sum / number, 0.0) / (number * number);
    const double difference = this->Evaluate(pose, workspace) - this->Evaluate(other, workspace);
    return variance > 0.0 ? difference / std::sqrt(variance) : 0.0;
  }

private:
  /** What each sample gives; their mean is the information, with its bias. */
  std::vector<double>
  ComputeTerms(const PoseType & pose, WorkspaceType & workspace) const
  {
    constexpr unsigned int number = IntensityBins::Number;
    this->SetPose(pose, workspace);
    std::vector<double> joint(number * number, 0.0);
    std::vector<double> rows(number, 0.0);
    std::vector<double> columns(number, 0.0);
    double              total = 0.0;
    const auto          forEachInside = [&](const auto & function) {
      for (unsigned int row = 0; row < number; ++row)
      {
        for (std::size_t i = m_Begin[row]; i < m_Begin[row + 1]; ++i)
        {
          const BinType column = m_Lattice.Bins[static_cast<std::size_t>(workspace.Places[i])];
          if (column != LatticeType::Outside)
          {
            function(i, row, column);
          }
        }
      }
    };
    forEachInside([&](std::size_t, unsigned int row, BinType column) {
      joint[row * number + column] += 1.0;
      rows[row] += 1.0;
      columns[column] += 1.0;
      total += 1.0;
    });
    std::vector<double> terms(m_Number, 0.0);
    forEachInside([&](std::size_t i, unsigned int row, BinType column) {
      terms[i] = std::log(joint[row * number + column] * total / (rows[row] * columns[column]));
    });
    return terms;
  }

  const LatticeType &                                m_Lattice;
  PointType                                          m_Center;
  std::size_t                                        m_Number;
  std::vector<double>                                m_Terms;
  std::array<std::vector<double>, VDimension>        m_Columns{};
  std::array<std::size_t, IntensityBins::Number + 1> m_Begin{};
};
} // end namespace itk

#endif // itkPoseScore_h
