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
#ifndef itkNeighborhoodCorrelation_hxx
#define itkNeighborhoodCorrelation_hxx

namespace itk
{
template <unsigned int VDimension>
auto
NeighborhoodCorrelation<VDimension>::Spread(FlagsType isKnown, unsigned int first, unsigned int last) const -> FlagsType
{
  for (unsigned int axis = first; axis < last; ++axis)
  {
    const FlagsType   before = isKnown;
    const std::size_t stride = this->GetStride(axis);
    for (std::size_t row = 0; row < before.size(); ++row)
    {
      const std::size_t place = row / stride % m_Size[axis];
      for (std::size_t k = 1; k <= this->GetRadius(axis) && isKnown[row] == 0; ++k)
      {
        const bool isLower = place >= k && before[row - k * stride] != 0;
        const bool isUpper = place + k < m_Size[axis] && before[row + k * stride] != 0;
        isKnown[row] = static_cast<unsigned char>(isLower || isUpper);
      }
    }
  }
  return isKnown;
}

template <unsigned int VDimension>
void
NeighborhoodCorrelation<VDimension>::SumAlongRow(std::size_t numbers, MemoryType & memory, double * sums) const
{
  if (numbers == 0)
  {
    return;
  }
  const std::size_t    radius = this->GetRadius(0);
  const double * const middle = memory.Padded.data() + radius;
  memory.Rows.clear();
  for (std::size_t k = 0; k <= radius; ++k)
  {
    memory.Rows.emplace_back(middle - k, middle + k);
  }
  GridRows::WindowType::SumRows(memory.Rows, numbers * m_Row.Stride - 2 * radius, m_Window.front(), sums);
}

template <unsigned int VDimension>
template <typename TGetPlace>
void
NeighborhoodCorrelation<VDimension>::SumAround(const GridRows &  values,
                                               std::size_t       row,
                                               unsigned int      axis,
                                               MemoryType &      memory,
                                               const TGetPlace & getPlace) const
{
  const std::size_t stride = this->GetStride(axis);
  const std::size_t place = row / stride % m_Size[axis];
  if (values.FindAround(row, place, m_Size[axis], stride, this->GetRadius(axis), memory.Rows))
  {
    GridRows::WindowType::SumRows(memory.Rows, values.GetWidth(), m_Window[axis], getPlace());
  }
}

template <unsigned int VDimension>
template <typename TWork>
void
NeighborhoodCorrelation<VDimension>::ForEachPart(unsigned int axis, const TWork & work) const
{
  const std::size_t rows = m_IsValidRow.size();
  const std::size_t length = m_Size[axis];
  const std::size_t lines = rows / std::max<std::size_t>(length, 1);
  // Where lines are few, several parts of each.
  constexpr std::size_t enough = 32;
  const std::size_t     most = lines < enough ? std::max(16 * this->GetRadius(axis), enough) : length;
  const std::size_t     parts = lines > 0 ? (length + most - 1) / most : 0;
  ParallelTasks::Share(lines * parts, m_NumberOfWorkUnits, [&](const auto & next) {
    MemoryType memory;
    memory.Padded.resize(std::max<std::size_t>(RowType::NumberOfSums, m_Row.Factors) * m_Row.Stride);
    memory.Sums.resize(memory.Padded.size());
    memory.Values.resize(m_Row.Length);
    next([&](SizeValueType task) {
      const std::size_t line = static_cast<std::size_t>(task) / parts;
      const std::size_t stride = this->GetStride(axis);
      const std::size_t begin = static_cast<std::size_t>(task) % parts * most;
      work(PartType{ line / stride * stride * length + line % stride, stride, begin, std::min(begin + most, length) },
           memory);
    });
  });
}

template <unsigned int VDimension>
template <typename TWork>
void
NeighborhoodCorrelation<VDimension>::ForEachRow(const TWork & work) const
{
  // Rows that are neighbours along the last axis, one after the other: they have windows in common.
  this->ForEachPart(VDimension - 1, [&](const PartType & part, MemoryType & memory) {
    for (std::size_t place = part.Begin; place < part.End; ++place)
    {
      work(part.GetRow(place), memory);
    }
  });
}

template <unsigned int VDimension>
template <typename TMake>
void
NeighborhoodCorrelation<VDimension>::SumAcross(std::size_t       numbers,
                                               const FlagsType & isWanted,
                                               const TMake &     make,
                                               unsigned int      axis,
                                               GridRows &        sums) const
{
  const std::size_t width = numbers * m_Row.Stride;
  sums.Start(isWanted.size(), width);
  if constexpr (VDimension == 2)
  {
    this->ForEachRow([&](std::size_t row, MemoryType & memory) {
      if (!make(row, true, memory, sums.Use(row)))
      {
        sums.Clear(row);
      }
    });
    return;
  }
  const std::size_t length = m_Size[axis];
  const std::size_t radius = this->GetRadius(axis);
  this->ForEachPart(axis, [&](const PartType & part, MemoryType & memory) {
    memory.Ring.Start(2 * radius + 1, width);
    for (std::size_t place = part.Begin - std::min(part.Begin, radius); place < part.End + radius; ++place)
    {
      const bool isOwn = place >= part.Begin && place < part.End;
      if (place >= length || !make(part.GetRow(place), isOwn, memory, memory.Ring.Use(place)))
      {
        memory.Ring.Clear(place);
      }
      const std::size_t middle = place - radius; // of those that are made
      if (place >= part.Begin + radius && isWanted[part.GetRow(middle)] != 0 &&
          memory.Ring.FindAround(middle, middle, length, 1, radius, memory.Rows))
      {
        GridRows::WindowType::SumRows(memory.Rows, width, m_Window[axis], sums.Use(part.GetRow(middle)));
      }
    }
  });
  for (unsigned int other = 2; other + 1 < VDimension; ++other)
  {
    const GridRows before = sums;
    this->ForEachRow([&](std::size_t row, MemoryType & memory) {
      this->SumAround(before, row, other, memory, [&sums, row] { return sums.Use(row); });
    });
  }
}

template <unsigned int VDimension>
template <typename TFixed, typename TMoving>
void
NeighborhoodCorrelation<VDimension>::FindMeans(const TFixed *        fixed,
                                               const TMoving *       moving,
                                               const unsigned char * isValid)
{
  struct SumsType
  {
    double Count{};
    double Fixed{};
    double Moving{};
  };
  std::vector<SumsType> ofRows(m_IsValidRow.size());
  ParallelTasks::ForEach(ofRows.size(), m_NumberOfWorkUnits, [&](SizeValueType row) {
    SumsType sums;
    for (std::size_t n = row * m_Size[0]; n < (row + 1) * m_Size[0]; ++n)
    {
      if (isValid[n] != 0)
      {
        sums.Count += 1.0;
        sums.Fixed += static_cast<double>(fixed[n]);
        sums.Moving += static_cast<double>(moving[n]);
      }
    }
    ofRows[row] = sums;
    m_IsValidRow[row] = static_cast<unsigned char>(sums.Count > 0.0);
  });
  SumsType total;
  for (const SumsType & sums : ofRows)
  {
    total.Count += sums.Count;
    total.Fixed += sums.Fixed;
    total.Moving += sums.Moving;
  }
  m_NumberOfValid = static_cast<std::size_t>(total.Count);
  m_Row.Scale = total.Count > 0.0 ? 1.0 / total.Count : 0.0;
  m_Row.MeanOfFixed = total.Fixed * m_Row.Scale;
  m_Row.MeanOfMoving = total.Moving * m_Row.Scale;
}

template <unsigned int VDimension>
template <typename TFixed, typename TMoving>
double
NeighborhoodCorrelation<VDimension>::Compute(const SizeType &      size,
                                             const TFixed *        fixed,
                                             const TMoving *       moving,
                                             const unsigned char * isValid,
                                             WeightsEnum           weights)
{
  m_Size = size;
  m_Number = std::accumulate(size.begin(), size.end(), std::size_t{ 1 }, std::multiplies<>{});
  m_Row.Length = size.front();
  m_Row.Stride = size.front() + 2 * this->GetRadius(0);
  m_Row.Factors = weights == WeightsEnum::None     ? 0
                  : weights == WeightsEnum::Moving ? RowType::OfFixed
                                                   : RowType::NumberOfFactors;
  m_IsValidRow.assign(m_Number / std::max<std::size_t>(size.front(), 1), 0);
  this->FindMeans(fixed, moving, isValid);

  const auto getMiddle = [this](MemoryType & memory) { return memory.Padded.data() + this->GetRadius(0); };
  const auto makeNumbers = [&](std::size_t row, bool, MemoryType & memory, double * sums) {
    if (m_IsValidRow[row] != 0)
    {
      const std::size_t first = row * size[0];
      m_Row.MakeNumbers(fixed + first, moving + first, isValid + first, getMiddle(memory));
      this->SumAlongRow(RowType::NumberOfSums, memory, sums);
    }
    return m_IsValidRow[row] != 0;
  };
  this->SumAcross(
    RowType::NumberOfSums, this->Spread(m_IsValidRow, 1, VDimension - 1), makeNumbers, VDimension - 1, m_Sums);

  // A voxel is in the windows of the voxels in the window around it.
  std::vector<double> values(m_IsValidRow.size());
  const auto          makeFactors = [&](std::size_t row, bool isOwn, MemoryType & memory, double * sums) {
    if (m_IsValidRow[row] != 0)
    {
      this->SumAround(m_Sums, row, 1, memory, [&memory] { return memory.Sums.data(); });
      m_Row.Correlate(memory.Sums.data(), isValid + row * size[0], memory.Values.data(), getMiddle(memory));
      if (isOwn)
      {
        values[row] = std::accumulate(memory.Values.begin(), memory.Values.end(), 0.0);
      }
      this->SumAlongRow(m_Row.Factors, memory, sums);
    }
    return m_IsValidRow[row] != 0;
  };
  this->SumAcross(m_Row.Factors, this->Spread(m_IsValidRow, 2, VDimension), makeFactors, 1, m_Factors);

  if (m_Row.Factors > 0)
  {
    m_Weights.resize((weights == WeightsEnum::Both ? 2 : 1) * m_Number);
    this->ForEachRow([&](std::size_t row, MemoryType & memory) {
      if (m_IsValidRow[row] != 0)
      {
        const std::size_t first = row * size[0];
        this->SumAround(m_Factors, row, VDimension - 1, memory, [&memory] { return memory.Sums.data(); });
        double * const ofMoving = m_Weights.data() + first;
        double * const ofFixed = weights == WeightsEnum::Both ? ofMoving + m_Number : nullptr;
        m_Row.MakeWeights(fixed + first, moving + first, memory.Sums.data(), ofMoving, ofFixed);
      }
    });
  }
  return m_NumberOfValid > 0 ? -m_Row.Scale * std::accumulate(values.begin(), values.end(), 0.0) : 0.0;
}
} // end namespace itk

#endif // itkNeighborhoodCorrelation_hxx
