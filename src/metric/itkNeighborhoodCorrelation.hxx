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

#include <numeric>

namespace itk
{
template <unsigned int VDimension>
template <typename TWork>
void
NeighborhoodCorrelation<VDimension>::ForEachSlice(const SizeType & size, const TWork & work) const
{
  SliceSizeType sizeOfSlice;
  std::copy_n(size.begin(), VDimension - 1, sizeOfSlice.begin());
  const std::size_t number = m_Number / std::max<std::size_t>(size.back(), 1);
  ParallelTasks::ForEach(number > 0 ? size.back() : 0, m_NumberOfWorkUnits, [&](SizeValueType slice) {
    const std::size_t first = static_cast<std::size_t>(slice) * number;
    work(first, first + number, sizeOfSlice);
  });
}

template <unsigned int VDimension>
void
NeighborhoodCorrelation<VDimension>::SumWithin(const SliceSizeType & size,
                                               double *              values,
                                               std::size_t           components) const
{
  std::array<std::vector<double>, VDimension - 1> window;
  std::copy_n(m_Window.begin(), VDimension - 1, window.begin());
  SeparableWindow<double, VDimension - 1>::Sum(values, size, components, window, 1);
}

template <unsigned int VDimension>
void
NeighborhoodCorrelation<VDimension>::SumAcross(const std::vector<double> & values,
                                               std::size_t                 components,
                                               std::size_t                 sizeOfSlice,
                                               std::size_t                 begin,
                                               std::size_t                 end,
                                               double *                    sums) const
{
  const std::vector<double> &   window = m_Window.back();
  const std::size_t             slice = begin / sizeOfSlice;
  const std::size_t             slices = m_Number / sizeOfSlice;
  const std::size_t             number = (end - begin) * components;
  const bool                    isAtBorder = slice + 1 < window.size() || slices - slice < window.size();
  const std::vector<double>     nothing(isAtBorder ? number : 0);
  const double * const          middle = values.data() + begin * components;
  typename WindowType::RowsType rows{ { middle, middle } };
  for (std::size_t k = 1; k < std::min(window.size(), slices); ++k)
  {
    const std::size_t distance = k * sizeOfSlice * components;
    rows.emplace_back(slice >= k ? middle - distance : nothing.data(),
                      slice + k < slices ? middle + distance : nothing.data());
  }
  WindowType::SumRows(rows, number, window, sums);
}

template <unsigned int VDimension>
template <typename TWork>
void
NeighborhoodCorrelation<VDimension>::ForEachValidRow(std::size_t           first,
                                                     std::size_t           last,
                                                     std::size_t           length,
                                                     const unsigned char * isValid,
                                                     const TWork &         work)
{
  for (; first < last; first += length)
  {
    const auto isSet = [](unsigned char value) { return value != 0; };
    const auto row = isValid + first;
    const auto begin = std::find_if(row, row + length, isSet);
    if (begin != row + length)
    {
      auto end = row + length;
      while (!isSet(*(end - 1)))
      {
        --end;
      }
      work(static_cast<std::size_t>(begin - isValid), static_cast<std::size_t>(end - isValid));
    }
  }
}

template <unsigned int VDimension>
template <typename TFixed, typename TMoving>
void
NeighborhoodCorrelation<VDimension>::FindMeans(std::size_t           length,
                                               const TFixed *        fixed,
                                               const TMoving *       moving,
                                               const unsigned char * isValid)
{
  struct SumsType
  {
    double Count{};
    double Fixed{};
    double Moving{};
  };
  std::vector<SumsType> ofRows(m_Number / std::max<std::size_t>(length, 1));
  ParallelTasks::ForEach(ofRows.size(), m_NumberOfWorkUnits, [&](SizeValueType row) {
    SumsType sums;
    for (std::size_t n = row * length; n < (row + 1) * length; ++n)
    {
      if (isValid[n] != 0)
      {
        sums.Count += 1.0;
        sums.Fixed += static_cast<double>(fixed[n]);
        sums.Moving += static_cast<double>(moving[n]);
      }
    }
    ofRows[row] = sums;
  });
  SumsType total;
  for (const SumsType & sums : ofRows)
  {
    total.Count += sums.Count;
    total.Fixed += sums.Fixed;
    total.Moving += sums.Moving;
  }
  m_MeanOfFixed = total.Count > 0.0 ? total.Fixed / total.Count : 0.0;
  m_MeanOfMoving = total.Count > 0.0 ? total.Moving / total.Count : 0.0;
}

template <unsigned int VDimension>
double
NeighborhoodCorrelation<VDimension>::Correlate(const double * sums, double * factors) const
{
  // Roundings of what is constant vary, too.
  constexpr double rounding = 1e-7; // of pixels that are float
  const double     count = sums[Count];
  const double     meanOfFixed = sums[Fixed] / count;
  const double     meanOfMoving = sums[Moving] / count;
  const double     ofFixed = sums[FixedFixed] - meanOfFixed * sums[Fixed];
  const double     ofMoving = sums[MovingMoving] - meanOfMoving * sums[Moving];
  const double     ofBoth = sums[FixedMoving] - meanOfFixed * sums[Moving];
  const auto       varies = [count](double squares, double value) {
    return squares > count * rounding * rounding * value * value;
  };
  if (!varies(ofFixed, m_MeanOfFixed + meanOfFixed) || !varies(ofMoving, m_MeanOfMoving + meanOfMoving))
  {
    return 1.0;
  }
  const double both = 2.0 * ofBoth / (ofFixed * ofMoving);
  if (m_NumberOfFactors > 0)
  {
    factors[Both] = both;
    factors[OfMoving] = both * ofBoth / ofMoving;
    factors[ConstantOfMoving] = factors[OfMoving] * meanOfMoving - both * meanOfFixed;
  }
  if (m_NumberOfFactors > OfFixed)
  {
    factors[OfFixed] = both * ofBoth / ofFixed;
    factors[ConstantOfFixed] = factors[OfFixed] * meanOfFixed - both * meanOfMoving;
  }
  return 0.5 * both * ofBoth;
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
  m_Number = std::accumulate(size.begin(), size.end(), std::size_t{ 1 }, std::multiplies<>{});
  m_NumberOfFactors = weights == WeightsEnum::None ? 0 : weights == WeightsEnum::Moving ? 3 : 5;
  this->FindMeans(size[0], fixed, moving, isValid);
  m_Sums.resize(m_Number * NumberOfSums);
  m_Factors.resize(m_Number * m_NumberOfFactors);
  this->ForEachSlice(size, [&](std::size_t first, std::size_t last, const SliceSizeType & sizeOfSlice) {
    std::fill(m_Sums.data() + first * NumberOfSums, m_Sums.data() + last * NumberOfSums, 0.0);
    for (std::size_t n = first; n < last; ++n)
    {
      if (isValid[n] != 0)
      {
        const double   f = this->CenterFixed(fixed[n]);
        const double   m = this->CenterMoving(moving[n]);
        double * const sums = m_Sums.data() + n * NumberOfSums;
        sums[Count] = 1.0;
        sums[Fixed] = f;
        sums[Moving] = m;
        sums[FixedFixed] = f * f;
        sums[MovingMoving] = m * m;
        sums[FixedMoving] = f * m;
      }
    }
    this->SumWithin(sizeOfSlice, m_Sums.data() + first * NumberOfSums, NumberOfSums);
  });

  std::vector<double>      values(size.back());
  std::vector<std::size_t> numbers(values.size());
  this->ForEachSlice(size, [&](std::size_t first, std::size_t last, const SliceSizeType & sizeOfSlice) {
    double * const factors = m_Factors.data() + first * m_NumberOfFactors;
    std::fill(factors, m_Factors.data() + last * m_NumberOfFactors, 0.0);
    double              value = 0.0;
    std::size_t         number = 0;
    std::vector<double> sums(size[0] * NumberOfSums);
    this->ForEachValidRow(first, last, size[0], isValid, [&](std::size_t begin, std::size_t end) {
      this->SumAcross(m_Sums, NumberOfSums, last - first, begin, end, sums.data());
      for (std::size_t n = begin; n < end; ++n)
      {
        if (isValid[n] != 0)
        {
          value += this->Correlate(sums.data() + (n - begin) * NumberOfSums, m_Factors.data() + n * m_NumberOfFactors);
          ++number;
        }
      }
    });
    values[first / (last - first)] = value;
    numbers[first / (last - first)] = number;
    if (m_NumberOfFactors > 0)
    {
      // A voxel is in the windows of the voxels in the window around it.
      this->SumWithin(sizeOfSlice, factors, m_NumberOfFactors);
    }
  });
  m_NumberOfValid = std::accumulate(numbers.begin(), numbers.end(), std::size_t{ 0 });
  if (m_NumberOfValid == 0)
  {
    m_Scale = 0.0;
    return 0.0;
  }
  m_Scale = 1.0 / static_cast<double>(m_NumberOfValid);
  if (m_NumberOfFactors > 0)
  {
    this->ForEachSlice(size, [&](std::size_t first, std::size_t last, const SliceSizeType &) {
      this->ForEachValidRow(first, last, size[0], isValid, [&](std::size_t begin, std::size_t end) {
        this->SumAcross(
          m_Factors, m_NumberOfFactors, last - first, begin, end, m_Sums.data() + begin * m_NumberOfFactors);
      });
    });
  }
  return -m_Scale * std::accumulate(values.begin(), values.end(), 0.0);
}
} // end namespace itk

#endif // itkNeighborhoodCorrelation_hxx
