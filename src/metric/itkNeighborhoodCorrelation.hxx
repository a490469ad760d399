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
NeighborhoodCorrelation<VDimension>::ForEachPart(const TWork & work) const
{
  ParallelTasks::ForEach((m_Number + PartSize - 1) / PartSize, m_NumberOfWorkUnits, [&](SizeValueType part) {
    const std::size_t first = static_cast<std::size_t>(part) * PartSize;
    work(first, std::min(first + PartSize, m_Number));
  });
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
  m_Sums.assign(m_Number * NumberOfSums, 0.0);
  m_Factors.assign(m_Number * m_NumberOfFactors, 0.0);
  this->ForEachPart([&](std::size_t first, std::size_t last) {
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
  });
  WindowType::Sum(m_Sums.data(), size, NumberOfSums, m_Window, m_NumberOfWorkUnits);

  std::vector<double>      values((m_Number + PartSize - 1) / PartSize);
  std::vector<std::size_t> numbers(values.size());
  this->ForEachPart([&](std::size_t first, std::size_t last) {
    double      value = 0.0;
    std::size_t number = 0;
    for (std::size_t n = first; n < last; ++n)
    {
      if (isValid[n] != 0)
      {
        value += this->Correlate(m_Sums.data() + n * NumberOfSums, m_Factors.data() + n * m_NumberOfFactors);
        ++number;
      }
    }
    values[first / PartSize] = value;
    numbers[first / PartSize] = number;
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
    // A voxel is in the windows of the voxels in the window around it.
    WindowType::Sum(m_Factors.data(), size, m_NumberOfFactors, m_Window, m_NumberOfWorkUnits);
  }
  return -m_Scale * std::accumulate(values.begin(), values.end(), 0.0);
}
} // end namespace itk

#endif // itkNeighborhoodCorrelation_hxx
